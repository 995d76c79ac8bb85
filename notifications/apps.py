from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Messages")

    def ready(self) -> None:
        from accounts import privacy
        from common import ticking
        from notifications import receivers
        from notifications.privacy import MessagesPart
        from notifications.ticking import tick

        receivers.connect()
        ticking.parts.append(tick)
        privacy.parts.register("notifications", MessagesPart())
