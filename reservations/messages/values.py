from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from common.clock import now
from common.registry import Registry
from notifications.kinds import MessagePayload, Values
from notifications.models import Message
from notifications.wording import Wording
from reservations.domain.lengths import find_stay
from reservations.domain.naming import own_title
from reservations.domain.parts import list_parts
from reservations.domain.whereabouts import describe_place, find_map
from reservations.enums import Status
from reservations.fee_schedule import describe_cancelling, free_until
from reservations.models import Reservation, ReservationEvent, ReservationItem
from reservations.selectors import ENDED_EARLY, payment_summary
from resources.enums import AnswerKind
from resources.stays import count_nights, describe_nights
from scheduling.zones import to_minute

leader_namers: Registry[Callable[[Reservation], str]] = Registry("who says who leads what is booked")
"""By product: a name that customers may read, or nothing. The reservation comes with its items."""
leader_pages: Registry[Callable[[Reservation], str]] = Registry("pages of who leads what is booked")
"""By product the path of the page on which they see it, or nothing."""
off_tellers: Registry[Callable[[Reservation], bool]] = Registry(
    "who says that what is booked doesn't take place"
)
"""By product, asked of cancelled bookings."""
MOST_DATES = 60
"""Dates of a series that a message lists."""


def booking_values(message: Message, reservation: Reservation, wording: Wording) -> Values:
    payload, currency = message.payload, reservation.currency
    start, end = _parse_instant(payload["starts_at"]), _parse_instant(payload["ends_at"])
    values = {
        "resource": own_title(reservation) or list_resources(reservation),
        "date": wording.day(start),
        "start": wording.time(start),
        "end": wording.end(start, end),
        "when": _describe_when(reservation, start, end, wording),
        "party_size": str(payload["party_size"]),
        "code": reservation.code,
        "price": wording.money(payload["total"], currency),
        "deposit": wording.money(payload["deposit"], currency),
        "status": _describe_status(payload),
        "pay_until": wording.time(_parse_instant(payload["pay_until"])) if "pay_until" in payload else "",
        "ended": _describe_status(payload) if payload["status"] in ENDED_EARLY else "",
        "reason": _find_reason(payload),
        "hours": str(payload.get("hours", "")),
        "dates": "",
        "leader": ", ".join(filter(None, (name(reservation) for name in leader_namers))),
        "called_off": _find_called_off(payload, reservation),
        "due": _find_due(payload, reservation, wording),
        "parts": _list_parts(payload, reservation, wording),
        "cancel_until": _find_deadline(payload, reservation, wording),
        "cancel_fees": _describe_cancelling(payload, reservation),
        "address": describe_place(reservation),
        "has_map": find_map(reservation),
        "customer": reservation.who,
        "customer_email": reservation.customer_email,
        "customer_phone": str(reservation.customer_phone or ""),
        "customer_requests": reservation.requests,
        "customer_answers": _join_answers(reservation),
    }
    for name in ("fee", "minimum_fee", "refund", "amount"):
        values[name] = wording.money(payload.get(name, "0"), currency)
    return values | _old_values(payload, wording) | _series_values(message, reservation, wording)


def _find_due(payload: MessagePayload, reservation: Reservation, wording: Wording) -> str:
    if payload["status"] in ENDED_EARLY or not reservation.total_amount:
        return ""
    return wording.money(str(payment_summary(reservation).due), reservation.currency)


def _list_parts(payload: MessagePayload, reservation: Reservation, wording: Wording) -> str:
    if payload["status"] in ENDED_EARLY:
        return ""
    return "; ".join(
        _("%(amount)s on %(date)s")
        % {"amount": wording.money(str(part.amount), reservation.currency), "date": wording.day(part.due_on)}
        for part in list_parts(reservation)
        if not part.is_paid
    )


def _find_deadline(payload: MessagePayload, reservation: Reservation, wording: Wording) -> str:
    """Where cancelling would cost something later, and not yet."""
    if payload["status"] != Status.CONFIRMED or not reservation.total_amount:
        return ""
    deadline = free_until(reservation, now=now())
    return wording.moment(deadline) if deadline else ""


def _find_called_off(payload: MessagePayload, reservation: Reservation) -> str:
    is_off = payload["status"] == Status.CANCELLED and any(tells(reservation) for tells in off_tellers)
    return own_title(reservation) if is_off else ""


def _describe_cancelling(payload: MessagePayload, reservation: Reservation) -> str:
    if payload["status"] != Status.CONFIRMED:
        return ""
    return describe_cancelling(reservation, now=now())


def _find_reason(payload: MessagePayload) -> str:
    if payload.get("unpaid"):
        return _("The deposit wasn't paid in time.")
    if payload.get("move_declined"):
        text = _("The venue couldn't accept the new time. Your booking is unchanged.")
        return f"{text} {payload['reason']}".strip()
    return str(payload["reason"])


def _describe_when(reservation: Reservation, start: datetime, end: datetime, wording: Wording) -> str:
    """With the number of nights, where it is nights that were booked."""
    span, stay = wording.span(start, end), find_stay(reservation)
    if stay is None:
        return span
    return f"{span}, {describe_nights(count_nights(stay, to_minute(start), to_minute(end)))}"


def _join_answers(reservation: Reservation) -> str:
    return "; ".join(f"{answer['question']} {_describe_answer(answer)}" for answer in reservation.answers)


def _describe_answer(answer: dict[str, Any]) -> str:
    if answer["kind"] == AnswerKind.YES_NO:
        return _("Yes") if answer["answer"] == "yes" else _("No")
    return str(answer["answer"])


def _describe_status(payload: MessagePayload) -> str:
    status = payload["status"]
    if status == Status.CONFIRMED:
        return pgettext("message", "confirmed")
    if status == Status.PENDING and "pay_until" in payload:
        return pgettext("message", "awaiting payment")
    if status == Status.PENDING:
        return pgettext("message", "awaiting approval")
    return str(Status(status).label)


def _old_values(payload: MessagePayload, wording: Wording) -> Values:
    old = payload.get("old", {})
    values = {"old_party_size": old.get("party_size", ""), "old_resource": old.get("resources", "")}
    if old.keys() & {"starts_at", "ends_at"}:
        start = _parse_instant(old.get("starts_at", payload["starts_at"]))
        end = _parse_instant(old.get("ends_at", payload["ends_at"]))
        values |= {
            "old_date": wording.day(start),
            "old_start": wording.time(start),
            "old_end": wording.end(start, end),
            "old_when": wording.span(start, end),
        }
    return values


def _series_values(message: Message, reservation: Reservation, wording: Wording) -> Values:
    """All dates and the sums, if the same happened to several dates of a series at once."""
    payload, currency = message.payload, reservation.currency
    if reservation.series_id is None or "at" not in payload:
        return {}
    same_events = ReservationEvent.objects.filter(
        reservation__series=reservation.series_id, at=_parse_instant(payload["at"]), kind=payload["event"]
    )
    events = list(same_events.select_related("reservation").order_by("reservation__starts_at"))
    if len(events) < 2:
        return {}
    spans = [(event.reservation.starts_at, event.reservation.ends_at) for event in events]
    lines = [wording.span(start, end) for start, end in spans[:MOST_DATES]]
    total = sum(event.reservation.total_amount for event in events)
    minimum_fee = sum(event.reservation.minimum_fee for event in events)
    values = {
        "dates": "\n".join(lines + ["…"] * (len(spans) > MOST_DATES)),
        "price": wording.money(str(total), currency),
        "due": "",
        "cancel_until": "",
        "cancel_fees": "",
        "minimum_fee": wording.money(str(minimum_fee), currency),
    }
    for name in ("fee", "refund"):
        amounts = [Decimal(event.changes.get(name, ["0", "0"])[1]) for event in events]
        values[name] = wording.money(str(sum(amounts)), currency)
    return values


def list_resources(reservation: Reservation) -> str:
    return ", ".join(_describe_item(item) for item in reservation.items.all())


def _describe_item(item: ReservationItem) -> str:
    return f"{item.units} × {item.resource.name}" if item.units > 1 else item.resource.name


def _parse_instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
