from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = _("Payments")

    def ready(self) -> None:
        from accounts import privacy
        from common.error_codes import register_codes
        from payments import periodic
        from payments.error_codes import CODES
        from payments.privacy import LedgerPart
        from payments.selectors import has_payments
        from resources.models.checks import KeptAmounts, kept_amounts

        register_codes(CODES)
        privacy.parts.register("payments", LedgerPart())
        periodic.register()
        kept_amounts.register("payments", KeptAmounts(_("payments"), has_payments))
