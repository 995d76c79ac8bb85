from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksConfig(AppConfig):
    name = "webhooks"
    verbose_name = _("Webhooks")

    def ready(self) -> None:
        from accounts import privacy
        from common import ticking
        from webhooks import receivers
        from webhooks.privacy import DeliveriesPart

        receivers.connect()
        ticking.parts.append(receivers.tick)
        privacy.parts.register("webhooks", DeliveriesPart())
