"""What the placeholders of one message stand for: name -> text, in the language that is active.

A secret link is a mark here; ``notifications.links`` puts the link in its place when it is sent.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from unicodedata import category

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from notifications.enums import STAFF, Kind
from notifications.links import mark
from notifications.models import Message
from notifications.wording import Wording
from reservations.enums import Status
from reservations.models import Reservation, ReservationEvent, ReservationItem
from resources.enums import AnswerKind
from resources.models import Venue
from waitlist.models import WaitlistEntry
from waitlist.selectors import positions

Values = dict[str, str]
MOST_DATES = 60
"""Of one series that a message lists."""


def values_of(message: Message, wording: Wording) -> Values:
    """Texts without control and private characters: those have a meaning in layouts."""
    found = {
        "name": message.name,
        "venue": message.venue.name,
        "address": place(message.venue),
        "time_zone": str(wording.zone),
    }
    if message.reservation is not None:
        found |= _of_reservation(message, message.reservation, wording)
    if message.entry is not None:
        found |= _of_entry(message, message.entry, wording)
    return {name: _clean(value) for name, value in found.items()} | _links(message)


def _clean(value: str) -> str:
    return "".join(each for each in value if each == "\n" or category(each) not in ("Cc", "Co", "Cs"))


def _links(message: Message) -> Values:
    if message.kind in STAFF:
        return {"admin_url": mark("admin_url")}
    return {"offer_url": mark("offer_url")} if message.entry_id else {"manage_url": mark("manage_url")}


def _of_reservation(message: Message, reservation: Reservation, wording: Wording) -> Values:
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


def _old(facts: dict[str, Any], wording: Wording) -> Values:
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


def _of_entry(message: Message, entry: WaitlistEntry, wording: Wording) -> Values:
    facts = message.facts
    thing = entry.resource or entry.group
    found = {
        "resource": facts.get("resource") or str(thing or ""),
        "date": wording.day(date.fromisoformat(facts["date"])),
        "when": " ".join([wording.day(date.fromisoformat(facts["date"])), _window(facts["window"])]).strip(),
        "party_size": str(facts["party_size"]),
        "position": str(positions([entry]).get(entry.pk, "")) if message.kind == Kind.WAITLIST_JOINED else "",
    }
    if "deadline" in facts:
        start, end = _instant(facts["starts_at"]), _instant(facts["ends_at"])
        found |= {
            "date": wording.day(start),
            "start": wording.time(start),
            "end": wording.end(start, end),
            "when": wording.span(start, end),
            "deadline": wording.moment(_instant(facts["deadline"])),
        }
    return found


def _window(window: list[str | None]) -> str:
    """The times somebody would come at."""
    first, last = window
    if first and last:
        return _("(from %(first)s to %(last)s)") % {"first": first, "last": last}
    if first:
        return _("(from %(first)s)") % {"first": first}
    return _("(until %(last)s)") % {"last": last} if last else ""


def things(reservation: Reservation) -> str:
    return ", ".join(_thing(item) for item in reservation.items.all())


def _thing(item: ReservationItem) -> str:
    return f"{item.units} × {item.resource.name}" if item.units > 1 else item.resource.name


def place(venue: Venue) -> str:
    town = f"{venue.postal_code} {venue.city}".strip()
    return ", ".join(part for part in (venue.name, venue.street, town) if part)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
