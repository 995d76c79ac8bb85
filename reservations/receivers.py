"""What follows from a change of a reservation, in its transaction: rows that are sent after it."""

from live.kinds import kinds as change_kinds
from reservations.news import live
from reservations.signals import reservation_recorded


def connect() -> None:
    change_kinds.register(live.KIND, live.ReservationKind())
    reservation_recorded.connect(live.note_reservation, dispatch_uid="reservations.note_reservation")
