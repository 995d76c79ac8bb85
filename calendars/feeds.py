"""What a feed shows, whether it changed, and its text piece by piece.

However many events there are, it is two queries: one tells whether anything changed, one reads on a cursor.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import override

from calendars.facts import FIELDS, Reader, Row, event_facts
from calendars.ical import END, CalendarFacts, event_lines, opening
from calendars.kinds import kinds
from calendars.models import CalendarFeed
from reservations.enums import Status
from reservations.models import Reservation, ReservationItem

DAYS_BACK, DAYS_AHEAD = 90, 365
DAYS_CANCELLED = 30
"""How long a cancelled booking is told as cancelled before it is left out."""
PIECE = 32_768
ROWS_AT_ONCE = 500
FORMAT = 1
"""Raised when the same reservations are written differently."""
SHOWN = (Status.PENDING, Status.CONFIRMED, Status.CHECKED_IN, Status.COMPLETED, Status.NO_SHOW)
WITHDRAWN = (Status.CANCELLED, Status.DECLINED)


@dataclass(frozen=True, slots=True)
class Window:
    """[first, last): whole days, UTC, so that a feed does not change by the second."""

    first: datetime
    last: datetime
    now: datetime

    @classmethod
    def around(cls, now: datetime, *, back: int = DAYS_BACK) -> "Window":
        today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return cls(today - timedelta(days=back), today + timedelta(days=DAYS_AHEAD + 1), now)

    @property
    def reservations(self) -> Q:
        """Those that overlap it: what stands, what is held, and what was called off lately."""
        lately = self.now - timedelta(days=DAYS_CANCELLED)
        return Q(ends_at__gt=self.first, starts_at__lt=self.last) & (
            Q(status__in=SHOWN)
            | Q(status=Status.HELD, expires_at__gt=self.now)
            | Q(status__in=WITHDRAWN, updated_at__gte=lately)
        )


@dataclass(frozen=True, slots=True)
class State:
    """Equal as long as the feed's text is. ``zones`` are those its events are written in."""

    tag: str
    changed_at: datetime
    zones: tuple[str, ...]


def state_of(feed: CalendarFeed, window: Window) -> State:
    """One query, whatever the number of events."""
    found = list(
        Reservation.objects.filter(window.reservations & kinds[feed.kind].reservations(feed))
        .order_by("venue_id")
        .values("venue_id", "venue__config_stamp", "venue__time_zone")
        .annotate(count=Count("pk"), changed=Max("updated_at"), versions=Sum("version"))
    )
    known = [tuple(each.values()) for each in found]
    zones = tuple(sorted({str(each["venue__time_zone"]) for each in found}))
    changed = [
        window.first + timedelta(days=DAYS_BACK),
        feed.created_at,
        *(each["changed"] for each in found),
    ]
    about = (feed.pk, feed.link_version, name_of(feed), language_of(feed), reader_of(feed), window.first)
    return State(tag_of(FORMAT, settings.SITE_URL, about, known), max(changed), zones)


def tag_of(*parts: Any) -> str:
    """A strong entity tag, quotes included."""
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def reader_of(feed: CalendarFeed) -> Reader:
    if not kinds[feed.kind].is_own:
        return Reader(own=False)
    return Reader(own=True, alarm=alarm_of(feed.owner))


def alarm_of(user: Any) -> timedelta | None:
    """How long before a booking its customer wants to be told; None for not at all."""
    return timedelta(hours=user.reminder_hours) if user and user.wants_reminders else None


def language_of(feed: CalendarFeed) -> str:
    return feed.owner.language or settings.LANGUAGE_CODE


def name_of(feed: CalendarFeed) -> str:
    with override(language_of(feed)):
        if feed.resource is not None:
            return f"{feed.resource.name} · {feed.resource.venue.name}"
        return feed.venue.name if feed.venue is not None else feed.get_kind_display()


def pieces(feed: CalendarFeed, window: Window, state: State) -> Iterator[bytes]:
    """The whole calendar; memory does not grow with the number of its events."""
    with override(language_of(feed)):
        about = _("Kept up to date by Holdfast.")
    facts = CalendarFacts(
        "PUBLISH", name_of(feed), about, state.zones, window.first, window.last + timedelta(days=366)
    )
    return gathered([opening(facts)], _events(feed, window), [END])


def _events(feed: CalendarFeed, window: Window) -> Iterator[bytes]:
    reader, language = reader_of(feed), language_of(feed)
    chosen = Reservation.objects.filter(window.reservations & kinds[feed.kind].reservations(feed))
    items = (
        ReservationItem.objects.filter(reservation__in=chosen)
        .order_by("reservation__starts_at", "reservation_id", "id")
        .values_list(*FIELDS)
    )
    rows = (Row(*values) for values in items.iterator(chunk_size=ROWS_AT_ONCE))
    for _id, same in groupby(rows, key=attrgetter("id")):
        booked = list(same)
        with override(language):
            text = event_lines(event_facts(booked[0], [row.thing for row in booked], reader))
        yield text


def gathered(*parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are worth sending."""
    buffer = bytearray()
    for part in parts:
        for each in part:
            buffer += each
            if len(buffer) >= PIECE:
                yield bytes(buffer)
                buffer.clear()
    if buffer:
        yield bytes(buffer)
