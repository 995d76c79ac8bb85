from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from accounts import periodic, privacy, receivers
        from accounts.api import schema  # noqa: F401  (registers itself)
        from accounts.error_codes import CODES
        from accounts.own_data import AccountPart
        from common.error_codes import register_codes

        register_codes(CODES)
        receivers.connect()
        periodic.register()
        privacy.parts.register("accounts", AccountPart())
