from collections.abc import Sequence
from typing import Any

from live.kinds import kinds as change_kinds
from payments.models import Payment
from payments.signals import payments_recorded
from reservations.enums import SUBJECT
from reservations.messages import kinds as message_kinds
from reservations.messages import telling
from reservations.models import Reservation, ReservationEvent
from reservations.news import live, webhooks
from reservations.services import end_checkouts_later
from reservations.signals import link_wanted, reservations_paid, reservations_recorded


def pass_on_payments(*, payments: Sequence[Payment], **kwargs: Any) -> None:
    bills = {payment.bill_id for payment in payments if payment.bill.subject_type == SUBJECT}
    rows = Reservation.objects.select_related("venue", "customer").filter(bill__in=bills) if bills else ()
    by_bill = {reservation.bill_id: reservation for reservation in rows}
    paid = [(payment, by_bill[payment.bill_id]) for payment in payments if payment.bill_id in bills]
    if paid:
        reservations_paid.send(Payment, paid=paid)


def end_checkouts_after_events(*, events: Sequence[ReservationEvent], **kwargs: Any) -> None:
    end_checkouts_later(event.reservation for event in events)


def end_checkouts_after_payments(*, paid: Sequence[tuple[Payment, Reservation]], **kwargs: Any) -> None:
    """Staff have taken the money."""
    end_checkouts_later(reservation for _payment, reservation in paid)


def connect() -> None:
    message_kinds.register()
    webhooks.register_events()
    change_kinds.register(live.KIND, live.ReservationKind())
    live.leader_finders.register("persons", live.find_persons)
    reservations_recorded.connect(telling.tell_of_events, dispatch_uid="reservations.messages")
    reservations_recorded.connect(webhooks.tell_of_reservations, dispatch_uid="reservations.webhooks")
    reservations_recorded.connect(live.note_reservations, dispatch_uid="reservations.live")
    payments_recorded.connect(pass_on_payments, dispatch_uid="reservations.pass_on_payment")
    reservations_paid.connect(telling.tell_of_payments, dispatch_uid="reservations.payment_messages")
    reservations_paid.connect(webhooks.tell_of_payments, dispatch_uid="reservations.payment_webhooks")
    reservations_recorded.connect(end_checkouts_after_events, dispatch_uid="reservations.checkout")
    reservations_paid.connect(end_checkouts_after_payments, dispatch_uid="reservations.paid_checkout")
    link_wanted.connect(telling.send_link_again, dispatch_uid="reservations.link")
