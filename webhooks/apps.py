from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksConfig(AppConfig):
    name = "webhooks"
    verbose_name = _("Webhooks")

    def ready(self) -> None:
        from accounts import privacy
        from webhooks import periodic
        from webhooks.privacy import DeliveriesPart

        periodic.register()
        privacy.parts.register("webhooks", DeliveriesPart())
