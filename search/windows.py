from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from scheduling.spans import Span, clip
from scheduling.zones import DAY, day_span, from_minute, window_span

HOUR = 60
PARTS: dict[str, Span] = {
    "night": (0, 6 * HOUR),
    "morning": (6 * HOUR, 12 * HOUR),
    "afternoon": (12 * HOUR, 17 * HOUR),
    "evening": (17 * HOUR, DAY),
}
"""Local minutes of the day in which a booking starts."""


@dataclass(frozen=True, slots=True)
class Window:
    """Local days from ``first`` on, with starts in local minutes [opens, closes) of each."""

    first: date
    days: int = 1
    opens: int = 0
    closes: int = DAY

    def at(self, zone: str, now: int) -> "Window":
        """As it is in this zone."""
        return self

    @property
    def last(self) -> date:
        return self.first + timedelta(days=self.days - 1)

    @property
    def is_whole_days(self) -> bool:
        return (self.opens, self.closes) == (0, DAY)

    def around(self, zone: str) -> Span:
        """UTC minutes from the first day's midnight to the end of the last day."""
        return day_span(self.first, zone)[0], day_span(self.last, zone)[1]

    def spans(self, zone: str, now: int) -> list[Span]:
        """UTC minutes in which a booking may start, none before ``now``."""
        if self.is_whole_days:
            spans = [self.around(zone)]
        else:
            days = (self.first + timedelta(days=number) for number in range(self.days))
            spans = [window_span(day, self.opens, self.closes, zone) for day in days]
        return clip(spans, now, spans[-1][1])


@dataclass(frozen=True, slots=True)
class WindowFromToday(Window):
    """From each zone's own today on, whatever ``first`` says."""

    def at(self, zone: str, now: int) -> Window:
        return Window(from_minute(now, zone).date(), self.days, self.opens, self.closes)


def hours_between(earliest: time | None, latest: time | None, within: Span = (0, DAY)) -> Span:
    opens, closes = within
    if earliest:
        opens = max(opens, earliest.hour * HOUR + earliest.minute)
    if latest:
        closes = min(closes, latest.hour * HOUR + latest.minute + 1)
    return opens, closes


def order_nights_last(starts: Sequence[int], window: Window, zone: str, today: date) -> list[int]:
    """Sorted starts with each day's night (before six) after its evening: few look for it first.

    Of today the night is either over or going on: who looks then wants the soonest.
    """
    ordered: list[int] = []
    for day_number in range(window.days):
        day = window.first + timedelta(days=day_number)
        edges = (*window_span(day, *PARTS["night"], zone), day_span(day, zone)[1])
        first, morning, end = (bisect_left(starts, edge) for edge in edges)
        in_turn = [*starts[first:morning], *starts[morning:end]]
        ordered += in_turn if day == today else [*starts[morning:end], *starts[first:morning]]
    return ordered


def first_within(ranges: Iterable[range], spans: Sequence[Span]) -> int | None:
    """The first start inside any of the spans, which are sorted; ``starts_within`` lists all."""
    ends = [end for _first, end in spans]
    found: list[int] = []
    for free_range in ranges:
        for first, end in spans[bisect_right(ends, free_range.start) :]:
            start = _step_up(free_range, first)
            if start < min(free_range.stop, end):
                found.append(start)
            if start < end:
                break
    return min(found, default=None)


def _step_up(free_range: range, least: int) -> int:
    """The first of its grid that is not less."""
    skipped = max(0, -((free_range.start - least) // free_range.step))
    return free_range.start + skipped * free_range.step


def starts_within(ranges: Iterable[range], spans: Sequence[Span]) -> list[int]:
    """The starts inside any of the spans, sorted and without duplicates."""
    within: set[int] = set()
    for free_range in ranges:
        for first, end in spans:
            # Jump to the first start of the grid inside the span instead of testing every one.
            within.update(range(_step_up(free_range, first), min(free_range.stop, end), free_range.step))
    return sorted(within)


def days_until_sunday(on: date) -> int:
    """At least 1: the day itself counts."""
    return 7 - on.weekday()


def next_weekday(weekday: int, after: date) -> date:
    """``after`` itself does not count."""
    return after + timedelta(days=(weekday - after.weekday() - 1) % 7 + 1)
