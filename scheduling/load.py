"""How much of a resource is in use, from its booked rows."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

from .spans import Span, merge

Busy = tuple[int, int, int]
"""``(b0, b1, units)``: a booked span in UTC minutes, buffers included, and the units it takes."""

# Longer than any calendar: the answer when a request could never fit.
ALWAYS: Span = (-(1 << 40), 1 << 40)


class LoadProfile(NamedTuple):
    """The minutes at which the units in use change, and how many are in use from each on."""

    # rows  ===2===           minutes  0  4  7 11
    #           ===1===       units    2  3  1  0
    minutes: list[int]
    units: list[int]

    @classmethod
    def of(cls, rows: Iterable[Busy]) -> LoadProfile:
        changes: defaultdict[int, int] = defaultdict(int)
        for b0, b1, units in rows:
            changes[b0] += units
            changes[b1] -= units
        minutes = sorted(changes)
        return cls(minutes, list(accumulate(map(changes.__getitem__, minutes))))

    def peak(self, start: int, end: int) -> int:
        """The most units in use at any one minute of ``[start, end)``."""
        # Not the sum of the rows, which may follow one another:
        #
        # units  1  =====
        #        2       =====        peak 3, sum 4
        #        1         ===
        first = max(bisect_right(self.minutes, start) - 1, 0)
        return max(self.units[first : bisect_left(self.minutes, end)], default=0)

    def above(self, bearable: int) -> list[Span]:
        """Merged spans with more than `bearable` units in use."""
        spans: list[Span] = []
        since: int | None = None
        for minute, units in zip(self.minutes, self.units, strict=True):
            if units > bearable:
                since = minute if since is None else since
            elif since is not None:
                spans.append((since, minute))
                since = None
        return spans

    def spans(self) -> list[Busy]:
        """How many units are taken when; neighbours differ, no zeros."""
        spans: list[Busy] = []
        since, before = 0, 0
        for minute, units in zip(self.minutes, self.units, strict=True):
            if units == before:  # one row ends where an equal one begins
                continue
            if before:
                spans.append((since, minute, before))
            since, before = minute, units
        return spans


def full_spans(rows: Iterable[Busy], limit: int, units: int) -> list[Span]:
    """Merged spans in which `units` more would exceed `limit`; `ALWAYS` if they never fit."""
    bearable = limit - units
    if bearable < 0:
        return [ALWAYS]
    if bearable == 0:  # any row at all fills it: the common case of exclusive use, without counting
        return merge([(b0, b1) for b0, b1, used in rows if used > 0])
    return LoadProfile.of(rows).above(bearable)
