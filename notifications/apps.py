from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Messages")

    def ready(self) -> None:
        from common import ticking
        from notifications import receivers
        from notifications.ticking import tick

        receivers.connect()
        ticking.parts.append(tick)
