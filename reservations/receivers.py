from typing import Any

from live.kinds import kinds as change_kinds
from payments.models import Payment
from payments.signals import payment_recorded
from reservations.enums import SUBJECT
from reservations.messages import kinds as message_kinds
from reservations.messages import telling
from reservations.models import Reservation, ReservationEvent
from reservations.news import live, webhooks
from reservations.services import end_checkout_later
from reservations.signals import link_wanted, reservation_paid, reservation_recorded


def pass_on_payment(*, payment: Payment, **kwargs: Any) -> None:
    if payment.bill.subject_type == SUBJECT:
        reservation = Reservation.objects.select_related("venue").get(bill=payment.bill_id)
        reservation_paid.send(Payment, payment=payment, reservation=reservation)


def end_checkout_after_event(*, event: ReservationEvent, **kwargs: Any) -> None:
    end_checkout_later(event.reservation)


def end_checkout_after_payment(*, reservation: Reservation, **kwargs: Any) -> None:
    """Staff have taken the money."""
    end_checkout_later(reservation)


def connect() -> None:
    message_kinds.register()
    webhooks.register_events()
    change_kinds.register(live.KIND, live.ReservationKind())
    reservation_recorded.connect(telling.tell_of_event, dispatch_uid="reservations.messages")
    reservation_recorded.connect(webhooks.tell_of_reservation, dispatch_uid="reservations.webhooks")
    reservation_recorded.connect(live.note_reservation, dispatch_uid="reservations.live")
    payment_recorded.connect(pass_on_payment, dispatch_uid="reservations.pass_on_payment")
    reservation_paid.connect(telling.tell_of_payment, dispatch_uid="reservations.payment_messages")
    reservation_paid.connect(webhooks.tell_of_payment, dispatch_uid="reservations.payment_webhooks")
    reservation_recorded.connect(end_checkout_after_event, dispatch_uid="reservations.checkout")
    reservation_paid.connect(end_checkout_after_payment, dispatch_uid="reservations.paid_checkout")
    link_wanted.connect(telling.send_link_again, dispatch_uid="reservations.link")
