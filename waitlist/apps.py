from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WaitlistConfig(AppConfig):
    name = "waitlist"
    verbose_name = _("Waitlist")

    def ready(self) -> None:
        from accounts import privacy
        from common.error_codes import register_codes
        from common.products import role_rights
        from common.venues import Role
        from common.visitors import SECRET_HEADERS
        from reservations.retention import history_parts
        from waitlist import periodic, receivers
        from waitlist.error_codes import CODES
        from waitlist.history import PART
        from waitlist.privacy import WaitlistPart

        SECRET_HEADERS.register("waitlist", "X-Waitlist-Token")
        register_codes(CODES)
        receivers.connect()
        periodic.register()
        privacy.parts.register("waitlist", WaitlistPart())
        history_parts.register("waitlist", PART)
        role_rights.register("waitlist", {Role.STAFF: _("manage the waitlist")})
