"""The time axis that days share, also on days when the clocks change. Pure; minutes.

One day is drawn as it passes: 23, 24 or 25 hours. Several days side by side share the wall clock; an hour
that one of them has twice gets room on all, and what a day does not have is a gap of that day::

    Sat   00 01 02    03 04 …      wall clock 02:00-03:00 comes twice on Sunday:
    Sun   00 01 02 02 03 04 …      the other days have a gap there
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from scheduling.spans import Span, merge, subtract
from scheduling.zones import DAY, EPOCH_LOCAL, Segment, day_span, from_minute, segments_between

STEP = 5
"""Minutes between two lines of the grid; static/css/calendar-steps.css has a class for each."""
HOUR = 60


@dataclass(frozen=True, slots=True)
class Tick:
    """A line with what the clock shows; ``offset`` from UTC only where it shows the same twice."""

    at: int
    label: str
    offset: str = ""


@dataclass(frozen=True)
class Axis:
    """``first`` and ``last``: which part is shown, minutes from midnight along the axis."""

    days: tuple[date, ...]
    zone: str
    first: int = 0
    last: int = 0

    @cached_property
    def _extra(self) -> tuple[int, int]:
        """Where the axis has more than the wall clock, and how much; of several days only."""
        if len(self.days) == 1:
            return DAY * 9, 0
        for day in self.days:
            for before, after in _changes(day, self.zone):
                if after[2] < before[2]:
                    return _shown(before, before[1], day), before[2] - after[2]
        return DAY * 9, 0

    @cached_property
    def length(self) -> int:
        """Of all of it."""
        if len(self.days) == 1:
            start, end = day_span(self.days[0], self.zone)
            return end - start
        return DAY + self._extra[1]

    def at(self, day: date, minute: int) -> int:
        """Where an instant (UTC minute) of a day stands along the whole axis; others stand at its ends."""
        start, end = day_span(day, self.zone)
        minute = min(max(minute, start), end)
        if len(self.days) == 1:
            return minute - start
        if minute == end:
            return self._end(day, end) if start < end else 0
        found, passed = _segment(day, self.zone, minute)
        at = _shown(found, minute, day)
        where, more = self._extra
        if passed or (at >= where and not _goes_back(day, self.zone)):
            at += more
        return min(max(at, 0), self.length)

    def gaps(self, day: date) -> list[Span]:
        """What of the axis the day does not have."""
        start, end = day_span(day, self.zone)
        cuts = [start, *(after[0] for _before, after in _changes(day, self.zone)), end]
        where, more = self._extra
        had = [(self.at(day, a), self._end(day, b)) for a, b in zip(cuts, cuts[1:], strict=False)]
        if more and not _goes_back(day, self.zone):
            return subtract([(0, self.length)], subtract(merge(had), [(where, where + more)]))
        return subtract([(0, self.length)], merge(had))

    def _end(self, day: date, minute: int) -> int:
        """Where a stretch ends that ends with this instant, whatever the clocks show from then on."""
        return self.at(day, minute - 1) + 1

    def part(self, edges: Sequence[int]) -> "Axis":
        """The whole hours around these places of the axis; without any, all of it."""
        if not edges:
            return Axis(self.days, self.zone, 0, self.length)
        first = max(min(*edges, self.length - 1) // HOUR * HOUR, 0)
        last = min(-(-max(edges) // HOUR) * HOUR, self.length)
        return Axis(self.days, self.zone, first, max(last, first + HOUR))

    def step(self, at: int) -> int:
        """The line of the grid at or before a place of the axis, within what is shown."""
        return (min(max(at, self.first), self.last) - self.first) // STEP

    def step_after(self, at: int) -> int:
        """The line at or after it."""
        return -(-(min(max(at, self.first), self.last) - self.first) // STEP)

    @property
    def steps(self) -> int:
        return self.step_after(self.last)

    @cached_property
    def ticks(self) -> list[Tick]:
        """A line for each hour of the clock, and where the clocks change."""
        day = max(self.days, key=lambda each: day_span(each, self.zone)[1] - day_span(each, self.zone)[0])
        shown = [(self.at(day, minute), from_minute(minute, self.zone)) for minute in _marks(day, self.zone)]
        return [
            Tick(at, f"{moment:%H:%M}", offset_of(moment))
            for at, moment in shown
            if self.first <= at < self.last
        ]


def offset_of(moment: datetime) -> str:
    """``+02:00`` for an instant whose reading the clock shows twice, else nothing."""
    twice = moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset()
    return moment.isoformat()[-6:] if twice else ""


def _changes(day: date, zone: str) -> list[tuple[Segment, Segment]]:
    """The stretches of constant offset before and after each change on the day."""
    found = segments_between(zone, *day_span(day, zone))
    return list(zip(found, found[1:], strict=False))


def _goes_back(day: date, zone: str) -> bool:
    return any(after[2] < before[2] for before, after in _changes(day, zone))


def _segment(day: date, zone: str, minute: int) -> tuple[Segment, bool]:
    """The stretch an instant lies in, and whether the clocks have gone back before it on this day."""
    found = segments_between(zone, *day_span(day, zone))
    at = next(number for number, each in enumerate(found) if minute < each[1])
    return found[at], any(after[2] < before[2] for before, after in zip(found[:at], found[1:], strict=False))


def _shown(segment: Segment, minute: int, day: date) -> int:
    """Minutes since midnight as the clock shows them."""
    return minute + segment[2] + EPOCH_LOCAL - day.toordinal() * DAY


def _marks(day: date, zone: str) -> list[int]:
    """The instants of a day at which the clock shows a full hour, or has just been changed."""
    found: list[int] = []
    for number, each in enumerate(segments_between(zone, *day_span(day, zone))):
        first = each[0] + -_shown(each, each[0], day) % HOUR
        found += [each[0]] if number and first != each[0] else []
        found += range(first, each[1], HOUR)
    return found
