from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from common import ticking
        from notifications import receivers
        from notifications.ticking import tick

        receivers.connect()
        ticking.parts.append(tick)
