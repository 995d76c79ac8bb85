from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksConfig(AppConfig):
    name = "webhooks"
    verbose_name = _("Webhooks")

    def ready(self) -> None:
        from accounts import privacy
        from common import ticking
        from webhooks.privacy import DeliveriesPart
        from webhooks.telling import tick

        ticking.parts.append(tick)
        privacy.parts.register("webhooks", DeliveriesPart())
