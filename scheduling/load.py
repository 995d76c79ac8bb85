"""How much of a resource is in use, from its booked rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from .spans import Span, merge

Busy = tuple[int, int, int]
"""``(b0, b1, units)``: a booked span in UTC minutes, buffers included, and the units it takes."""

ALWAYS: Span = (-(1 << 40), 1 << 40)
"""A span longer than any calendar: the answer when a request could never fit."""


def peak(rows: Iterable[Busy], start: int, end: int) -> int:
    """The most units in use at any one minute of ``[start, end)``; 0 when nothing is.

    Not the sum of the rows, which may follow one another::

        units  1  =====
               2       =====        peak 3, sum 4
               1         ===
    """
    changes: defaultdict[int, int] = defaultdict(int)
    for b0, b1, units in rows:
        if b0 < end and b1 > start:
            changes[max(b0, start)] += units
            changes[b1] -= units
    load = highest = 0
    for minute in sorted(changes):
        load += changes[minute]
        highest = max(highest, load)
    return highest


def full_spans(rows: Iterable[Busy], limit: int, units: int) -> list[Span]:
    """Where `units` more would exceed `limit`: merged spans with load > limit - units.

    Rows come in any order, and equal rows (group bookings) count each. More units than the limit
    never fit, which is one span over everything (`ALWAYS`).
    """
    bearable = limit - units
    if bearable < 0:
        return [ALWAYS]
    if bearable == 0:  # any row at all fills it: the common case of exclusive use, without counting
        return merge([(b0, b1) for b0, b1, used in rows if used > 0])
    return _above(rows, bearable)


def _above(rows: Iterable[Busy], bearable: int) -> list[Span]:
    """Merged spans with load > bearable, in one sweep over the changes of load."""
    changes: defaultdict[int, int] = defaultdict(int)
    for b0, b1, units in rows:
        changes[b0] += units
        changes[b1] -= units
    full: list[Span] = []
    load = 0
    for minute in sorted(changes):
        before, load = load, load + changes[minute]
        if before <= bearable < load:
            since = minute
        elif load <= bearable < before:
            full.append((since, minute))
    return full


def loads(rows: Iterable[Busy]) -> list[Busy]:
    """How many units are taken when, as ``(start, end, units)``; neighbours differ, no zeros.

    ::

        ===2===           ->  =2= =3= =1=
            ===1===
    """
    changes: defaultdict[int, int] = defaultdict(int)
    for b0, b1, units in rows:
        changes[b0] += units
        changes[b1] -= units
    found: list[Busy] = []
    load, since = 0, 0
    for minute in sorted(minute for minute, change in changes.items() if change):
        if load:
            found.append((since, minute, load))
        load, since = load + changes[minute], minute
    return found
