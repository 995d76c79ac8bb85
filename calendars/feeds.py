"""What a feed shows, whether it changed, and its text in pieces; two queries, however many events."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import override

from calendars.ical import END, IcalCalendar, write_event, write_opening
from calendars.ical_rows import FIELDS, IcalRow, Reader, make_ical_event
from calendars.kinds import FeedDates, kinds
from calendars.models import CalendarFeed
from reservations.domain.whereabouts import find_place
from reservations.enums import Status
from reservations.models import Reservation, ReservationItem
from resources.models import Resource

DAYS_BACK, DAYS_AHEAD = 90, 365
DAYS_CANCELLED = 30
PIECE = 32_768
ROWS_AT_ONCE = 500
FORMAT = 3
"""Raise when the same reservations are written differently: every entity tag changes."""
SHOWN = (Status.PENDING, Status.CONFIRMED, Status.CHECKED_IN, Status.COMPLETED, Status.NO_SHOW)
WITHDRAWN = (Status.CANCELLED, Status.DECLINED)


@dataclass(frozen=True, slots=True)
class FeedPeriod:
    """[first, last) in whole UTC days, so that a feed does not change every second."""

    first: datetime
    last: datetime
    now: datetime

    @classmethod
    def around(cls, now: datetime, *, back: int = DAYS_BACK) -> "FeedPeriod":
        today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return cls(today - timedelta(days=back), today + timedelta(days=DAYS_AHEAD + 1), now)

    @property
    def reservations(self) -> Q:
        """Reservations that overlap it: valid, held, or called off lately."""
        withdrawn_since = self.now - timedelta(days=DAYS_CANCELLED)
        return Q(ends_at__gt=self.first, starts_at__lt=self.last) & (
            Q(status__in=SHOWN)
            | Q(status=Status.HELD, expires_at__gt=self.now)
            | Q(status__in=WITHDRAWN, updated_at__gte=withdrawn_since)
        )


@dataclass(frozen=True, slots=True)
class FeedState:
    """Equal as long as the feed's text is. ``zones``: the time zones of its events.

    The tag is weak: the same text may come compressed. ``changed_at`` is None where nobody asks for it.
    """

    tag: str
    changed_at: datetime | None
    zones: tuple[str, ...]


def read_state(feed: CalendarFeed, window: FeedPeriod) -> FeedState:
    by_venue = list(
        _select_rows(feed, window)
        .order_by("venue_id")
        .values("venue_id", "venue__config_stamp", "venue__time_zone")
        .annotate(count=Count("pk"), changed=Max("updated_at"), versions=Sum("version"))
    )
    identity = [tuple(venue.values()) for venue in by_venue]
    zones = tuple(sorted({str(venue["venue__time_zone"]) for venue in by_venue}))
    changed = [
        window.first + timedelta(days=DAYS_BACK),
        feed.created_at,
        *(venue["changed"] for venue in by_venue),
    ]
    feed_identity = (
        feed.pk,
        feed.link_version,
        name_of(feed),
        language_of(feed),
        reader_of(feed),
        window.first,
    )
    return FeedState(make_tag(FORMAT, settings.SITE_URL, feed_identity, identity), max(changed), zones)


def _select_rows(feed: CalendarFeed, window: FeedPeriod) -> "QuerySet[Any]":
    """Of any model with venue, version and ``updated_at``."""
    kind = kinds[feed.kind]
    if kind.dates is not None:
        return kind.dates.select(feed, window.first, window.last)
    return Reservation.objects.filter(window.reservations & kind.reservations(feed))


def make_tag(*parts: Any) -> str:
    return f'W/"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def reader_of(feed: CalendarFeed) -> Reader:
    if not kinds[feed.kind].is_own:
        return Reader(is_own=False)
    return Reader(is_own=True, alarm=alarm_of(feed.owner))


def alarm_of(user: Any) -> timedelta | None:
    """How long before a booking its customer wants a reminder; None for never."""
    return timedelta(hours=user.reminder_hours) if user and user.wants_reminders else None


def language_of(feed: CalendarFeed) -> str:
    return feed.owner.language or settings.LANGUAGE_CODE


def name_of(feed: CalendarFeed) -> str:
    with override(language_of(feed)):
        if feed.resource is not None:
            return f"{feed.resource.name} · {feed.resource.venue.name}"
        return feed.venue.name if feed.venue is not None else feed.get_kind_display()


def write_feed(feed: CalendarFeed, window: FeedPeriod, state: FeedState) -> Iterator[bytes]:
    with override(language_of(feed)):
        description = _("Kept up to date by Holdfast.")
    calendar = IcalCalendar(
        "PUBLISH", name_of(feed), description, state.zones, window.first, window.last + timedelta(days=366)
    )
    dates = kinds[feed.kind].dates
    events = _write_dates(feed, window, dates) if dates else _write_events(feed, window)
    return join_chunks([write_opening(calendar)], events, [END])


def _write_dates(feed: CalendarFeed, window: FeedPeriod, dates: FeedDates) -> Iterator[bytes]:
    reader, language = reader_of(feed), language_of(feed)
    rows = dates.select(feed, window.first, window.last)
    for row in rows.iterator(chunk_size=ROWS_AT_ONCE):
        with override(language):
            text = write_event(dates.make_event(row, reader))
        yield text


def _write_events(feed: CalendarFeed, window: FeedPeriod) -> Iterator[bytes]:
    reader, language = reader_of(feed), language_of(feed)
    reservations = _select_rows(feed, window)
    items = (
        ReservationItem.objects.filter(reservation__in=reservations)
        .order_by("reservation__starts_at", "reservation_id", "id")
        .values_list(*FIELDS)
    )
    rows = (IcalRow(*values) for values in items.iterator(chunk_size=ROWS_AT_ONCE))
    elsewhere = _Elsewhere()
    for _id, same_reservation in groupby(rows, key=attrgetter("id")):
        booked_items = list(same_reservation)
        first, things = booked_items[0], [row.thing for row in booked_items]
        with override(language):
            text = write_event(make_ical_event(first, things, reader, elsewhere.find(first)))
        yield text


class _Elsewhere:
    """Where rows of a feed take place, if not at the venue; each product's resource is looked up once."""

    def __init__(self) -> None:
        self._known: dict[int, str] = {}

    def find(self, row: IcalRow) -> str:
        if not row.extension:
            return ""
        if row.resource_id not in self._known:
            place = find_place(Resource(pk=row.resource_id, extension=row.extension))
            self._known[row.resource_id] = "" if place is None or place.is_at_venue else place.name
        return self._known[row.resource_id]


def join_chunks(*parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of at least ``PIECE`` bytes, the last one excepted."""
    buffer = bytearray()
    for part in parts:
        for chunk in part:
            buffer += chunk
            if len(buffer) >= PIECE:
                yield bytes(buffer)
                buffer.clear()
    if buffer:
        yield bytes(buffer)
