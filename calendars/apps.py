from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    name = "calendars"

    def ready(self) -> None:
        from accounts.api.profile import profile_parts
        from calendars.api.profile import PART
        from calendars.services import fetch_due
        from common import ticking

        profile_parts.append(PART)
        ticking.parts.append(fetch_due)
