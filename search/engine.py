"""Finding a time over everything that can be booked: things, and groups of which any one will do.

Candidates come from the database once; then one query reads what is booked, and a few more look for the
next time of those that are not free. How many there are does not depend on how many things there are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from reservations.availability import (
    FIRST_HORIZON,
    BusyByLeaf,
    Moment,
    Wish,
    busy_for,
    ranges_within,
)
from reservations.domain.pricing import price_at
from reservations.policies import Booker, Violation, people_violation, violation
from resources.catalog import catalogs
from resources.facts import Bookable, Catalog
from resources.models import Resource, ResourceGroup, Venue
from resources.stays import length_in_words
from scheduling.reasons import Reason
from scheduling.zones import from_minute
from search.times import HORIZON, bookers
from search.windows import Window, day_before_night, starts_within

if TYPE_CHECKING:
    from accounts.models import User

SHOWN_DAYS, SHOWN_TIMES = 2, 8
UNFIT = frozenset(
    {
        Reason.TOO_SHORT,
        Reason.TOO_LONG,
        Reason.OFF_STEP,
        Reason.PARTY_TOO_LARGE,
        Reason.PARTY_TOO_SMALL,
        Reason.INACTIVE,
    }
)
"""Reasons that say: this is not meant for such a booking, whoever asks and whenever."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for; ``duration`` in minutes, and None for what is usual at each place."""

    window: Window
    duration: int | None = None
    party_size: int | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A resource, or a group with its members; one wish for whichever of them."""

    row: Resource | ResourceGroup
    members: tuple[Bookable, ...]
    wish: Wish

    @property
    def obstacle(self) -> Violation | None:
        """What stands in the way of all members at any time: the first one's."""
        found = [_obstacle(each, self.wish) for each in self.members]
        return found[0] if all(found) else None

    @property
    def fitting(self) -> list[Bookable]:
        """Members that suit such a booking; all of them when none does."""
        return [each for each in self.members if _obstacle(each, self.wish) is None] or list(self.members)

    def ranges(self, busy: BusyByLeaf, start: int, end: int, now: int) -> list[range]:
        return [
            each
            for member in self.members
            for each in ranges_within(member, self.wish, busy, start=start, end=end, now=now)
        ]


def _obstacle(bookable: Bookable, wish: Wish) -> Violation | None:
    reason = bookable.slot_rules.refuses_duration(wish.duration)
    if reason:
        return violation(reason)
    return people_violation(bookable, wish.booker, wish.party_size)


@dataclass(frozen=True, slots=True)
class DayOfTimes:
    """Some free times of one local day, and how many more there are."""

    on: date
    times: tuple[datetime, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate with its free starts in the window (UTC minutes), else the next one after now.

    ``starts`` come in the order in which people look: of a day to come, its night last.
    """

    candidate: Candidate
    starts: tuple[int, ...] = ()
    later: int | None = None
    obstacle: Violation | None = None

    @property
    def row(self) -> Resource | ResourceGroup:
        return self.candidate.row

    @property
    def is_group(self) -> bool:
        return isinstance(self.row, ResourceGroup)

    @property
    def venue(self) -> Venue:
        return self.row.venue

    @property
    def zone(self) -> str:
        return str(self.candidate.members[0].zone)

    @property
    def currency(self) -> str:
        return self.candidate.members[0].currency

    @property
    def duration(self) -> int:
        return self.candidate.wish.duration

    @property
    def length(self) -> str:
        return length_in_words(self.candidate.members[0], self.duration)

    @property
    def party_size(self) -> int:
        return self.candidate.wish.party_size

    @property
    def capacity(self) -> int:
        return max(each.customer_rules.max_party_size for each in self.candidate.members)

    @property
    def first(self) -> int | None:
        """The earliest free start, in the window or after it."""
        return self.starts[0] if self.starts else self.later

    @property
    def first_start(self) -> datetime | None:
        return None if self.first is None else from_minute(self.first, self.zone)

    @property
    def first_end(self) -> datetime | None:
        return None if self.first is None else from_minute(self.first + self.duration, self.zone)

    @property
    def price(self) -> Decimal | None:
        """At the first free start; of a group, the cheapest member's."""
        if self.first is None:
            return None
        return min(self._prices(self.first))

    @property
    def price_varies(self) -> bool:
        """Whether other members of the group may cost more."""
        return self.first is not None and len(self._prices(self.first)) > 1

    def _prices(self, start: int) -> set[Decimal]:
        candidate = self.candidate
        return {price_at(each, candidate.wish, start) for each in candidate.fitting}

    def days(self) -> list[DayOfTimes]:
        """The first times of the first days, few enough to be taken in at a glance."""
        local = [from_minute(each, self.zone) for each in self.starts]
        days = [(on, tuple(times)) for on, times in groupby(local, key=lambda at: at.date())]
        shown = SHOWN_TIMES if len(days) == 1 else SHOWN_TIMES // 2
        return [DayOfTimes(on, times[:shown], max(len(times) - shown, 0)) for on, times in days[:SHOWN_DAYS]]


def find(
    rows: Sequence[Resource | ResourceGroup],
    asked: Asked,
    user: "User | AnonymousUser",
    moment: Moment,
    *,
    with_next: bool = True,
) -> list[Found]:
    """Every row with its free starts; ``with_next`` False leaves out when the others are free again."""
    venue_ids = sorted({row.venue_id for row in rows})
    candidates = _candidates(rows, asked, catalogs(venue_ids), bookers(user, venue_ids))
    obstacles = [each.obstacle for each in candidates]
    open_ones = [each for each, found in zip(candidates, obstacles, strict=True) if found is None]
    starts = _starts(open_ones, asked.window, moment)
    full = [each for each in open_ones if not starts[id(each)]]
    later = _next_starts(full, asked.window, moment) if with_next else {}
    return [
        Found(each, tuple(starts.get(id(each), ())), later.get(id(each)), obstacle)
        for each, obstacle in zip(candidates, obstacles, strict=True)
    ]


def _candidates(
    rows: Iterable[Resource | ResourceGroup],
    asked: Asked,
    known: dict[int, Catalog],
    booker_at: dict[int, Booker],
) -> list[Candidate]:
    found = (_candidate(row, asked, known[row.venue_id], booker_at[row.venue_id]) for row in rows)
    return [each for each in found if each]


def _candidate(
    row: Resource | ResourceGroup, asked: Asked, known: Catalog, booker: Booker
) -> Candidate | None:
    """None for what was deleted a moment ago, and for a group of nothing."""
    if isinstance(row, Resource):
        ids: tuple[int, ...] = (row.pk,)
    else:
        ids = known.groups[row.pk].member_ids if row.pk in known.groups else ()
    members = tuple(known.bookables[each] for each in ids if each in known.bookables)
    if not members:
        return None
    rules = members[0].customer_rules
    wish = Wish(
        asked.duration or rules.default_duration, asked.party_size or rules.min_party_size, booker=booker
    )
    return Candidate(row, members, wish)


def _members(candidates: Iterable[Candidate]) -> list[Bookable]:
    return list({each.id: each for candidate in candidates for each in candidate.members}.values())


def _starts(candidates: Sequence[Candidate], window: Window, moment: Moment) -> dict[int, list[int]]:
    """Free starts within the window by ``id()`` of the candidate; one query for all."""
    if not candidates:
        return {}
    zones = {str(each.members[0].zone) for each in candidates}
    spans = {zone: window.spans(zone, moment.minute) for zone in zones}
    edges = [edge for found in spans.values() for span in found for edge in span]
    if not edges:
        return {id(each): [] for each in candidates}
    start, end = min(edges), max(edges)
    longest = max(each.wish.duration for each in candidates)
    busy = busy_for(_members(candidates), start, end, moment, duration=longest)
    found = {
        id(each): starts_within(
            each.ranges(busy, start, end, moment.minute), spans[str(each.members[0].zone)]
        )
        for each in candidates
    }
    if not window.is_whole_days:
        return found
    return {id(each): _as_looked_for(found[id(each)], each, window, moment) for each in candidates}


def _as_looked_for(starts: list[int], candidate: Candidate, window: Window, moment: Moment) -> list[int]:
    """From now on, the soonest first; on days to come, the night's starts after those of the day."""
    zone = str(candidate.members[0].zone)
    if window.first <= today_in(zone, moment):
        return starts
    return day_before_night(starts, window, zone)


def _next_starts(candidates: Sequence[Candidate], window: Window, moment: Moment) -> dict[int, int]:
    """The first free start from the window's first day on, at any time of day, by ``id()``.

    Looks a little ahead, then twice as far for those still without an answer.
    """
    found: dict[int, int] = {}
    left = list(candidates)
    zones = {str(each.members[0].zone) for each in candidates}
    begins = {zone: max(window.around(zone)[0], moment.minute) for zone in zones}
    begin, step = min(begins.values(), default=0), FIRST_HORIZON
    until = begin + HORIZON
    while left and begin < until:
        end = min(begin + step, until)
        busy = busy_for(_members(left), begin, end, moment, duration=max(each.wish.duration for each in left))
        for each in left:
            own = max(begin, begins[str(each.members[0].zone)])
            ranges = each.ranges(busy, own, end, moment.minute)
            if ranges:
                found[id(each)] = min(each.start for each in ranges)
        left = [each for each in left if id(each) not in found]
        begin, step = end, step * 2
    return found


def today_in(zone: str, moment: Moment) -> date:
    return from_minute(moment.minute, zone).date()


def days_until_sunday(on: date) -> int:
    """How many days the rest of the week has, the day itself included."""
    return 7 - on.weekday()


def coming(weekday: int, today: date) -> date:
    """The next such day, today included."""
    return today + timedelta(days=(weekday - today.weekday()) % 7)
