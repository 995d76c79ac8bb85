"""What follows from a change of a reservation, in its transaction: rows that are sent after it."""

from live.kinds import kinds as change_kinds
from reservations.news import live, webhooks
from reservations.signals import payment_recorded, reservation_recorded


def connect() -> None:
    change_kinds.register(live.KIND, live.ReservationKind())
    reservation_recorded.connect(live.note_reservation, dispatch_uid="reservations.note_reservation")
    webhooks.register_events()
    reservation_recorded.connect(webhooks.tell_of_reservation, dispatch_uid="reservations.webhooks")
    payment_recorded.connect(webhooks.tell_of_payment, dispatch_uid="reservations.payment_webhooks")
