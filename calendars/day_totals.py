"""What each day of a period comes to, in one walk over the period instead of one for each day."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from scheduling.spans import Span, subtract
from scheduling.zones import day_span


class Day(NamedTuple):
    """One local date of one resource: minutes, and how many starts of the usual length are free."""

    on: date
    open_minutes: int
    busy_minutes: int
    free_starts: int
    first_free: int | None
    is_full: bool = False
    """Whether only bookings are in the way: not that it is too early or too late to book."""

    @property
    def level(self) -> str:
        left = self.open_minutes - self.busy_minutes
        return find_level(self.free_starts, self.open_minutes, left, is_full=self.is_full)

    @property
    def words(self) -> str:
        return describe_level(self.level, self.free_starts)


def find_level(free: int, size: int, left: int, *, is_full: bool) -> str:
    """How full a day is: "shut", "full", "few" or "free"; "none" if it cannot be booked for other reasons.

    ``left`` of ``size`` is not booked.
    """
    if not size:
        return "shut"
    if not free:
        return "full" if is_full else "none"
    return "few" if left * 4 <= size else "free"


def describe_level(level: str, free: int, size: int = 0) -> str:
    """In words short enough for a cell on a phone; ``size`` if what is free is counted of so many places."""
    if level == "shut":
        return pgettext("calendar", "Closed")
    if level == "full":
        return pgettext("calendar", "Full")
    if size:
        return _("%(free)s of %(open)s free") % {"free": free, "open": size}
    return ngettext("%d free", "%d free", free) % free


class Midnights:
    """Where the local dates of a period begin and end; all resources of a zone share them."""

    def __init__(self, dates: Sequence[date], zone: str) -> None:
        self.dates = dates
        self.spans = [day_span(on, zone) for on in dates]
        self._firsts = [first for first, _last in self.spans]

    @property
    def span(self) -> Span:
        return self.spans[0][0], self.spans[-1][1]

    def summarize(self, opened: Sequence[Span], full: Sequence[Span], free: Iterable[range]) -> list[Day]:
        """``opened`` and ``full`` are merged and lie within the period."""
        open_minutes = self._count_minutes(opened)
        unbooked_minutes = self._count_minutes(subtract(opened, full))
        counts, firsts = self._count_starts(free)
        return [
            Day(on, is_open, is_open - unbooked, count, first)
            for on, is_open, unbooked, count, first in zip(
                self.dates, open_minutes, unbooked_minutes, counts, firsts, strict=True
            )
        ]

    def mark_full(
        self, days: list[Day], find_starts: Callable[[int, int], Iterable[range]], now: int
    ) -> list[Day]:
        """``find_starts`` says what would be free if nothing were booked; it is asked once at most."""
        ends = [last for _first, last in self.spans]
        doubtful = [
            position
            for position, day in enumerate(days)
            if day.busy_minutes and not day.free_starts and ends[position] > now
        ]
        if not doubtful:
            return days
        first, last = self.spans[doubtful[0]][0], ends[doubtful[-1]]
        counts, _firsts = self._count_starts(find_starts(max(first, now), last))
        full = {position for position in doubtful if counts[position]}
        return [day._replace(is_full=True) if position in full else day for position, day in enumerate(days)]

    def _position_of(self, minute: int) -> int:
        return max(bisect_right(self._firsts, minute) - 1, 0)

    def _touched(self, start: int, end: int) -> Iterator[int]:
        """Positions of the dates that [start, end) touches."""
        for position in range(self._position_of(start), len(self.spans)):
            first, last = self.spans[position]
            if first >= end:
                return
            if last > start:
                yield position

    def _count_minutes(self, spans: Iterable[Span]) -> list[int]:
        minutes = [0] * len(self.spans)
        for start, end in spans:
            position = self._position_of(start)
            if end <= self.spans[position][1]:  # within one day, as nearly all are
                minutes[position] += end - start
                continue
            for position in self._touched(start, end):
                first, last = self.spans[position]
                minutes[position] += min(end, last) - max(start, first)
        return minutes

    def _count_starts(self, free: Iterable[range]) -> tuple[list[int], list[int | None]]:
        counts = [0] * len(self.spans)
        firsts: list[int | None] = [None] * len(self.spans)
        for starts in free:
            for position in self._touched(starts.start, starts.stop):
                if starts_of_day := _cut_starts(starts, *self.spans[position]):
                    counts[position] += len(starts_of_day)
                    earliest = firsts[position]
                    if earliest is None or starts_of_day.start < earliest:
                        firsts[position] = starts_of_day.start
        return counts, firsts


def _cut_starts(starts: range, first: int, last: int) -> range:
    if starts.start >= first and starts.stop <= last:
        return starts
    skipped = max(0, -(-(first - starts.start) // starts.step))
    return range(starts.start + skipped * starts.step, min(starts.stop, last), starts.step)
