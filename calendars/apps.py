from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CalendarsConfig(AppConfig):
    name = "calendars"
    verbose_name = _("Calendars")

    def ready(self) -> None:
        from accounts import privacy
        from accounts.api.profile import profile_parts
        from calendars import periodic
        from calendars.api.profile import PART
        from calendars.inviting import invite
        from calendars.privacy import FeedsPart
        from notifications.kinds import attachments

        profile_parts.append(PART)
        attachments.register("invitation", invite)
        privacy.parts.register("calendars", FeedsPart())
        periodic.register()
