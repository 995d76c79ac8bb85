from collections.abc import Sequence
from typing import Any
from uuid import UUID

from common import clock
from notifications.services.writing import (
    active_language,
    messages_to_customer,
    messages_to_staff,
    write_messages,
)
from payments.enums import PaymentKind, PaymentStatus
from payments.models import Payment
from payments.providers import MANUAL
from reservations.domain.extensions import tells_of_places
from reservations.domain.writing import booked_lines
from reservations.enums import EventKind, Purpose, Source, Status
from reservations.messages import snapshot
from reservations.messages.names import BookingMessage
from reservations.models import Reservation, ReservationEvent
from reservations.services.deposits import awaits_approval

KIND_OF_EVENT = {
    EventKind.CONFIRMED: BookingMessage.CONFIRMED,
    EventKind.DECLINED: BookingMessage.DECLINED,
    EventKind.EXPIRED: BookingMessage.DECLINED,
    EventKind.RESCHEDULED: BookingMessage.CHANGED,
    EventKind.CANCELLED: BookingMessage.CANCELLED,
    EventKind.CHECKED_IN: BookingMessage.CHECK_IN,
    EventKind.NO_SHOW: BookingMessage.NO_SHOW,
}
BY_CUSTOMERS = (EventKind.BOOKED, EventKind.RESCHEDULED, EventKind.CANCELLED)
"""Done on a page, in a language the customer understands, unless staff did it."""
LINK_AGAIN_AFTER = 600
"""Seconds."""


def tell_of_events(*, events: Sequence[ReservationEvent], **kwargs: Any) -> None:
    told = [event for event in events if _is_news(event)]
    write_messages(message for event in told for message in (*_tell_customer(event), *_tell_staff(event)))


def _is_news(event: ReservationEvent) -> bool:
    is_booking = event.reservation.purpose == Purpose.BOOKING
    return is_booking and event.source != Source.IMPORT and not _is_silent(event)


def _tell_customer(event: ReservationEvent) -> list[Any]:
    kind = _customer_kind(event)
    if kind is None:
        return []
    is_customers = event.kind in BY_CUSTOMERS and event.source not in (Source.STAFF, Source.SYSTEM)
    language = active_language() if is_customers else ""
    return messages_to_customer(
        kind, _message_key(event), event.reservation, snapshot.event_payload(event), language=language
    )


def _message_key(event: ReservationEvent) -> str:
    """Equal for all dates of a series to which the same happens at once: one message tells of them."""
    series = event.reservation.series_id
    return f"series-{series}-{event.at.timestamp()}" if series else f"{event.pk}"


def _customer_kind(event: ReservationEvent) -> BookingMessage | None:
    if event.kind == EventKind.BOOKED:
        return BookingMessage.CONFIRMED if event.new_status == Status.CONFIRMED else BookingMessage.REQUESTED
    if event.old_status == Status.HELD or not _concerns_customer(event):
        return None
    return KIND_OF_EVENT.get(EventKind(event.kind))


def _concerns_customer(event: ReservationEvent) -> bool:
    """A new price alone, or no change at all, is no news."""
    return event.kind != EventKind.RESCHEDULED or bool(event.changes.keys() - {"total_amount", "minimum_fee"})


def _is_silent(event: ReservationEvent) -> bool:
    """Another table for the same people at the same time, where their product says that this is no news."""
    only_places = event.kind == EventKind.RESCHEDULED and event.changes.keys() == {"resources"}
    return only_places and not tells_of_places(booked_lines(event.reservation))


def _tell_staff(event: ReservationEvent) -> list[Any]:
    kind = None if event.source == Source.STAFF else _staff_kind(event)
    if kind is None:
        return []
    return messages_to_staff(
        kind, _message_key(event), event.reservation, snapshot.event_payload(event), but=event.actor
    )


def _staff_kind(event: ReservationEvent) -> BookingMessage | None:
    if event.new_status == Status.PENDING and event.kind in (EventKind.BOOKED, EventKind.RESCHEDULED):
        return BookingMessage.STAFF_APPROVAL if _wants_approval(event.reservation) else None
    if event.kind in (EventKind.BOOKED, EventKind.CONFIRMED):
        return BookingMessage.STAFF_BOOKING
    if event.kind == EventKind.EDITED and event.changes.keys() == {"texts_agreed_how"}:
        return None
    if event.kind in (EventKind.RESCHEDULED, EventKind.EDITED):
        return BookingMessage.STAFF_CHANGED
    is_customers = event.source != Source.SYSTEM and event.old_status != Status.HELD
    is_cancelled = event.kind == EventKind.CANCELLED and is_customers
    return BookingMessage.STAFF_CANCELLED if is_cancelled else None


def _wants_approval(reservation: Reservation) -> bool:
    """Pending without a deposit can only mean approval."""
    return not reservation.deposit_amount or awaits_approval(reservation)


def tell_of_payments(*, paid: Sequence[tuple[Payment, Reservation]], **kwargs: Any) -> None:
    """Receipts. The message about a cancellation already names cash that staff return."""
    told = _find_told_already(paid)
    write_messages(
        message
        for payment, reservation in paid
        for message in _tell_of_payment(payment, reservation, is_told=payment.pk in told)
    )


def _tell_of_payment(payment: Payment, reservation: Reservation, *, is_told: bool) -> list[Any]:
    key, payload = str(payment.pk), snapshot.payment_payload(payment, reservation)
    is_refund = payment.kind == PaymentKind.REFUND
    if payment.status == PaymentStatus.FAILED and is_refund:
        return messages_to_staff(BookingMessage.STAFF_REFUND_FAILED, key, reservation, payload)
    if payment.status != PaymentStatus.SUCCEEDED or is_told:
        return []
    kind = BookingMessage.REFUND if is_refund else BookingMessage.PAYMENT
    return messages_to_customer(kind, key, reservation, payload)


def _find_told_already(paid: Sequence[tuple[Payment, Reservation]]) -> set[UUID]:
    """Cash that staff return as they cancel: the message about that names it."""
    cash = [
        (payment, reservation)
        for payment, reservation in paid
        if payment.kind == PaymentKind.REFUND and payment.provider == MANUAL
    ]
    if not cash:
        return set()
    events = ReservationEvent.objects.filter(
        reservation__in=[reservation for _payment, reservation in cash],
        at__in={payment.created_at for payment, _reservation in cash},
    )
    told = set(events.values_list("reservation", "at"))
    return {payment.pk for payment, reservation in cash if (reservation.pk, payment.created_at) in told}


def send_link_again(*, reservation: Reservation, **kwargs: Any) -> None:
    key = f"{reservation.pk}-{reservation.link_version}-{int(clock.now().timestamp()) // LINK_AGAIN_AFTER}"
    payload = snapshot.reservation_payload(reservation)
    write_messages(
        messages_to_customer(BookingMessage.LINK, key, reservation, payload, language=active_language())
    )
