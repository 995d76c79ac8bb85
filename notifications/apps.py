from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Messages")

    def ready(self) -> None:
        from accounts import erasure, personal_data
        from common import ticking
        from notifications import personal, receivers
        from notifications.ticking import tick

        receivers.connect()
        ticking.parts.append(tick)
        personal_data.parts.append(personal.PART)
        erasure.parts.append(personal.MessagesPart())
