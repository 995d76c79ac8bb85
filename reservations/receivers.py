"""What follows from a change of a reservation, in its transaction: rows that are sent after it."""

from live.kinds import kinds as change_kinds
from reservations.messages import kinds as message_kinds
from reservations.messages import telling
from reservations.news import live, webhooks
from reservations.signals import link_wanted, payment_recorded, reservation_recorded


def connect() -> None:
    message_kinds.register()
    webhooks.register_events()
    change_kinds.register(live.KIND, live.ReservationKind())
    reservation_recorded.connect(telling.tell_of_event, dispatch_uid="reservations.messages")
    reservation_recorded.connect(webhooks.tell_of_reservation, dispatch_uid="reservations.webhooks")
    reservation_recorded.connect(live.note_reservation, dispatch_uid="reservations.live")
    payment_recorded.connect(telling.tell_of_payment, dispatch_uid="reservations.payment_messages")
    payment_recorded.connect(webhooks.tell_of_payment, dispatch_uid="reservations.payment_webhooks")
    link_wanted.connect(telling.send_link_again, dispatch_uid="reservations.link")
