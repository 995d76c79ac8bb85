from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WaitlistConfig(AppConfig):
    name = "waitlist"
    verbose_name = _("Waitlist")

    def ready(self) -> None:
        from accounts import erasure, personal_data
        from common import ticking
        from reservations.hooks import above_own_bookings
        from waitlist import personal, receivers
        from waitlist.offers import offers_above

        receivers.connect()
        ticking.parts.append(receivers.tick)
        personal_data.parts.append(personal.PART)
        erasure.parts.append(personal.WaitlistPart())
        above_own_bookings.append(offers_above)
