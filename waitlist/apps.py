from django.apps import AppConfig


class WaitlistConfig(AppConfig):
    name = "waitlist"

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
