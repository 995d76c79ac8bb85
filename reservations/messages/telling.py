"""What happens to bookings and their money becomes rows of the outbox."""

from typing import Any

from common import clock
from notifications.services.writing import spoken, to_customer, to_staff, write
from payments.enums import PaymentKind, PaymentStatus
from payments.models import Payment
from payments.providers import MANUAL
from reservations.enums import EventKind, Purpose, Source, Status
from reservations.messages import snapshot
from reservations.messages.names import Kind
from reservations.models import Reservation, ReservationEvent
from reservations.services.deposits import awaits_approval

OF_EVENTS = {
    EventKind.CONFIRMED: Kind.CONFIRMED,
    EventKind.DECLINED: Kind.DECLINED,
    EventKind.EXPIRED: Kind.DECLINED,
    EventKind.RESCHEDULED: Kind.CHANGED,
    EventKind.CANCELLED: Kind.CANCELLED,
    EventKind.CHECKED_IN: Kind.CHECK_IN,
    EventKind.NO_SHOW: Kind.NO_SHOW,
}
BY_CUSTOMERS = (EventKind.BOOKED, EventKind.RESCHEDULED, EventKind.CANCELLED)
"""Done on a page, whose language they understand, unless staff did it."""
LINK_AGAIN_AFTER = 600
"""Seconds."""


def tell_of_event(*, event: ReservationEvent, **kwargs: Any) -> None:
    if event.source == Source.IMPORT or event.reservation.purpose != Purpose.BOOKING:
        return
    write([*_for_customer(event), *_for_staff(event)])


def _for_customer(event: ReservationEvent) -> list[Any]:
    kind = _customer_kind(event)
    if kind is None:
        return []
    is_customers = event.kind in BY_CUSTOMERS and event.source != Source.STAFF
    language = spoken() if is_customers else ""
    return to_customer(kind, _key(event), event.reservation, snapshot.of_event(event), language=language)


def _key(event: ReservationEvent) -> str:
    """What happens to several dates of a series at one moment is one piece of news."""
    series = event.reservation.series_id
    return f"series-{series}-{event.at.timestamp()}" if series else f"{event.pk}"


def _customer_kind(event: ReservationEvent) -> Kind | None:
    if event.kind == EventKind.BOOKED:
        return Kind.CONFIRMED if event.new_status == Status.CONFIRMED else Kind.REQUESTED
    if event.old_status == Status.HELD or not _concerns_customer(event):
        return None
    return OF_EVENTS.get(EventKind(event.kind))


def _concerns_customer(event: ReservationEvent) -> bool:
    """Another price alone, or nothing at all, is no news."""
    return event.kind != EventKind.RESCHEDULED or bool(event.changes.keys() - {"total_amount"})


def _for_staff(event: ReservationEvent) -> list[Any]:
    """Staff are told of what others do."""
    kind = None if event.source == Source.STAFF else _staff_kind(event)
    if kind is None:
        return []
    return to_staff(kind, _key(event), event.reservation, snapshot.of_event(event), but=event.actor)


def _staff_kind(event: ReservationEvent) -> Kind | None:
    if event.new_status == Status.PENDING and event.kind in (EventKind.BOOKED, EventKind.RESCHEDULED):
        return Kind.STAFF_APPROVAL if _wants_approval(event.reservation) else None
    if event.kind in (EventKind.BOOKED, EventKind.CONFIRMED):
        return Kind.STAFF_BOOKING
    if event.kind in (EventKind.RESCHEDULED, EventKind.EDITED):
        return Kind.STAFF_CHANGED
    is_cancelled = event.kind == EventKind.CANCELLED and event.old_status != Status.HELD
    return Kind.STAFF_CANCELLED if is_cancelled else None


def _wants_approval(reservation: Reservation) -> bool:
    """Pending without a deposit can only mean approval."""
    return not reservation.deposit_amount or awaits_approval(reservation)


def tell_of_payment(*, payment: Payment, reservation: Reservation, **kwargs: Any) -> None:
    """Receipts; cash that staff return with a cancellation is in that message already."""
    key, found = str(payment.pk), snapshot.of_payment(payment, reservation)
    is_refund = payment.kind == PaymentKind.REFUND
    if payment.status == PaymentStatus.FAILED and is_refund:
        write(to_staff(Kind.STAFF_REFUND_FAILED, key, reservation, found))
    elif payment.status == PaymentStatus.SUCCEEDED and not (is_refund and payment.provider == MANUAL):
        write(to_customer(Kind.REFUND if is_refund else Kind.PAYMENT, key, reservation, found))


def send_link_again(*, reservation: Reservation, **kwargs: Any) -> None:
    """To the address of the booking, once in ten minutes at most."""
    key = f"{reservation.pk}-{int(clock.now().timestamp()) // LINK_AGAIN_AFTER}"
    found = snapshot.of_reservation(reservation)
    write(to_customer(Kind.LINK, key, reservation, found, language=spoken()))
