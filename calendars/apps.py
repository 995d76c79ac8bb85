from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CalendarsConfig(AppConfig):
    name = "calendars"
    verbose_name = _("Calendars")

    def ready(self) -> None:
        from accounts import erasure, personal_data
        from accounts.api.profile import profile_parts
        from calendars import personal
        from calendars.api.profile import PART
        from calendars.services import fetch_due
        from common import ticking

        profile_parts.append(PART)
        personal_data.parts.append(personal.PART)
        erasure.parts.append(personal.FeedsPart())
        ticking.parts.append(fetch_due)
