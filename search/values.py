from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby

from reservations.availability import Wish, is_meant_for
from reservations.domain.pricing import price_at
from reservations.policies import Booker, Violation, kind_violation, people_violation, violation
from resources.bookables import Bookable
from resources.models import Resource, ResourceGroup, Venue
from resources.stays import describe_length, is_stay
from scheduling.reasons import Reason
from scheduling.zones import from_minute, to_minute

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
"""Reasons why a place does not suit such a booking at any time."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """Minutes, people and units; None means what is usual at each place."""

    duration: int | None = None
    party_size: int | None = None
    quantity: int = 1

    def wish_for(self, bookable: Bookable, booker: Booker) -> Wish:
        rules = bookable.customer_rules
        return Wish(
            self.duration or rules.default_duration,
            self.party_size or rules.min_party_size,
            self.quantity,
            booker,
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    row: Resource | ResourceGroup
    members: tuple[Bookable, ...]
    wish: Wish

    @property
    def zone(self) -> str:
        return str(self.members[0].zone)

    @property
    def obstacle(self) -> Violation | None:
        """Why no member can be booked at any time, as the first member says it."""
        obstacles = [_find_obstacle(member, self.wish) for member in self.members]
        return obstacles[0] if all(obstacles) else None

    @property
    def people_obstacle(self) -> Violation | None:
        """Which rule about people excludes the booker from all members, as the first member says it."""
        wish = self.wish
        obstacles = [people_violation(member, wish.booker, wish.party_size) for member in self.members]
        return obstacles[0] if all(obstacles) else None

    @property
    def fitting(self) -> list[Bookable]:
        """The members that suit the wish; all of them when none does."""
        return [member for member in self.members if is_meant_for(member, self.wish)] or list(self.members)

    def prices_at(self, start: int) -> set[Decimal]:
        return {price_at(member, self.wish, start) for member in self.fitting}


def _find_obstacle(bookable: Bookable, wish: Wish) -> Violation | None:
    if found := kind_violation(bookable):
        return found
    reason = bookable.slot_rules.refuses_duration(wish.duration)
    if reason:
        return violation(reason)
    return people_violation(bookable, wish.booker, wish.party_size)


@dataclass(frozen=True, slots=True)
class DayOfTimes:
    """The free times shown of a day, and how many more there are."""

    on: date
    times: tuple[datetime, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Night:
    """A night to arrive on, with the price of the stay."""

    start: datetime
    price: Decimal


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate with its free starts in the window (UTC minutes), or the next start after it."""

    candidate: Candidate
    starts: tuple[int, ...] = ()
    next_start: int | None = None
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
        return self.candidate.zone

    @property
    def currency(self) -> str:
        return self.candidate.members[0].currency

    @property
    def duration(self) -> int:
        return self.candidate.wish.duration

    @property
    def length(self) -> str:
        return describe_length(self.candidate.members[0], self.duration)

    @property
    def is_stay(self) -> bool:
        return is_stay(self.candidate.members[0])

    @property
    def party_size(self) -> int:
        return self.candidate.wish.party_size

    @property
    def capacity(self) -> int:
        return max(member.customer_rules.max_party_size for member in self.candidate.members)

    @property
    def is_unfit(self) -> bool:
        return self.obstacle is not None and self.obstacle.reason in UNFIT

    @property
    def is_elsewhere(self) -> bool:
        """Had in another way than by booking it; its product shows how."""
        return self.obstacle is not None and self.obstacle.reason == Reason.NOT_BOOKABLE

    @property
    def first(self) -> int | None:
        return self.starts[0] if self.starts else self.next_start

    @property
    def first_start(self) -> datetime | None:
        return None if self.first is None else from_minute(self.first, self.zone)

    @property
    def price(self) -> Decimal | None:
        """At the first free start; the cheapest member's."""
        return None if self.first is None else min(self.candidate.prices_at(self.first))

    @property
    def price_varies(self) -> bool:
        return self.first is not None and len(self.candidate.prices_at(self.first)) > 1

    @property
    def local_starts(self) -> list[datetime]:
        return [from_minute(start, self.zone) for start in self.starts]

    def days(self) -> list[DayOfTimes]:
        """As many times as stand in one row of a wide screen: the first day's, and the next's with room."""
        all_days = [(on, tuple(times)) for on, times in groupby(self.local_starts, key=datetime.date)]
        days = all_days[:SHOWN_DAYS]
        second = min(len(days[1][1]), SHOWN_TIMES // 2) if len(days) > 1 else 0
        shown = []
        left = SHOWN_TIMES
        for number, (on, times) in enumerate(days):
            count = min(len(times), left if number else SHOWN_TIMES - second)
            shown.append(DayOfTimes(on, times[:count], len(times) - count))
            left -= count
        return shown

    @property
    def nights(self) -> list[Night]:
        """Of a stay: the nights on which it may begin."""
        starts = {start.date(): start for start in reversed(self.local_starts)}
        return [
            Night(starts[on], min(self.candidate.prices_at(to_minute(starts[on]))))
            for on in sorted(starts)[:SHOWN_TIMES]
        ]
