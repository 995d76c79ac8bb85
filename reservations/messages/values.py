"""What the placeholders of a message about a booking stand for, in the language that is active."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from notifications.kinds import Facts, Values
from notifications.models import Message
from notifications.wording import Wording
from reservations.enums import Status
from reservations.models import Reservation, ReservationEvent, ReservationItem
from resources.enums import AnswerKind

MOST_DATES = 60
"""Of one series that a message lists."""


def values_of(message: Message, reservation: Reservation, wording: Wording) -> Values:
    facts, currency = message.facts, reservation.currency
    start, end = _instant(facts["starts_at"]), _instant(facts["ends_at"])
    found = {
        "resource": things(reservation),
        "date": wording.day(start),
        "start": wording.time(start),
        "end": wording.end(start, end),
        "when": wording.span(start, end),
        "party_size": str(facts["party_size"]),
        "code": reservation.code,
        "price": wording.money(facts["total"], currency),
        "deposit": wording.money(facts["deposit"], currency),
        "status": _status(facts["status"]),
        "reason": _("The deposit was not paid in time.") if facts.get("unpaid") else facts["reason"],
        "hours": str(facts.get("hours", "")),
        "dates": "",
        "customer": reservation.customer_name,
        "customer_email": reservation.customer_email,
        "customer_phone": str(reservation.customer_phone or ""),
        "customer_requests": reservation.requests,
        "customer_answers": _answers(reservation),
    }
    for name in ("fee", "refund", "amount"):
        found[name] = wording.money(facts.get(name, "0"), currency)
    return found | _old(facts, wording) | _of_series(message, reservation, wording)


def _answers(reservation: Reservation) -> str:
    """To the venue's questions, one after the other."""
    return "; ".join(f"{each['question']} {_answer(each)}" for each in reservation.answers)


def _answer(given: dict[str, Any]) -> str:
    if given["kind"] == AnswerKind.YES_NO:
        return _("Yes") if given["answer"] == "yes" else _("No")
    return str(given["answer"])


def _status(status: str) -> str:
    """As part of a sentence."""
    if status == Status.CONFIRMED:
        return pgettext("message", "confirmed")
    if status == Status.PENDING:
        return pgettext("message", "waiting for approval")
    return str(Status(status).label)


def _old(facts: Facts, wording: Wording) -> Values:
    """Of what was changed, how it was before."""
    old = facts.get("old", {})
    found = {"old_party_size": old.get("party_size", ""), "old_resource": old.get("resources", "")}
    if old.keys() & {"starts_at", "ends_at"}:
        start = _instant(old.get("starts_at", facts["starts_at"]))
        end = _instant(old.get("ends_at", facts["ends_at"]))
        found |= {
            "old_date": wording.day(start),
            "old_start": wording.time(start),
            "old_end": wording.end(start, end),
            "old_when": wording.span(start, end),
        }
    return found


def _of_series(message: Message, reservation: Reservation, wording: Wording) -> Values:
    """When the same happened to several dates of a series at once: all of them, and the sums."""
    facts, currency = message.facts, reservation.currency
    if reservation.series_id is None or "at" not in facts:
        return {}
    same = ReservationEvent.objects.filter(
        reservation__series=reservation.series_id, at=_instant(facts["at"]), kind=facts["event"]
    )
    events = list(same.select_related("reservation").order_by("reservation__starts_at"))
    if len(events) < 2:
        return {}
    spans = [(event.reservation.starts_at, event.reservation.ends_at) for event in events]
    lines = [wording.span(start, end) for start, end in spans[:MOST_DATES]]
    total = sum(event.reservation.total_amount for event in events)
    found = {
        "dates": "\n".join(lines + ["…"] * (len(spans) > MOST_DATES)),
        "price": wording.money(str(total), currency),
    }
    for name in ("fee", "refund"):
        amounts = [Decimal(event.changes.get(name, ["0", "0"])[1]) for event in events]
        found[name] = wording.money(str(sum(amounts)), currency)
    return found


def things(reservation: Reservation) -> str:
    return ", ".join(_thing(item) for item in reservation.items.all())


def _thing(item: ReservationItem) -> str:
    return f"{item.units} × {item.resource.name}" if item.units > 1 else item.resource.name


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
