from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksConfig(AppConfig):
    name = "webhooks"
    verbose_name = _("Webhooks")

    def ready(self) -> None:
        from accounts import privacy
        from common.venues import venue_parts
        from webhooks import listening, periodic
        from webhooks.privacy import DeliveriesPart

        listening.connect()
        venue_parts.register(listening.LISTENERS.name, listening.LISTENERS)
        periodic.register()
        privacy.parts.register("webhooks", DeliveriesPart())
