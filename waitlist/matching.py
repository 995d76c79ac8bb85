from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from itertools import chain
from typing import NamedTuple

from common.clock import epoch_minute, epoch_seconds
from common.clock import now as clock_now
from reservations.availability import FreeRanges, Moment, Wish, rows_touching
from reservations.domain.extensions import title_at
from reservations.domain.lines import Line
from reservations.domain.own_times import list_own_times
from reservations.domain.values import Customer
from reservations.domain.writing import block_leaves
from reservations.policies import Booker, Violation, people_violation
from resources.bookables import Bookable, Catalog
from resources.catalog import catalog
from resources.stays import end_of, longest_of
from resources.team import TEAM
from scheduling.load import full_spans
from scheduling.reasons import Reason
from scheduling.spans import covers, merge, overlaps
from scheduling.zones import day_span, from_minute, local_minute
from waitlist.models import WaitlistEntry

Declined = frozenset[tuple[int, int]]
"""Resource ids with starts (UTC minutes)."""
Row = tuple[int, int, int, bool]


@dataclass(frozen=True, slots=True)
class FreeTime:
    """UTC minutes."""

    bookable: Bookable
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class NothingFree:
    """``ask_again``: the UTC minute from which on there may be something although nothing came free."""

    reason: Reason
    ask_again: int | None = None


class FreedSpan(NamedTuple):
    """UTC minutes, buffers included."""

    leaf: int
    start: int
    end: int


@dataclass(slots=True)
class _Window:
    """What is occupied of a leaf between two UTC minutes."""

    leaf: int
    start: int
    end: int
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class _Day:
    """A local date: what is occupied by leaf, and the free starts that were worked out from it."""

    start: int
    end: int
    windows: dict[int, _Window] = field(default_factory=dict)
    free: dict[tuple[int, int, int], list[range]] = field(default_factory=dict)


class Outlook:
    """What a venue could offer at one moment: asked of the database once, whoever is asked then."""

    def __init__(self, venue_catalog: Catalog, *, now: datetime) -> None:
        self.catalog = venue_catalog
        self.moment = Moment(epoch_minute(now), epoch_seconds(clock_now()))
        self._zone = str(venue_catalog.zone)
        self._days: dict[date, _Day] = {}
        self._freed: list[_Window] = []
        self._is_freed_time_left: bool | None = None

    def read(self, days: Iterable[tuple[Bookable, date]], freed: Iterable[FreedSpan] = ()) -> None:
        """In one query, so that nobody sees more come free than those before them in the queue did."""
        for bookable, on in days:
            self._add_windows(bookable, on)
        self._freed, self._is_freed_time_left = [_Window(*span) for span in freed], None
        windows = [window for day in self._days.values() for window in day.windows.values()] + self._freed
        places = [(window.leaf, window.start, window.end) for window in windows]
        busy = rows_touching(places, now_seconds=self.moment.seconds)
        for number, window in enumerate(windows):
            window.rows = list(busy.get(number, ()))

    def _add_windows(self, bookable: Bookable, on: date) -> None:
        day = self._days.get(on) or self._days.setdefault(on, _Day(*day_span(on, self._zone)))
        rules = bookable.slot_rules
        start = day.start - rules.buffer_before
        end = day.end + longest_of(bookable, rules.max_duration) + rules.buffer_after
        for leaf in bookable.leaves:
            window = day.windows.setdefault(leaf.id, _Window(leaf.id, start, end))
            window.start, window.end = min(window.start, start), max(window.end, end)

    def take(self, free_time: FreeTime, party_size: int) -> None:
        """Somebody has been given this time."""
        bookable = free_time.bookable
        line = Line(bookable, bookable.units_for(party_size))
        for leaf, (b0, b1, units) in block_leaves([line], free_time.start, free_time.end).items():
            row = (b0, b1, units, True)
            for day in self._days.values():
                if leaf in day.windows and _reaches(day.windows[leaf], row):
                    day.windows[leaf].rows.append(row)
                    day.free.clear()
            for window in self._freed:
                if window.leaf == leaf and _reaches(window, row):
                    window.rows.append(row)
                    self._is_freed_time_left = None

    def has_freed_time_left(self) -> bool:
        """Whether anybody could have some of what came free."""
        if self._is_freed_time_left is None:
            self._is_freed_time_left = any(not self._is_full(window) for window in self._freed)
        return self._is_freed_time_left

    def _is_full(self, window: _Window) -> bool:
        leaf = self.catalog.bookables.get(window.leaf)
        rows = [(b0, b1, units) for b0, b1, units, _is_hold in window.rows]
        return leaf is not None and covers(full_spans(rows, leaf.limit, 1), window.start, window.end)

    def find_free_time(
        self, entry: WaitlistEntry, declined: Declined = frozenset()
    ) -> FreeTime | NothingFree:
        """The earliest time at the first resource with one, else why there is none; skips ``declined``."""
        members = list_serving_resources(entry, self.catalog)
        if not members:
            return NothingFree(Reason.INACTIVE)
        booker = _booker_of(entry, self.catalog)
        answers: list[NothingFree] = []
        for member in members:
            answer = self._ask(entry, member, booker, declined)
            if isinstance(answer, FreeTime):
                return answer
            answers.append(answer)
        again = [answer.ask_again for answer in answers if answer.ask_again is not None]
        return NothingFree(answers[0].reason, min(again, default=None))

    def _ask(
        self, entry: WaitlistEntry, member: Bookable, booker: Booker, declined: Declined
    ) -> FreeTime | NothingFree:
        if obstacle := people_violation(member, booker, entry.party_size):
            return NothingFree(obstacle.reason)
        day = self._day_of(entry)
        free = self._find_ranges(entry, member, day)
        wanted = _list_wanted(entry, member, free, declined)
        if (first := next(wanted, None)) is None:
            return NothingFree(Reason.TAKEN, self._when_in_reach(entry, member, day, declined))
        if not member.customer_rules.one_at_a_time:
            return first
        # Read only now: few of a long queue come as far as this.
        person = Customer(entry.customer, email=entry.customer_email)
        own_times = merge(list_own_times(person, entry.venue_id, day.start, day.end + entry.duration))
        for at in chain([first], wanted):
            if not overlaps(own_times, at.start, at.end):
                return at
        # What they have elsewhere may end at any time, and nobody says so here.
        return NothingFree(Reason.ALREADY_BOOKED_THEN, self.moment.minute)

    def _day_of(self, entry: WaitlistEntry) -> _Day:
        return self._days[entry.preferred_on]

    def _find_ranges(self, entry: WaitlistEntry, member: Bookable, day: _Day) -> list[range]:
        """Shared by all who want as long a time and as many units."""
        key = member.id, entry.duration, member.units_for(entry.party_size)
        if key not in day.free:
            day.free[key] = self._work_out(entry, member, day, day.start)
        return day.free[key]

    def _work_out(self, entry: WaitlistEntry, member: Bookable, day: _Day, start: int) -> list[range]:
        busy = {leaf.id: day.windows[leaf.id].rows for leaf in member.leaves}
        wish = Wish(entry.duration, entry.party_size)
        return FreeRanges(busy, self.moment.minute).find(member, wish, start, day.end)

    def _when_in_reach(
        self, entry: WaitlistEntry, member: Bookable, day: _Day, declined: Declined
    ) -> int | None:
        """When the first time that is free, but too far ahead, can be booked."""
        advance = member.slot_rules.max_advance
        first_beyond = max(self.moment.minute + (advance or 0) + 1, day.start)
        if advance is None or first_beyond >= day.end:
            return None
        at_any_time = replace(member, slot_rules=replace(member.slot_rules, max_advance=None))
        free = self._work_out(entry, at_any_time, day, first_beyond)
        found = next(_list_wanted(entry, at_any_time, free, declined), None)
        return None if found is None else found.start - advance


def _reaches(window: _Window, row: Row) -> bool:
    return row[0] < window.end and row[1] > window.start


def find_free_time(
    entry: WaitlistEntry, *, now: datetime, declined: Declined = frozenset()
) -> FreeTime | NothingFree:
    """``Outlook.find_free_time`` for a single entry."""
    outlook = Outlook(catalog(entry.venue_id), now=now)
    outlook.read(list_days([entry], outlook.catalog))
    return outlook.find_free_time(entry, declined)


def find_bar(entry: WaitlistEntry) -> Violation | None:
    """The rule because of which nothing will be offered to this person, whatever comes free."""
    venue_catalog = catalog(entry.venue_id)
    booker = _booker_of(entry, venue_catalog)
    members = list_serving_resources(entry, venue_catalog)
    violations = [people_violation(member, booker, entry.party_size) for member in members]
    return None if None in violations else next(iter(violations), None)


def _booker_of(entry: WaitlistEntry, venue_catalog: Catalog) -> Booker:
    if entry.customer is None:
        return Booker()
    # The venue's people lie beside its configuration: a long queue asks nobody else about them.
    is_member = entry.customer.is_superuser or entry.customer.pk in venue_catalog.part(TEAM).roles
    return Booker(is_signed_in=True, is_member=is_member)


def list_serving_resources(entry: WaitlistEntry, venue_catalog: Catalog) -> list[Bookable]:
    """The active resources that would do, in the group's order."""
    if entry.resource_id is not None:
        bookable = venue_catalog.bookables.get(entry.resource_id)
        return [bookable] if bookable and bookable.is_active else []
    group = venue_catalog.groups.get(entry.group_id or 0)
    ids = group.member_ids if group and group.is_active else ()
    return [
        venue_catalog.bookables[member_id]
        for member_id in ids
        if venue_catalog.bookables[member_id].is_active
    ]


def list_days(entries: Iterable[WaitlistEntry], venue_catalog: Catalog) -> Iterator[tuple[Bookable, date]]:
    """What has to be known to ask them: each resource that would do with the date."""
    queues = {(entry.resource_id, entry.group_id, entry.preferred_on): entry for entry in entries}
    for (_resource_id, _group_id, on), entry in queues.items():
        for bookable in list_serving_resources(entry, venue_catalog):
            yield bookable, on


def _list_wanted(
    entry: WaitlistEntry, member: Bookable, free: Iterable[range], declined: Declined
) -> Iterator[FreeTime]:
    for minute in chain.from_iterable(free):
        if _is_wanted(entry, member, minute, declined):
            yield FreeTime(member, minute, end_of(member, minute, entry.duration))


def _is_wanted(entry: WaitlistEntry, bookable: Bookable, start: int, declined: Declined) -> bool:
    minute = local_minute(start, str(bookable.zone)) % 1440
    local_start = time(minute // 60, minute % 60)
    is_late_enough = entry.earliest_time is None or local_start >= entry.earliest_time
    is_early_enough = entry.latest_time is None or local_start <= entry.latest_time
    is_meant = entry.fold is None or from_minute(start, str(bookable.zone)).fold == entry.fold
    return is_late_enough and is_early_enough and is_meant and (bookable.id, start) not in declined


def find_title(entry: WaitlistEntry) -> str:
    """What a product calls that for which somebody waits, if that is one certain time of it."""
    bookable = catalog(entry.venue_id).bookables.get(entry.resource_id or 0)
    if bookable is None or not bookable.extension or entry.earliest_time != entry.latest_time:
        return ""
    if entry.earliest_time is None:
        return ""
    local = datetime.combine(
        entry.preferred_on, entry.earliest_time.replace(fold=entry.fold or 0), bookable.zone
    )
    start = epoch_minute(local)
    return title_at(bookable, start, start + entry.duration)
