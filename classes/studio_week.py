"""The staff's week: days of sessions, by studio or by who teaches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db.models import Sum
from django.utils.functional import Promise

from classes.configuration import find_rules
from classes.enums import PlaceKind
from classes.models import Facilitator, Session, Studio
from classes.selectors import count_booked, sessions_in_detail
from classes.timetable import DAYS, begin_of
from classes.waiting import Key, key_of_session
from classes.words import LANES
from resources.catalog import catalog_of
from resources.models import Venue
from waitlist.models import WaitlistEntry

A_DAY = timedelta(days=1)
MOST_LANES = 12


class By(StrEnum):
    STUDIO = "studio"
    TEACHER = "teacher"


@dataclass(frozen=True, slots=True)
class StudioRow:
    """``booked`` and ``waiting`` count people; ``needed``: the fewest with whom it takes place."""

    session: Session
    booked: int
    waiting: int
    needed: int
    now: datetime

    @property
    def day(self) -> str:
        """On the venue's clock, as ``wall``."""
        return self.session.local_start.date().isoformat()

    @property
    def wall(self) -> str:
        return f"{self.session.local_start:%Y-%m-%dT%H:%M}"

    @property
    def is_over(self) -> bool:
        return self.session.ends_at <= self.now

    @property
    def is_gone(self) -> bool:
        return self.is_over or not self.session.is_active

    @property
    def is_draft(self) -> bool:
        return self.session.published_at is None

    @property
    def is_full(self) -> bool:
        return self.booked >= self.session.capacity

    @property
    def is_at_risk(self) -> bool:
        is_ahead = self.session.is_active and self.session.starts_at > self.now
        return is_ahead and self.booked < self.needed

    @property
    def can_move(self) -> bool:
        return self.session.is_active and self.session.starts_at > self.now


@dataclass(frozen=True, slots=True)
class Lane:
    """A column. ``key`` is the id of a studio or a facilitator, or a kind of place without walls."""

    key: str
    name: str | Promise


@dataclass(frozen=True, slots=True)
class StudioDay:
    on: date
    cells: Sequence[tuple[Lane, Sequence[StudioRow]]]

    @property
    def is_empty(self) -> bool:
        return not any(rows for _lane, rows in self.cells)


@dataclass(frozen=True, slots=True)
class StudioWeek:
    lanes: Sequence[Lane]
    days: Sequence[StudioDay]
    rows: Sequence[StudioRow]

    @property
    def at_risk(self) -> list[StudioRow]:
        return [row for row in self.rows if row.is_at_risk]


def read_week(venue: Venue, first: date, by: By, now: datetime) -> StudioWeek:
    """Also drafts and what was called off; a constant number of queries."""
    start, end = begin_of(first, venue), begin_of(first + timedelta(days=DAYS), venue)
    rows = sessions_in_detail().filter(venue=venue, starts_at__gte=start, starts_at__lt=end)
    found = make_studio_rows(list(rows.order_by("starts_at", "pk")), now)
    lanes = _list_studios(venue, found) if by == By.STUDIO else _list_teachers(venue, found)
    dates = [first + timedelta(days=number) for number in range(DAYS)]
    return StudioWeek(lanes, [_make_day(on, lanes, found, by) for on in dates], found)


def _make_day(on: date, lanes: Sequence[Lane], rows: Iterable[StudioRow], by: By) -> StudioDay:
    todays = [row for row in rows if row.session.local_start.date() == on]
    keyed = [(_key_of(row.session, by), row) for row in todays]
    return StudioDay(on, [(lane, [row for key, row in keyed if key == lane.key]) for lane in lanes])


def _key_of(session: Session, by: By) -> str:
    if by == By.TEACHER:
        return str(session.facilitator_id)
    return session.place.kind if session.place.kind in LANES else str(session.place_id)


def _list_studios(venue: Venue, rows: Sequence[StudioRow]) -> list[Lane]:
    """All rooms, and what is online or elsewhere if there is any."""
    rooms = Studio.objects.filter(venue=venue, kind=PlaceKind.STUDIO).order_by("name", "pk")
    used = {row.session.place.kind for row in rows}
    lanes = [Lane(str(room.pk), room.name) for room in rooms]
    return lanes + [Lane(kind.value, kind.label) for kind in LANES if kind in used]


def _list_teachers(venue: Venue, rows: Sequence[StudioRow]) -> list[Lane]:
    """Who teaches this week, and others who might as far as there is room."""
    teaching = {row.session.facilitator_id: row.session.facilitator for row in rows}
    others = Facilitator.objects.at_work().filter(venue=venue).exclude(pk__in=teaching)
    more = list(others.order_by("name", "pk")[: max(MOST_LANES - len(teaching), 0)])
    people = sorted([*teaching.values(), *more], key=lambda each: (each.name, each.pk))
    return [Lane(str(each.pk), each.name) for each in people]


def make_studio_rows(sessions: Sequence[Session], now: datetime) -> list[StudioRow]:
    """Read by ``sessions_in_detail``; two queries."""
    booked, waiting = count_booked(sessions), count_waiting(sessions)
    return [
        StudioRow(session, booked.get(session.pk, 0), waiting.get(session.pk, 0), _needed(session), now)
        for session in sessions
    ]


def _needed(session: Session) -> int:
    if session.class_type_id is None:
        return 0
    return find_rules(session.venue_id, session.class_type_id, catalog_of(session.venue)).min_attendance


def count_waiting(sessions: Sequence[Session]) -> dict[int, int]:
    """People in line, by session; one query."""
    keys: dict[Key, int] = {key_of_session(session): session.pk for session in sessions}
    if not keys:
        return {}
    days = [key[1] for key in keys]
    rows = WaitlistEntry.objects.active().filter(
        resource__in={key[0] for key in keys}, preferred_on__range=(min(days), max(days))
    )
    columns = ("resource", "preferred_on", "earliest_time", "fold", "duration")
    sums = rows.order_by().values_list(*columns).annotate(people=Sum("party_size"))
    return {keys[key]: people for *wish, people in sums if (key := tuple(wish)) in keys}
