from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WaitlistConfig(AppConfig):
    name = "waitlist"
    verbose_name = _("Waitlist")

    def ready(self) -> None:
        from accounts import privacy
        from waitlist import periodic, receivers
        from waitlist.privacy import WaitlistPart

        receivers.connect()
        periodic.register()
        privacy.parts.register("waitlist", WaitlistPart())
