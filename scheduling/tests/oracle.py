"""The meaning of hours and rules, minute by minute: slow, obvious, and independent of the engine.

It uses the engine's input types, and nothing of its algebra, its zones or its caches.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from ..hours import OpeningPlan, Override, WeeklyHours
from ..load import Busy
from ..slots import SlotRules

ONE_DAY = timedelta(days=1)
LOOK_BACK = 27 * 60  # a window of 24 hours that began earlier, on a day of 25, is over by now
Source = tuple[str, int, date]
"""What opens an instant: the kind of window, its place in the plan, the date it starts on."""


@dataclass(frozen=True)
class Wall:
    """What the wall clock shows at one instant."""

    day: date
    minute: int

    def within(self, start: int, end: int, first: date) -> bool:
        """Whether it is within a window of minutes that starts on the date `first`."""
        since = (self.day - first).days * 1440 + self.minute
        return start <= since < end


def wall(minute: int, zone: str) -> Wall:
    """The wall clock at a UTC minute."""
    shown = datetime.fromtimestamp(minute * 60, UTC).astimezone(ZoneInfo(zone))
    return Wall(shown.date(), shown.hour * 60 + shown.minute)


def sources_at(plan: OpeningPlan, minute: int) -> set[Source]:
    """The windows that keep the plan open at a UTC minute; none when it is closed."""
    now = wall(minute, plan.zone)
    decision = _decision(plan, now)
    if decision == "closed":
        return set()
    weekly = _weekly_sources(plan, now)
    return weekly | _timed_openings(plan, now) if decision == "open" else weekly


def is_open(plan: OpeningPlan, minute: int) -> bool:
    """The definition itself: the first that speaks decides."""
    now = wall(minute, plan.zone)
    decision = _decision(plan, now)
    return decision == "open" or (decision == "weekly" and bool(_weekly_sources(plan, now)))


def _decision(plan: OpeningPlan, now: Wall) -> str:
    for resource in (True, False):
        said = [o for o in plan.overrides if o.resource == resource]
        timed = [o.is_open for o in said if _timed_covers(o, now)]
        if timed:
            return "open" if all(timed) else "closed"
        whole = [o.is_open for o in said if _whole_day(o, now.day)]
        if whole:
            return "weekly" if all(whole) else "closed"
    return "closed" if now.day in plan.holidays else "weekly"


def _timed_covers(override: Override, now: Wall) -> bool:
    return any(_timed_on(override, now, first) for first in (now.day, now.day - ONE_DAY))


def _timed_on(override: Override, now: Wall, first: date) -> bool:
    if override.start is None or override.end is None:
        return False
    in_range = override.first_on <= first <= override.last_on
    return in_range and now.within(override.start, override.end, first)


def _whole_day(override: Override, day: date) -> bool:
    return override.start is None and override.first_on <= day <= override.last_on


def _timed_openings(plan: OpeningPlan, now: Wall) -> set[Source]:
    return {
        ("timed", place, first)
        for place, override in enumerate(plan.overrides)
        for first in (now.day, now.day - ONE_DAY)
        if override.is_open and _timed_on(override, now, first)
    }


def _weekly_sources(plan: OpeningPlan, now: Wall) -> set[Source]:
    found: set[Source] = set()
    if any(_row_covers(row, now) for row in plan.resource_hours if not row.is_available):
        return found
    venue_break = any(_row_covers(row, now) for row in plan.venue_hours if not row.is_available)
    for first in (now.day, now.day - ONE_DAY):
        if _day_closed(plan, first):
            continue
        own = any(row.is_available and _valid(row, first) for row in plan.resource_hours)
        if not own and venue_break:
            continue
        for place, row in enumerate(plan.resource_hours if own else plan.venue_hours):
            if row.is_available and _row_on(row, now, first):
                found.add(("resource" if own else "venue", place, first))
    return found


def _row_covers(row: WeeklyHours, now: Wall) -> bool:
    return any(_row_on(row, now, first) for first in (now.day, now.day - ONE_DAY))


def _row_on(row: WeeklyHours, now: Wall, first: date) -> bool:
    starts = row.weekday == first.weekday() and _valid(row, first)
    return starts and now.within(row.start, row.end, first)


def _valid(row: WeeklyHours, first: date) -> bool:
    return (row.valid_from or date.min) <= first <= (row.valid_until or date.max)


def _day_closed(plan: OpeningPlan, day: date) -> bool:
    for resource in (True, False):
        whole = [o.is_open for o in plan.overrides if o.resource == resource and _whole_day(o, day)]
        if whole:
            return not all(whole)
    return day in plan.holidays


class Oracle:
    """Answers for the starts in ``[start, end)`` and bookings that end by `until`."""

    def __init__(self, plan: OpeningPlan, start: int, end: int, until: int) -> None:
        self.plan = plan
        self.start = start
        self.end = end
        self.until = until

    @cached_property
    def sources(self) -> dict[int, set[Source]]:
        """What opens each minute, from early enough to know where every piece began."""
        walked = range(self.start - LOOK_BACK, self.until)
        return {minute: sources_at(self.plan, minute) for minute in walked}

    @cached_property
    def anchors(self) -> dict[int, set[int]]:
        """For each minute, where the unbroken runs of the windows over it began."""
        began: dict[Source, int] = {}
        found = {}
        for minute, sources in self.sources.items():
            began = {source: began.get(source, minute) for source in sources}
            found[minute] = set(began.values())
        return found

    def longest_at(self, minute: int) -> int:
        """The longest booking that windows over the minute allow."""
        limits = [self._row(source).max_duration for source in self._rows_at(minute)]
        return min((limit for limit in limits if limit is not None), default=1 << 30)

    def _rows_at(self, minute: int) -> list[Source]:
        return [source for source in self.sources[minute] if source[0] != "timed"]

    def _row(self, source: Source) -> WeeklyHours:
        kind, place, _ = source
        return (self.plan.resource_hours if kind == "resource" else self.plan.venue_hours)[place]

    def offers(self, rules: SlotRules, duration: int, load: LoadByMinute, room: int, now: int) -> set[int]:
        """Every start that can be booked: the rules, read aloud."""
        if not rules.min_duration <= duration <= rules.max_duration:
            return set()
        if (duration - rules.min_duration) % (rules.length_step or rules.slot_step) != 0:
            return set()
        occupied = duration if rules.occupies_first is None else min(rules.occupies_first, duration)
        bookable = [self._may_serve(minute, duration) for minute in self.sources]
        bearable = [load.at(minute) <= room for minute in load.minutes]
        return {
            start
            for start in range(self.start, self.end)
            if start >= now + rules.min_notice
            and (rules.max_advance is None or start <= now + rules.max_advance)
            and any((start - anchor) % rules.slot_step == 0 for anchor in self.anchors[start])
            and _all(bookable, start - self.start + LOOK_BACK, duration)
            and _all(
                bearable,
                start - rules.buffer_before - load.minutes.start,
                occupied + rules.buffer_before + rules.buffer_after,
            )
        }

    def _may_serve(self, minute: int, duration: int) -> bool:
        return bool(self.sources[minute]) and duration <= self.longest_at(minute)


def _all(flags: list[bool], first: int, length: int) -> bool:
    return all(flags[first : first + length])


class LoadByMinute:
    """Units in use at every minute, counted one by one."""

    def __init__(self, rows: Iterable[Busy], minutes: range) -> None:
        self.minutes = minutes
        self.used = dict.fromkeys(minutes, 0)
        for b0, b1, units in rows:
            for minute in range(max(b0, minutes.start), min(b1, minutes.stop)):
                self.used[minute] += units

    def at(self, minute: int) -> int:
        return self.used[minute]
