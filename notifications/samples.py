"""A made-up message of each kind, for previews: every placeholder has something to show."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from notifications.enums import WAITLIST, Kind
from notifications.facts import of_reservation
from notifications.models import Message
from reservations.enums import Status
from reservations.models import Reservation, ReservationItem
from resources.models import Resource, Venue
from waitlist.models import WaitlistEntry

START = datetime(2030, 6, 14, 15, 0, tzinfo=UTC)
LENGTH = timedelta(minutes=90)


def sample(kind: str, channel: str, venue: Venue) -> Message:
    """Not in the database, and nothing of it is."""
    message = Message(venue=venue, kind=kind, channel=channel, recipient="ada@example.com")
    message.name = "Ada Lovelace"
    if kind in WAITLIST:
        message.entry = _entry(venue)
        message.facts = _entry_facts(kind)
    else:
        message.reservation = _reservation(venue)
        message.facts = _reservation_facts(message.reservation)
        if kind in (Kind.CHANGED, Kind.STAFF_CHANGED):
            message.facts["old"] = _before()
    return message


def _reservation(venue: Venue) -> Reservation:
    found = Reservation(
        venue=venue,
        code="SAMPLE2345",
        customer_name="Ada Lovelace",
        customer_email="ada@example.com",
        customer_phone="+493012345678",
        starts_at=START,
        ends_at=START + LENGTH,
        status=Status.CONFIRMED,
        party_size=4,
        currency=venue.currency,
        total_amount=Decimal(60),
        deposit_amount=Decimal(15),
        cancel_reason="Lorem ipsum",
        requests="A high chair",
        answers=[{"question_id": 1, "question": "Vegan?", "kind": "yes_no", "answer": "yes"}],
    )
    item = ReservationItem(reservation=found, resource=Resource(name="Green room"))
    found._prefetched_objects_cache = {"items": [item]}  # type: ignore[attr-defined]
    return found


def _reservation_facts(reservation: Reservation) -> dict[str, Any]:
    return of_reservation(reservation) | {"fee": "20", "refund": "40", "amount": "60", "hours": 24}


def _before() -> dict[str, str]:
    earlier = START - timedelta(days=1)
    return {
        "starts_at": str(earlier),
        "ends_at": str(earlier + LENGTH),
        "party_size": "2",
        "resources": "Blue room",
    }


def _entry(venue: Venue) -> WaitlistEntry:
    return WaitlistEntry(
        venue=venue,
        resource=Resource(name="Green room"),
        customer_name="Ada Lovelace",
        preferred_on=date(2030, 6, 14),
        earliest_time=time(17),
        duration=90,
        party_size=4,
        status=WaitlistEntry.Status.LEFT,  # so that nobody looks for its place
    )


def _entry_facts(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {"date": "2030-06-14", "party_size": 4, "window": ["17:00", None]}
    if kind != Kind.WAITLIST_JOINED:
        found |= {
            "starts_at": START.isoformat(),
            "ends_at": (START + LENGTH).isoformat(),
            "deadline": (START - timedelta(hours=3)).isoformat(),
        }
    return found
