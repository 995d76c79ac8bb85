from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    name = "calendars"

    def ready(self) -> None:
        from accounts.api.profile import profile_parts
        from calendars.api.profile import PART

        profile_parts.append(PART)
