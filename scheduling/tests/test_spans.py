"""The algebra of spans: a few pictures, and agreement with sets of minutes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..spans import Span, clip, covers, intersect, merge, overlaps, pad, subtract

pytestmark = pytest.mark.once

some_spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=10)
some_merged = some_spans.map(merge)


def minutes(spans: list[Span]) -> set[int]:
    return {minute for start, end in spans for minute in range(start, end)}


def is_merged(spans: list[Span]) -> bool:
    bounds = [bound for span in spans for bound in span]
    return all(a < b for a, b in zip(bounds, bounds[1:], strict=False))


@pytest.mark.parametrize(
    ("spans", "merged"),
    [
        ([], []),
        ([(3, 3), (5, 4)], []),
        ([(5, 7), (1, 3)], [(1, 3), (5, 7)]),
        ([(1, 3), (3, 5)], [(1, 5)]),
        ([(1, 9), (2, 3)], [(1, 9)]),
        ([(1, 3), (1, 3), (2, 6)], [(1, 6)]),
    ],
)
def test_merge_joins_what_overlaps_or_touches(spans: list[Span], merged: list[Span]) -> None:
    assert merge(spans) == merged


@given(some_spans)
def test_merged_spans_hold_the_same_minutes(spans: list[Span]) -> None:
    assert is_merged(merge(spans))
    assert minutes(merge(spans)) == minutes(spans)


@given(some_merged, some_merged)
def test_subtract_and_intersect_are_those_of_sets(a: list[Span], b: list[Span]) -> None:
    assert minutes(subtract(a, b)) == minutes(a) - minutes(b)
    assert minutes(intersect(a, b)) == minutes(a) & minutes(b)
    assert is_merged(subtract(a, b))
    assert is_merged(intersect(a, b))


@given(some_merged, st.integers(0, 60), st.integers(0, 60))
def test_clip_covers_and_overlaps_are_those_of_sets(a: list[Span], start: int, end: int) -> None:
    window = set(range(start, end))
    assert minutes(clip(a, start, end)) == minutes(a) & window
    assert is_merged(clip(a, start, end))
    if window:
        assert covers(a, start, end) == (window <= minutes(a))
        assert overlaps(a, start, end) == bool(window & minutes(a))


@given(some_merged, st.integers(0, 9), st.integers(0, 9))
def test_pad_reaches_further_at_either_end(a: list[Span], before: int, after: int) -> None:
    reach = range(-before, after + 1)
    assert minutes(pad(a, before, after)) == {m + by for m in minutes(a) for by in reach}
    assert is_merged(pad(a, before, after))
