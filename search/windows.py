"""When somebody has time: some days, perhaps only a part of each. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

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
            found = [self.around(zone)]
        else:
            days = (self.first + timedelta(days=each) for each in range(self.days))
            found = [window_span(day, self.opens, self.closes, zone) for day in days]
        return clip(found, now, found[-1][1])


def day_before_night(starts: Sequence[int], window: Window, zone: str) -> list[int]:
    """Each day's sorted starts, those before six in the morning last: nobody looks for them first."""
    found: list[int] = []
    for each in range(window.days):
        day = window.first + timedelta(days=each)
        edges = (*window_span(day, *PARTS["night"], zone), day_span(day, zone)[1])
        first, morning, end = (bisect_left(starts, edge) for edge in edges)
        found += [*starts[morning:end], *starts[first:morning]]
    return found


def starts_within(ranges: Iterable[range], spans: Sequence[Span]) -> list[int]:
    """The starts that lie in one of the spans, in order, each once."""
    found: set[int] = set()
    for each in ranges:
        for first, end in spans:
            skipped = max(0, -((each.start - first) // each.step)) if each.start < first else 0
            found.update(range(each.start + skipped * each.step, min(each.stop, end), each.step))
    return sorted(found)
