"""The time axis of a calendar, in minutes. Several days share the wall clock: an hour that one of them has
twice gets room on all, and what a day does not have is its gap::

    Sat   00 01 02    03 04 …      wall clock 02:00-03:00 comes twice on Sunday:
    Sun   00 01 02 02 03 04 …      the other days have a gap there
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from common.templatetags.holdfast import hour_text
from scheduling.spans import Span, merge, subtract
from scheduling.zones import DAY, EPOCH_LOCAL, Segment, comes_twice, day_span, from_minute, segments_between

STEP = 5
"""Minutes between two lines of the grid; static/css/calendar-steps.css has a class for each."""
HOUR = 60


@dataclass(frozen=True, slots=True)
class Tick:
    """``offset`` is the UTC offset, given only where the clock shows the same time twice."""

    at: int
    label: str
    offset: str = ""


@dataclass(frozen=True)
class Axis:
    """``first`` and ``last`` bound the part shown, in minutes along the axis."""

    days: tuple[date, ...]
    zone: str
    first: int = 0
    last: int = 0

    @cached_property
    def _extra(self) -> tuple[int, int]:
        """Where several days have a repeated hour (minutes along the axis), and its length."""
        if len(self.days) == 1:
            return DAY * 9, 0
        for day in self.days:
            for before, after in _list_clock_changes(day, self.zone):
                if after[2] < before[2]:
                    return _wall_minute(before, before[1], day), before[2] - after[2]
        return DAY * 9, 0

    @cached_property
    def length(self) -> int:
        if len(self.days) == 1:
            start, end = day_span(self.days[0], self.zone)
            return end - start
        return DAY + self._extra[1]

    def at(self, day: date, minute: int) -> int:
        """Where an instant (UTC minute) lies on the axis; outside the day, at the day's nearer end."""
        start, end = day_span(day, self.zone)
        minute = min(max(minute, start), end)
        if len(self.days) == 1:
            return minute - start
        if minute == end:
            return self._end(day, end) if start < end else 0
        segment, is_second_pass = _find_segment(day, self.zone, minute)
        position = _wall_minute(segment, minute, day)
        repeat_start, repeat_length = self._extra
        # Behind the repeated hour, days that do not repeat it are shifted by its length.
        if is_second_pass or (position >= repeat_start and not _goes_back(day, self.zone)):
            position += repeat_length
        return min(max(position, 0), self.length)

    def gaps(self, day: date) -> list[Span]:
        start, end = day_span(day, self.zone)
        cuts = [start, *(after[0] for _before, after in _list_clock_changes(day, self.zone)), end]
        repeat_start, repeat_length = self._extra
        stretches = [(self.at(day, a), self._end(day, b)) for a, b in zip(cuts, cuts[1:], strict=False)]
        if repeat_length and not _goes_back(day, self.zone):
            return subtract(
                [(0, self.length)], subtract(merge(stretches), [(repeat_start, repeat_start + repeat_length)])
            )
        return subtract([(0, self.length)], merge(stretches))

    def _end(self, day: date, minute: int) -> int:
        """Where a stretch ends that ends at this instant, whatever the clocks show from then on."""
        return self.at(day, minute - 1) + 1

    def part(self, edges: Sequence[int]) -> "Axis":
        if not edges:
            return Axis(self.days, self.zone, 0, self.length)
        first = max(min(*edges, self.length - 1) // HOUR * HOUR, 0)
        last = min(-(-max(edges) // HOUR) * HOUR, self.length)
        return Axis(self.days, self.zone, first, max(last, first + HOUR))

    def shows(self, start: int, end: int) -> bool:
        """Whether any of it lies in the part shown."""
        return start < self.last and end > self.first

    def step(self, at: int) -> int:
        return (min(max(at, self.first), self.last) - self.first) // STEP

    def step_after(self, at: int) -> int:
        return -(-(min(max(at, self.first), self.last) - self.first) // STEP)

    @property
    def steps(self) -> int:
        return self.step_after(self.last)

    @cached_property
    def ticks(self) -> list[Tick]:
        # The longest of the days has every hour that any of them has.
        day = max(self.days, key=lambda day: day_span(day, self.zone)[1] - day_span(day, self.zone)[0])
        marks = [
            (self.at(day, minute), from_minute(minute, self.zone)) for minute in _list_marks(day, self.zone)
        ]
        return [
            Tick(at, hour_text(moment), offset_of(moment))
            for at, moment in marks
            if self.first <= at < self.last
        ]


def offset_of(moment: datetime) -> str:
    """Like ``+02:00`` where the clock shows this time twice that day, else empty."""
    return moment.isoformat()[-6:] if comes_twice(moment) else ""


def _list_clock_changes(day: date, zone: str) -> list[tuple[Segment, Segment]]:
    segments = segments_between(zone, *day_span(day, zone))
    return list(zip(segments, segments[1:], strict=False))


def _goes_back(day: date, zone: str) -> bool:
    return any(after[2] < before[2] for before, after in _list_clock_changes(day, zone))


def _find_segment(day: date, zone: str, minute: int) -> tuple[Segment, bool]:
    segments = segments_between(zone, *day_span(day, zone))
    position = next(number for number, segment in enumerate(segments) if minute < segment[1])
    return segments[position], any(
        after[2] < before[2] for before, after in zip(segments[:position], segments[1:], strict=False)
    )


def _wall_minute(segment: Segment, minute: int, day: date) -> int:
    return minute + segment[2] + EPOCH_LOCAL - day.toordinal() * DAY


def _list_marks(day: date, zone: str) -> list[int]:
    instants: list[int] = []
    for number, segment in enumerate(segments_between(zone, *day_span(day, zone))):
        first = segment[0] + -_wall_minute(segment, segment[0], day) % HOUR
        instants += [segment[0]] if number and first != segment[0] else []
        instants += range(first, segment[1], HOUR)
    return instants
