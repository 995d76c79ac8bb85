from django.apps import AppConfig


class WaitlistConfig(AppConfig):
    name = "waitlist"

    def ready(self) -> None:
        from common import ticking
        from reservations.hooks import above_own_bookings
        from waitlist import receivers
        from waitlist.offers import offers_above

        receivers.connect()
        ticking.parts.append(receivers.tick)
        above_own_bookings.append(offers_above)
