from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Messages")

    def ready(self) -> None:
        from accounts import privacy
        from notifications import checks, periodic, receivers  # noqa: F401  (checks register themselves)
        from notifications.privacy import MessagesPart

        receivers.connect()
        periodic.register()
        privacy.parts.register("notifications", MessagesPart())
