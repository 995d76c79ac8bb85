from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "webhooks"

    def ready(self) -> None:
        from accounts import erasure
        from common import ticking
        from webhooks import receivers
        from webhooks.personal import DeliveriesPart

        receivers.connect()
        ticking.parts.append(receivers.tick)
        erasure.parts.append(DeliveriesPart())
