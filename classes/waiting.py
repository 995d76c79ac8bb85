"""Who waits for a session: entries of the waitlist for its seats, at its time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, time
from typing import TypedDict

from django.db.models import Q

from classes.models import Session
from common.clock import now
from resources.models import Venue
from scheduling.zones import comes_twice, to_minute
from waitlist.models import WaitlistEntry
from waitlist.querysets import WaitlistQuerySet


class Wish(TypedDict):
    preferred_on: date
    earliest_time: time
    latest_time: time
    fold: int | None
    duration: int


def local_wish(session: Session) -> Wish:
    """Exactly this session's time, on the venue's clock."""
    start = session.starts_at.astimezone(session.venue.zone)
    at = start.time().replace(tzinfo=None, fold=0)
    return Wish(
        preferred_on=start.date(),
        earliest_time=at,
        latest_time=at,
        fold=start.fold if comes_twice(start) else None,
        duration=to_minute(session.ends_at) - to_minute(session.starts_at),
    )


def is_for(session: Session) -> Q:
    return Q(resource=session.place.seats_id, **local_wish(session))


Key = tuple[int | None, date, time | None, int | None, int]
"""What tells for which session somebody waits: the seats, and its local time."""


def key_of_session(session: Session) -> Key:
    wish = local_wish(session)
    return session.place.seats_id, wish["preferred_on"], wish["earliest_time"], wish["fold"], wish["duration"]


def key_of_entry(entry: WaitlistEntry) -> Key:
    return entry.resource_id, entry.preferred_on, entry.earliest_time, entry.fold, entry.duration


def entries_of(sessions: Iterable[Session]) -> dict[int, WaitlistQuerySet]:
    """Those who still wait, or are asked, by session."""
    return {
        session.pk: WaitlistEntry.objects.active().filter(is_for(session), venue=session.venue_id)
        for session in sessions
    }


def list_entries(sessions: Sequence[Session]) -> list[WaitlistEntry]:
    """Of all these sessions at once; one query."""
    if not sessions:
        return []
    condition = Q(pk__in=())
    for session in sessions:
        condition |= is_for(session)
    rows = WaitlistEntry.objects.active().filter(condition, venue=sessions[0].venue_id)
    return list(rows.in_order())


def follow_session(session: Session, entries: Sequence[WaitlistEntry]) -> None:
    """Whoever waits keeps their place in line when it moves; something may be free where it goes."""
    rows = WaitlistEntry.objects.active().filter(pk__in=[entry.pk for entry in entries])
    if entries:
        rows.update(resource=session.place.seats_id, due_at=now(), **local_wish(session))


def follow_clock(before: Venue, after: Venue) -> None:
    """Whoever waits keeps waiting for the same session where the venue's clock is another from now on."""
    pools = WaitlistEntry.objects.active().filter(venue=after.pk, resource__studio_of_seats__isnull=False)
    by_key: dict[Key, list[WaitlistEntry]] = defaultdict(list)
    for entry in pools.order_by():
        by_key[key_of_entry(entry)].append(entry)
    if not by_key:
        return
    sessions = Session.objects.active().filter(venue=after.pk, place__seats__in={key[0] for key in by_key})
    for session in sessions.filter(starts_at__gt=now()).select_related("place").order_by("pk"):
        session.venue = before
        waiting = by_key[key_of_session(session)]
        session.venue = after
        follow_session(session, waiting)
