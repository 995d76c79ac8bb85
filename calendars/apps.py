from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CalendarsConfig(AppConfig):
    name = "calendars"
    verbose_name = _("Calendars")

    def ready(self) -> None:
        from accounts import privacy
        from accounts.api.profile import profile_parts
        from calendars.api.profile import PART
        from calendars.privacy import FeedsPart
        from calendars.services import fetch_due
        from common import ticking

        profile_parts.append(PART)
        privacy.parts.register("calendars", FeedsPart())
        ticking.parts.append(fetch_due)
