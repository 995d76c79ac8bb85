"""Whom what came free may concern: never too few, and of a long queue not many more."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time, timedelta
from functools import reduce
from operator import or_

from django.db.models import Q

from resources.bookables import Bookable, Catalog
from resources.stays import longest_of
from scheduling.zones import day_span, from_minute
from waitlist.matching import FreedSpan, list_serving_resources
from waitlist.models import WaitlistEntry
from waitlist.querysets import WaitlistQuerySet

SLACK = 120
"""Minutes by which clocks may have been changed on a day."""
MOST_DATES = 10
"""With more of them, as with lodging, times of day are not looked at in the database."""
Bounds = tuple[time | None, time | None]


class Concern:
    def __init__(self, venue_catalog: Catalog, freed: Sequence[FreedSpan]) -> None:
        self._catalog, self._freed = venue_catalog, freed
        self._zone = str(venue_catalog.zone)
        self._bookables = _list_bookables(venue_catalog, {span.leaf for span in freed})
        ids = {bookable.id for bookable in self._bookables}
        self._groups = [
            group for group in venue_catalog.groups.values() if ids.intersection(group.member_ids)
        ]
        self._dates = self._find_dates()
        self._freed_by_leaf: dict[int, list[FreedSpan]] = defaultdict(list)
        for span in freed:
            self._freed_by_leaf[span.leaf].append(span)

    def list_days(self) -> Iterator[tuple[Bookable, date]]:
        """What has to be known to ask them: each resource that would do with each date."""
        ids = {bookable.id for bookable in self._bookables}
        ids = ids.union(*(group.member_ids for group in self._groups))
        for bookable_id in ids:
            for on in self._dates:
                yield self._catalog.bookables[bookable_id], on

    def narrow(self, entries: WaitlistQuerySet) -> WaitlistQuerySet:
        wants_it = Q(resource__in=[bookable.id for bookable in self._bookables])
        wants_it |= Q(group__in=[group.id for group in self._groups])
        return entries.filter(wants_it, self._on_its_dates())

    def _on_its_dates(self) -> Q:
        if len(self._dates) > MOST_DATES:
            return Q(preferred_on__range=(min(self._dates), max(self._dates)))
        return reduce(or_, map(_on_date, self._dates.items()), Q(pk__in=()))

    def _find_dates(self) -> dict[date, Bounds]:
        """The local dates on which something that needs it may start, and from when until when it does."""
        if not self._bookables:
            return {}
        before = max(_reach_before(bookable, None) for bookable in self._bookables)
        after = max(bookable.slot_rules.buffer_before for bookable in self._bookables)
        dates: dict[date, Bounds] = {}
        for span in self._freed:
            first, last = span.start - before - SLACK, span.end + after + SLACK
            for on in _list_dates(first, last, self._zone):
                bounds = self._bounds_on(on, first, last)
                dates[on] = _widen(dates[on], bounds) if on in dates else bounds
        return dates

    def _bounds_on(self, on: date, first: int, last: int) -> Bounds:
        start, end = day_span(on, self._zone)
        return (
            None if first <= start else _time_of_day(first, self._zone),
            None if last >= end else _time_of_day(last, self._zone),
        )

    def includes(self, entry: WaitlistEntry) -> bool:
        """Whether any start that they want would need some of it."""
        start, end = day_span(entry.preferred_on, self._zone)
        first = start if entry.earliest_time is None else start + _minutes(entry.earliest_time) - SLACK
        last = end if entry.latest_time is None else start + _minutes(entry.latest_time) + SLACK
        return any(
            first - bookable.slot_rules.buffer_before < span.end
            and last + _reach_before(bookable, entry.duration) > span.start
            for bookable in list_serving_resources(entry, self._catalog)
            for leaf in bookable.leaves
            for span in self._freed_by_leaf.get(leaf.id, ())
        )


def _list_bookables(venue_catalog: Catalog, leaf_ids: set[int]) -> list[Bookable]:
    return [
        bookable
        for bookable in venue_catalog.bookables.values()
        if bookable.is_active and any(leaf.id in leaf_ids for leaf in bookable.leaves)
    ]


def _reach_before(bookable: Bookable, duration: int | None) -> int:
    """How long before a minute somebody may start who still needs it; with None, of any length."""
    rules = bookable.slot_rules
    return longest_of(bookable, rules.max_duration if duration is None else duration) + rules.buffer_after


def _list_dates(first: int, last: int, zone: str) -> Iterable[date]:
    day, end = from_minute(first, zone).date(), from_minute(last, zone).date()
    while day <= end:
        yield day
        day += timedelta(days=1)


def _widen(known: Bounds, more: Bounds) -> Bounds:
    (first, last), (other_first, other_last) = known, more
    return (
        None if first is None or other_first is None else min(first, other_first),
        None if last is None or other_last is None else max(last, other_last),
    )


def _on_date(item: tuple[date, Bounds]) -> Q:
    on, (first, last) = item
    wanted = Q(preferred_on=on)
    if first is not None:
        wanted &= Q(latest_time=None) | Q(latest_time__gte=first)
    if last is not None:
        wanted &= Q(earliest_time=None) | Q(earliest_time__lte=last)
    return wanted


def _time_of_day(minute: int, zone: str) -> time:
    return from_minute(minute, zone).time()


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute
