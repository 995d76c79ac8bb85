"""What happens to reservations, payments and waitlist entries becomes rows of the outbox."""

from typing import Any

from anymail.signals import AnymailTrackingEvent, tracking

from common import clock
from notifications import facts
from notifications.enums import Kind
from notifications.services.tracking import record_report
from notifications.services.writing import spoken, to_customer, to_staff, write
from payments.providers import MANUAL
from reservations.enums import EventKind, PaymentKind, PaymentStatus, Purpose, Source, Status
from reservations.models import Payment, Reservation, ReservationEvent
from reservations.services.deposits import awaits_approval
from reservations.signals import link_wanted, payment_recorded, reservation_recorded
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.signals import News, entry_changed

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
OF_NEWS = {
    News.JOINED: Kind.WAITLIST_JOINED,
    News.OFFERED: Kind.WAITLIST_OFFERED,
    News.EXPIRED: Kind.WAITLIST_EXPIRED,
}


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
    return to_customer(kind, _key(event), event.reservation, facts.of_event(event), language=language)


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
    return to_staff(kind, _key(event), event.reservation, facts.of_event(event), but=event.actor)


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


def tell_of_payment(*, payment: Payment, **kwargs: Any) -> None:
    """Receipts; cash that staff return with a cancellation is in that message already."""
    reservation, key, found = payment.reservation, str(payment.pk), facts.of_payment(payment)
    is_refund = payment.kind == PaymentKind.REFUND
    if payment.status == PaymentStatus.FAILED and is_refund:
        write(to_staff(Kind.STAFF_REFUND_FAILED, key, reservation, found))
    elif payment.status == PaymentStatus.SUCCEEDED and not (is_refund and payment.provider == MANUAL):
        write(to_customer(Kind.REFUND if is_refund else Kind.PAYMENT, key, reservation, found))


def send_link_again(*, reservation: Reservation, **kwargs: Any) -> None:
    """To the address of the booking, once in ten minutes at most."""
    key = f"{reservation.pk}-{int(clock.now().timestamp()) // LINK_AGAIN_AFTER}"
    found = facts.of_reservation(reservation)
    write(to_customer(Kind.LINK, key, reservation, found, language=spoken()))


def tell_of_entry(*, entry: WaitlistEntry, news: News, offer: WaitlistOffer | None, **kwargs: Any) -> None:
    kind = OF_NEWS.get(news)
    if kind is not None:
        key = str(offer.pk if offer else entry.pk)
        language = spoken() if news == News.JOINED else ""
        write(to_customer(kind, key, entry, facts.of_entry(entry, offer), language=language))


def note_mail_report(*, event: AnymailTrackingEvent, **kwargs: Any) -> None:
    """A provider's report on a mail, its signature checked by anymail."""
    record_report(
        what=event.event_type,
        number=event.message_id or "",
        reference=(event.metadata or {}).get("message", ""),
        reason=f"{event.reject_reason or ''} {event.description or ''}".strip(),
    )


def connect() -> None:
    tracking.connect(note_mail_report, dispatch_uid="notifications.tracking")
    reservation_recorded.connect(tell_of_event, dispatch_uid="notifications.reservation_recorded")
    payment_recorded.connect(tell_of_payment, dispatch_uid="notifications.payment_recorded")
    link_wanted.connect(send_link_again, dispatch_uid="notifications.link_wanted")
    entry_changed.connect(tell_of_entry, dispatch_uid="notifications.entry_changed")
