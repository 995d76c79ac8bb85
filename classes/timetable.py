"""The timetable: days of sessions, each with what its visitor can do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db.models import Sum

from classes.configuration import find_rules
from classes.enums import PlaceKind, WaitlistMode
from classes.models import Facilitator, SeatBooking, Session
from classes.policies.windows import DAY, Rules, find_closed_window, is_waitlist_open
from classes.pricing import find_price
from classes.querysets import SessionQuerySet
from classes.selectors import count_free, find_booked, find_waits, select_timetable, timetable_of
from classes.selling import read_selling
from classes.waiting import key_of_entry, key_of_session, list_entries
from common.clock import epoch_minute
from common.clock import now as clock_now
from reservations.enums import Source, Status
from resources.catalog import catalog_of
from resources.models import Venue
from scheduling.zones import from_minute, to_minute
from waitlist.enums import WaitlistStatus
from waitlist.models import WaitlistEntry

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser

DAYS = 7


class RowState(StrEnum):
    """What stands beside a session, for this visitor."""

    CANCELLED = "cancelled"
    OVER = "over"
    BEGUN = "begun"
    BOOKED = "booked"
    HELD = "held"
    OFFERED = "offered"
    WAITING = "waiting"
    FREE = "free"
    WAITLIST = "waitlist"
    FULL = "full"
    NOT_OPEN = "not_open"
    CLOSED = "closed"


class DayPart(StrEnum):
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


BEGINS = {DayPart.MORNING: time(0), DayPart.AFTERNOON: time(12), DayPart.EVENING: time(17)}


@dataclass(frozen=True, slots=True)
class Row:
    """``left``: seats that can be booked here now. ``price`` is the lowest on sale."""

    session: Session
    rules: Rules
    state: RowState
    left: int
    price: Decimal
    seat: SeatBooking | None = None
    entry: WaitlistEntry | None = None
    position: int = 0

    @property
    def teacher(self) -> Facilitator | None:
        facilitator = self.session.facilitator
        return facilitator if facilitator.is_public else None

    @property
    def stands_for(self) -> Facilitator | None:
        """Whom the teacher substitutes."""
        before = self.session.substitute_for
        return before if before and before.is_public and self.teacher else None

    @property
    def is_gone(self) -> bool:
        return self.state in (RowState.CANCELLED, RowState.OVER)

    @property
    def takes_bookings(self) -> bool:
        return self.state in (RowState.FREE, RowState.WAITLIST)

    @property
    def is_booked_at_once(self) -> bool:
        """Whoever is first in line is not asked, as long as they may still cancel for nothing."""
        return self.rules.waitlist_mode == WaitlistMode.AUTO and not self.session.has_tiers

    @property
    def shows_left(self) -> bool:
        return self.state not in (RowState.CANCELLED, RowState.OVER, RowState.BEGUN)

    @property
    def opens_at(self) -> datetime:
        """When booking opens, where it has not yet."""
        days = self.rules.book_from_days or 0
        return from_minute(to_minute(self.session.starts_at) - days * DAY, self.session.venue.zone_name)


@dataclass(frozen=True, slots=True)
class Day:
    on: date
    parts: Mapping[DayPart, Sequence[Row]]

    @property
    def is_empty(self) -> bool:
        return not any(self.parts.values())


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: ids of a teacher and a type, a level, a studio's id or its kind."""

    teacher: int | None = None
    type: int | None = None
    level: str = ""
    studio: str = ""

    def narrow(self, sessions: SessionQuerySet) -> SessionQuerySet:
        conditions = {
            "facilitator": self.teacher,
            "class_type": self.type,
            "class_type__level": self.level or None,
            **self._place(),
        }
        return sessions.filter(**{name: value for name, value in conditions.items() if value is not None})

    def _place(self) -> dict[str, object]:
        if self.studio in PlaceKind.values:
            return {"place__kind": self.studio}
        return {"place": int(self.studio)} if self.studio else {}


def list_days(
    venue: Venue, first: date, user: "Viewer", now: datetime, wanted: Wanted | None = None
) -> list[Day]:
    """Seven days; a constant number of queries."""
    start, end = begin_of(first, venue), begin_of(first + timedelta(days=DAYS), venue)
    if wanted and wanted != Wanted():
        sessions = list(wanted.narrow(timetable_of(venue.pk, start, end).published(now)))
    else:
        sessions = select_timetable(venue.pk, start, end, now)
    rows = make_rows(sessions, user, now)
    by_day = {on: list(group) for on, group in groupby(rows, key=lambda row: row.session.local_start.date())}
    dates = [first + timedelta(days=number) for number in range(DAYS)]
    return [Day(on, _split_day(by_day.get(on, ()))) for on in dates]


def begin_of(day: date, venue: Venue) -> datetime:
    return datetime.combine(day, time(), venue.zone)


def _split_day(rows: Iterable[Row]) -> dict[DayPart, list[Row]]:
    parts: dict[DayPart, list[Row]] = {part: [] for part in DayPart}
    for row in rows:
        at = row.session.local_start.time()
        parts[max((part for part in DayPart if BEGINS[part] <= at), key=BEGINS.__getitem__)].append(row)
    return parts


def list_next(venues: Sequence[Venue], user: "Viewer", now: datetime, most: int, text: str = "") -> list[Row]:
    """The next sessions of these venues that can still be had, or waited for."""
    sessions = timetable_of(None, now, now + timedelta(days=2 * DAYS)).published(now).active()
    found = sessions.filter(venue__in=venues)
    if text:
        found = found.with_text(text)
    rows = make_rows(list(found[: 4 * most]), user, now)
    return [row for row in rows if row.state not in (RowState.FULL, RowState.CLOSED)][:most]


def make_rows(
    sessions: Sequence[Session],
    user: "Viewer",
    now: datetime,
    remembered: Mapping[int, WaitlistEntry] | None = None,
) -> list[Row]:
    """In their order, read by ``sessions_in_detail``; a constant number of queries.

    ``remembered``: a guest's places in line, by session.
    """
    selling = read_selling(sessions)
    free = count_free(sessions, selling)
    online = _count_online(sessions)
    seats = find_booked(sessions, user.pk) if user.pk else {}
    own = find_waits(sessions, user.pk) if user.pk else {}
    waits = {**(remembered or {}), **own}
    positions = find_positions([session for session in sessions if session.pk in waits])
    rows = []
    for session in sessions:
        known = catalog_of(session.venue)
        rules = find_rules(session.venue_id, session.class_type_id, known, policy_id=session.policy_id)
        left = min(free[session.pk], online.get(session.pk, free[session.pk]))
        seat, entry = seats.get(session.pk), waits.get(session.pk)
        state = _find_state(session, rules, left, seat, entry, now)
        price = find_price(session, selling)
        position = positions.get(entry.pk, 0) if entry else 0
        rows.append(Row(session, rules, state, left, price, seat, entry, position))
    return rows


def _count_online(sessions: Iterable[Session]) -> dict[int, int]:
    """Seats left of those sold online, where that is less than all; one query, or none."""
    limits = {row.pk: row.online_capacity for row in sessions if row.online_capacity is not None}
    if not limits:
        return {}
    taken = SeatBooking.objects.taking_seats(clock_now()).filter(session__in=limits)
    sold = dict(
        taken.exclude(reservation__source=Source.STAFF)
        .order_by()
        .values_list("session")
        .annotate(Sum("seats"))
    )
    return {id: max(limit - sold.get(id, 0), 0) for id, limit in limits.items()}


def find_positions(sessions: Sequence[Session]) -> dict[object, int]:
    """Of everybody who waits for these, from 1, by entry; one query, or none."""
    keys = {key_of_session(session) for session in sessions}
    counts: dict[object, int] = {}
    positions: dict[object, int] = {}
    for entry in list_entries(sessions):
        key = key_of_entry(entry)
        if key in keys:
            counts[key] = counts.get(key, 0) + 1
            positions[entry.pk] = counts[key]
    return positions


def _find_state(
    session: Session,
    rules: Rules,
    left: int,
    seat: SeatBooking | None,
    entry: WaitlistEntry | None,
    now: datetime,
) -> RowState:
    if session.status == "cancelled":
        return RowState.CANCELLED
    if session.ends_at <= now or not session.is_active:
        return RowState.OVER
    if seat is not None:
        return _state_of_seat(seat, entry)
    if session.starts_at <= now:
        return RowState.BEGUN
    # Where everyone in line is told, whoever comes first has it.
    may_book = rules.waitlist_mode == WaitlistMode.OPEN and left > 0
    if entry is not None and not may_book:
        return RowState.OFFERED if entry.status == WaitlistStatus.CONTACTED else RowState.WAITING
    return _state_for_all(session, rules, left, epoch_minute(now))


def _state_of_seat(seat: SeatBooking, entry: WaitlistEntry | None) -> RowState:
    if seat.reservation.status != Status.HELD:
        return RowState.BOOKED
    return RowState.HELD if entry is None else RowState.OFFERED


def _state_for_all(session: Session, rules: Rules, left: int, minute: int) -> RowState:
    start = to_minute(session.starts_at)
    if closure := find_closed_window(rules, start, minute):
        return RowState.NOT_OPEN if closure == "booking_not_open" else RowState.CLOSED
    if left > 0:
        return RowState.FREE
    return RowState.WAITLIST if is_waitlist_open(rules, start, minute) else RowState.FULL
