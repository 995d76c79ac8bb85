from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from accounts import erasure, own_data, personal_data, receivers
        from accounts.api import schema  # noqa: F401  (registers itself)
        from accounts.services.closing import AccountPart

        receivers.connect()
        personal_data.parts.append(own_data.PART)
        erasure.parts.append(AccountPart())
