"""When somebody has time: some days, perhaps only a part of each. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from scheduling.spans import Span, clip
from scheduling.zones import DAY, day_span, window_span

HOUR = 60
PARTS: dict[str, Span] = {
    "night": (0, 6 * HOUR),
    "morning": (6 * HOUR, 12 * HOUR),
    "afternoon": (12 * HOUR, 17 * HOUR),
    "evening": (17 * HOUR, DAY),
}
"""Parts of the day as local minutes in which a booking starts."""


@dataclass(frozen=True, slots=True)
class Window:
    """Local days from ``first`` on; on each of them starts in local minutes [opens, closes)."""

    first: date
    days: int = 1
    opens: int = 0
    closes: int = DAY

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
        """UTC minutes in which a booking may start, from ``now`` on."""
        if self.is_whole_days:
            spans = [self.around(zone)]
        else:
            days = (self.first + timedelta(days=number) for number in range(self.days))
            spans = [window_span(day, self.opens, self.closes, zone) for day in days]
        return clip(spans, now, spans[-1][1])


def hours_between(earliest: time | None, latest: time | None, within: Span = (0, DAY)) -> Span:
    """Local minutes [from, until) in which a booking may start, ``latest`` included."""
    opens, closes = within
    if earliest:
        opens = max(opens, earliest.hour * HOUR + earliest.minute)
    if latest:
        closes = min(closes, latest.hour * HOUR + latest.minute + 1)
    return opens, closes


def day_before_night(starts: Sequence[int], window: Window, zone: str) -> list[int]:
    """Each day's sorted starts, those before six in the morning last: nobody looks for them first."""
    ordered: list[int] = []
    for number in range(window.days):
        day = window.first + timedelta(days=number)
        edges = (*window_span(day, *PARTS["night"], zone), day_span(day, zone)[1])
        first, morning, end = (bisect_left(starts, edge) for edge in edges)
        ordered += [*starts[morning:end], *starts[first:morning]]
    return ordered


def starts_within(ranges: Iterable[range], spans: Sequence[Span]) -> list[int]:
    """The starts that lie in one of the spans, in order, each once."""
    within: set[int] = set()
    for starts in ranges:
        for first, end in spans:
            skipped = max(0, -((starts.start - first) // starts.step)) if starts.start < first else 0
            within.update(range(starts.start + skipped * starts.step, min(starts.stop, end), starts.step))
    return sorted(within)


def days_until_sunday(on: date) -> int:
    """How many days the rest of the week has, the day itself included."""
    return 7 - on.weekday()


def next_weekday(weekday: int, today: date) -> date:
    """The next such day, today included."""
    return today + timedelta(days=(weekday - today.weekday()) % 7)
