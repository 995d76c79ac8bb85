"""Finding a time: what the first page and a resource's day show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.utils.functional import Promise

from common import clock
from reservations.availability import (
    DAY,
    Moment,
    Wish,
    busy_for,
    first_available,
    ranges_within,
    slots_with_reasons,
)
from reservations.domain.pricing import price_at
from reservations.policies import MESSAGES, Booker, Violation, people_violation
from resources.catalog import catalogs
from resources.facts import Bookable
from resources.models import Resource, VenueMembership
from scheduling.zones import day_span, from_minute

if TYPE_CHECKING:
    from accounts.models import User

HORIZON = 60 * DAY
"""How far ahead the next free time is looked for, minutes."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """What somebody looks for; ``duration`` in minutes, None for each resource's usual one."""

    on: date
    party_size: int = 1
    duration: int | None = None
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class SlotView:
    """One start as it is shown: local times, price, and why not when it cannot be booked."""

    start: datetime
    end: datetime
    remaining: int
    price: Decimal
    reason: str = ""
    message: str | Promise = ""

    @property
    def is_free(self) -> bool:
        return not self.reason


@dataclass(frozen=True, slots=True)
class Result:
    """One resource with its free starts on the day, else the next one; ``obstacle``: why none at all."""

    resource: Resource
    duration: int
    free: tuple[datetime, ...]
    next_free: datetime | None
    price: Decimal | None
    currency: str
    obstacle: Violation | None = None


def moment_now() -> Moment:
    """The present for rules and holds alike."""
    now = clock.now()
    return Moment(clock.epoch_minute(now), clock.epoch_seconds(now))


def bookers(user: "User | AnonymousUser", venue_ids: Sequence[int]) -> dict[int, Booker]:
    """What the rules see of the visitor at each venue; one query. On the pages staff book like anybody."""
    if not user.pk:
        return dict.fromkeys(venue_ids, Booker())
    member_of = set(VenueMembership.objects.filter(user_id=user.pk).values_list("venue_id", flat=True))
    return {
        venue_id: Booker(is_signed_in=True, is_member=user.is_superuser or venue_id in member_of)
        for venue_id in venue_ids
    }


def wish_for(bookable: Bookable, criteria: Criteria, booker: Booker) -> Wish:
    """The criteria for one resource, with its usual duration where none was asked for."""
    duration = criteria.duration or bookable.customer_rules.default_duration
    return Wish(duration, criteria.party_size, criteria.quantity, booker)


def find_times(
    resources: Sequence[Resource], criteria: Criteria, user: "User | AnonymousUser", moment: Moment
) -> list[Result]:
    """Free starts of each resource on the venue's local date, resources with free times first.

    The number of queries does not depend on the number of resources.
    """
    venue_ids = sorted({resource.venue_id for resource in resources})
    facts = {key: found for known in catalogs(venue_ids).values() for key, found in known.bookables.items()}
    booker_at = bookers(user, venue_ids)
    wishes = {
        resource.pk: wish_for(facts[resource.pk], criteria, booker_at[resource.venue_id])
        for resource in resources
    }
    chosen = [facts[resource.pk] for resource in resources]
    free = _free_on(chosen, wishes, criteria.on, moment)
    later = _next_free([each for each in chosen if not free[each.id]], wishes, criteria.on, moment)
    results = [
        _result(resource, facts[resource.pk], wishes[resource.pk], free[resource.pk], later.get(resource.pk))
        for resource in resources
    ]
    return sorted(results, key=lambda result: (not result.free, result.next_free is None))


@dataclass(frozen=True, slots=True)
class FirstTime:
    """One resource's first free time and its price."""

    resource: Resource
    start: datetime
    end: datetime
    price: Decimal
    currency: str


def first_times(
    resources: Sequence[Resource],
    criteria: Criteria,
    user: "User | AnonymousUser",
    moment: Moment,
    *,
    begin: datetime | date,
    horizon: int,
) -> list[FirstTime]:
    """Each resource's first free time within ``horizon`` minutes of ``begin``, earliest first."""
    venue_ids = sorted({resource.venue_id for resource in resources})
    facts = {key: found for known in catalogs(venue_ids).values() for key, found in known.bookables.items()}
    booker_at = bookers(user, venue_ids)
    alike: dict[tuple[Wish, int], list[Resource]] = {}
    for resource in resources:
        bookable = facts[resource.pk]
        wish = wish_for(bookable, criteria, booker_at[resource.venue_id])
        alike.setdefault((wish, _first_minute(begin, bookable, moment)), []).append(resource)
    found = []
    for (wish, start), group in alike.items():
        asked = [facts[each.pk] for each in group]
        starts = first_available(asked, wish, start=start, horizon=horizon, moment=moment)
        found += [
            _first_time(each, facts[each.pk], wish, starts[each.pk]) for each in group if each.pk in starts
        ]
    return sorted(found, key=lambda each: each.start)


def _first_minute(begin: datetime | date, bookable: Bookable, moment: Moment) -> int:
    if isinstance(begin, datetime):
        return max(clock.epoch_minute(begin), moment.minute)
    return max(day_span(begin, str(bookable.zone))[0], moment.minute)


def _first_time(resource: Resource, bookable: Bookable, wish: Wish, start: int) -> FirstTime:
    zone = str(bookable.zone)
    return FirstTime(
        resource,
        from_minute(start, zone),
        from_minute(start + wish.duration, zone),
        price_at(bookable, wish, start),
        bookable.currency,
    )


def _free_on(
    bookables: Sequence[Bookable], wishes: dict[int, Wish], on: date, moment: Moment
) -> dict[int, list[int]]:
    """Free starts on each resource's own local day; one query for all."""
    if not bookables:
        return {}
    days = {each.id: day_span(on, str(each.zone)) for each in bookables}
    start, end = min(day[0] for day in days.values()), max(day[1] for day in days.values())
    longest = max(wish.duration for wish in wishes.values())
    busy = busy_for(bookables, start, end, moment, duration=longest)
    return {
        each.id: [
            at
            for free in ranges_within(
                each, wishes[each.id], busy, start=days[each.id][0], end=days[each.id][1], now=moment.minute
            )
            for at in free
        ]
        for each in bookables
    }


def _next_free(
    bookables: Sequence[Bookable], wishes: dict[int, Wish], on: date, moment: Moment
) -> dict[int, int]:
    """The first free start after the day, by resource; those with the same wish are asked together."""
    alike: dict[Wish, list[Bookable]] = {}
    for each in bookables:
        alike.setdefault(wishes[each.id], []).append(each)
    found: dict[int, int] = {}
    for wish, group in alike.items():
        start = max(day_span(on, str(group[0].zone))[0], moment.minute)
        found |= first_available(group, wish, start=start, horizon=HORIZON, moment=moment)
    return found


def _result(
    resource: Resource, bookable: Bookable, wish: Wish, free: Sequence[int], later: int | None
) -> Result:
    zone = str(bookable.zone)
    first = free[0] if free else later
    return Result(
        resource=resource,
        duration=wish.duration,
        free=tuple(from_minute(at, zone) for at in sorted(free)),
        next_free=None if later is None else from_minute(later, zone),
        price=None if first is None else price_at(bookable, wish, first),
        currency=bookable.currency,
        obstacle=people_violation(bookable, wish.booker, wish.party_size),
    )


def day_slots(
    bookable: Bookable, wish: Wish, on: date, moment: Moment, *, but: UUID | None = None
) -> list[SlotView]:
    """Every start of the local day, free or not; ``but``: a reservation that is about to be moved."""
    zone = str(bookable.zone)
    start, end = day_span(on, zone)
    return [
        SlotView(
            start=from_minute(slot.start, zone),
            end=from_minute(slot.end, zone),
            remaining=slot.remaining,
            price=price_at(bookable, wish, slot.start),
            reason=slot.reason or "",
            message=MESSAGES[slot.reason] if slot.reason else "",
        )
        for slot in slots_with_reasons(bookable, wish, start=start, end=end, moment=moment, but=but)
    ]
