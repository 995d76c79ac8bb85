from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = _("Payments")

    def ready(self) -> None:
        from accounts import privacy
        from payments import periodic
        from payments.privacy import LedgerPart

        privacy.parts.register("payments", LedgerPart())
        periodic.register()
