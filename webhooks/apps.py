from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksConfig(AppConfig):
    name = "webhooks"
    verbose_name = _("Webhooks")

    def ready(self) -> None:
        from common import ticking
        from webhooks import receivers

        receivers.connect()
        ticking.parts.append(receivers.tick)
