from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CalendarsConfig(AppConfig):
    name = "calendars"
    verbose_name = _("Calendars")

    def ready(self) -> None:
        from accounts import privacy
        from accounts.api import profile
        from calendars import booking_kinds, messages, periodic
        from calendars.api.profile import PART
        from calendars.history import HISTORY
        from calendars.invitation_mails import attach_to_mail
        from calendars.privacy import FeedsPart
        from notifications.kinds import attachments
        from reservations.retention import history_parts

        profile.parts.register("calendars", PART)
        attachments.register("invitation", attach_to_mail)
        privacy.parts.register("calendars", FeedsPart())
        history_parts.register("calendars", HISTORY)
        booking_kinds.register()
        messages.register()
        periodic.register()
