from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "webhooks"

    def ready(self) -> None:
        from common import ticking
        from webhooks import receivers

        receivers.connect()
        ticking.parts.append(receivers.tick)
