"""Algebra of half-open spans of UTC minutes.

A list is *merged* when it is sorted and its spans are not empty, do not overlap and do not touch. Every
function returns merged lists; those that need them say so.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

Span = tuple[int, int]
"""``(start, end)``: the minutes start, start + 1, ..., end - 1."""

_LATE = 1 << 60  # later than any minute: sorts behind every span with the same start


def merge(spans: Iterable[Span]) -> list[Span]:
    """Sort and join what overlaps or touches; drop empty and inverted spans."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if not merged or start > merged[-1][1]:
            merged.append((start, end))
        elif end > merged[-1][1]:
            merged[-1] = (merged[-1][0], end)
    return merged


def subtract(spans: Sequence[Span], holes: Sequence[Span]) -> list[Span]:
    """What is left of the spans outside the holes; both merged."""
    # spans  ==========  =====
    # holes     ===    ==========
    # left   ===   ====
    left: list[Span] = []
    first = 0
    for start, end in spans:
        while first < len(holes) and holes[first][1] <= start:
            first += 1
        at, rest = first, start
        while at < len(holes) and holes[at][0] < end:
            if rest < holes[at][0]:
                left.append((rest, holes[at][0]))
            rest = holes[at][1]
            at += 1
        if rest < end:
            left.append((rest, end))
    return left


def intersect(a: Sequence[Span], b: Sequence[Span]) -> list[Span]:
    """The minutes that both contain; both merged."""
    common: list[Span] = []
    i = j = 0
    while i < len(a) and j < len(b):
        start, end = max(a[i][0], b[j][0]), min(a[i][1], b[j][1])
        if start < end:
            common.append((start, end))
        # Whichever ends first can meet nothing further.
        if a[i][1] < b[j][1]:
            i += 1
        else:
            j += 1
    return common


def pad(spans: Iterable[Span], before: int, after: int) -> list[Span]:
    """Lengthen every span, in any order, at either end, and merge them."""
    return merge([(start - before, end + after) for start, end in spans])


def clip(spans: Iterable[Span], start: int, end: int) -> list[Span]:
    """The part of merged spans that lies within ``[start, end)``."""
    if start >= end:
        return []
    return [(max(s, start), min(e, end)) for s, e in spans if s < end and e > start]


def covers(merged: Sequence[Span], start: int, end: int) -> bool:
    at = bisect_right(merged, (start, _LATE)) - 1
    return at >= 0 and end <= merged[at][1]


def overlaps(merged: Sequence[Span], start: int, end: int) -> bool:
    at = bisect_left(merged, (end, 0)) - 1
    return at >= 0 and merged[at][1] > start
