"""What can be booked, and why a time cannot.

`slots` lists every start that `refusal` accepts, and no other. Both take

- `openings`: when the resource is open (`hours.openings`), for a window that reaches from the
  first start to the end of the last booking;
- `full`: merged spans in which it cannot bear the booking (`load.full_spans`), from rows read for
  that window and the buffers around it.

A whole that consists of parts is open when its own openings say so, and full wherever one of its
parts is: ``full = merge(span for part in parts for span in full_of(part))``. Separate resources in
one booking, each with its own hours and rules, have the starts of `common_slots`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from heapq import nsmallest
from itertools import chain
from operator import attrgetter

from .hours import Limit, Openings
from .reasons import Reason
from .spans import Span, clip, covers, intersect, merge, overlaps, pad, subtract

_FIRST = attrgetter("start")  # the first start of a range


@dataclass(frozen=True, slots=True)
class SlotRules:
    """Which starts and durations are offered. Everything in minutes.

    Starts lie a whole number of `slot_step` after the start of an opening; durations are
    `min_duration` plus whole steps, up to `max_duration`. The buffers before and after the service
    must be free, too, but may lie outside opening hours. A booking starts at least `min_notice` and
    at most `max_advance` (None: any time) from now.
    """

    slot_step: int
    min_duration: int
    max_duration: int
    buffer_before: int = 0
    buffer_after: int = 0
    min_notice: int = 0
    max_advance: int | None = None

    def blocked(self, start: int, end: int) -> Span:
        """The span that a service within ``[start, end)`` occupies, buffers included."""
        return start - self.buffer_before, end + self.buffer_after

    def refuses_duration(self, duration: int) -> Reason | None:
        """`TOO_SHORT`, `TOO_LONG` or `OFF_STEP`; None for a duration that can be booked."""
        if duration < self.min_duration:
            return Reason.TOO_SHORT
        if duration > self.max_duration:
            return Reason.TOO_LONG
        return Reason.OFF_STEP if (duration - self.min_duration) % self.slot_step else None

    def refuses_start(self, start: int, now: int) -> Reason | None:
        """`PAST`, `TOO_SOON` or `TOO_FAR`; None for a start at the right distance from now."""
        if start < now:
            return Reason.PAST
        if start < now + self.min_notice:
            return Reason.TOO_SOON
        too_far = self.max_advance is not None and start > now + self.max_advance
        return Reason.TOO_FAR if too_far else None


def free_spans(openings: Openings, full: Sequence[Span], rules: SlotRules, duration: int) -> list[Span]:
    """Where a service of the duration may lie: merged spans that each contain all of it.

    The spans that are full grow by the candidate's own buffers, swapped: what comes before the
    service must stay clear of the end of a full span::

        full                         ======
        not for a service   [buffer_after]======[buffer_before]
    """
    free = subtract(openings.spans, pad(full, rules.buffer_after, rules.buffer_before))
    short = [(start, end) for start, end, longest in openings.limits if longest < duration]
    return subtract(free, merge(short)) if short else free


def slots(
    openings: Openings,
    full: Sequence[Span],
    rules: SlotRules,
    duration: int,
    now: int,
    start: int,
    end: int,
) -> list[range]:
    """Every start in ``[start, end)`` that can be booked for the duration.

    Ranges come in the order of their first starts and share no start; those of openings that
    overlap may interleave. A duration that the rules refuse has no slots.
    """
    if rules.refuses_duration(duration):
        return []
    start = max(start, now + rules.min_notice)
    if rules.max_advance is not None:
        end = min(end, now + rules.max_advance + 1)
    free = free_spans(openings, full, rules, duration)
    room = [(opens, closes - duration + 1) for opens, closes in free if closes - opens >= duration]
    room = clip(room, start, end)
    return _starts(_grids(openings.pieces, rules.slot_step), room, rules.slot_step)


def _grids(pieces: Iterable[Span], step: int) -> list[Span]:
    """The pieces, with those that share starts cut so that none is counted twice.

    Pieces whose distance is not a whole number of steps have no start in common::

        step 30   09:00 ============ 12:00           09:00 ============ 12:00
                     10:00 =============== 14:00  ->              12:00 === 14:00
                      10:10 ======                        10:10 ======
    """
    until: dict[int, int] = {}
    grids: list[Span] = []
    for start, end in pieces:
        phase = start % step
        done = until.get(phase, start)
        if start < done:  # the first start of this grid that earlier pieces do not have
            start = done + (phase - done) % step
        if start < end:
            grids.append((start, end))
            until[phase] = end
    return sorted(grids)  # a cut one may now start after the next


def _starts(grids: Iterable[Span], room: Sequence[Span], step: int) -> list[range]:
    """The starts of each grid, a whole number of steps from its own start, for which there is room.

    Grids come sorted and may overlap; the spans with room for a start are sorted and disjoint.
    """
    found: list[range] = []
    first = 0
    for origin, close in grids:
        while first < len(room) and room[first][1] <= origin:
            first += 1
        at = first
        while at < len(room) and room[at][0] < close:
            opens, closes = room[at]
            start = origin if opens <= origin else opens + (origin - opens) % step
            end = min(close, closes)
            if start < end:
                found.append(range(start, end, step))
            at += 1
    return sorted(found, key=_FIRST)


def refusal(
    openings: Openings,
    full: Sequence[Span],
    full_without_holds: Sequence[Span],
    rules: SlotRules,
    start: int,
    end: int,
    now: int,
) -> Reason | None:
    """Why ``[start, end)`` cannot be booked now; None if, and only if, `slots` offers it.

    `full_without_holds` are the full spans without the rows of unexpired holds: they tell `HELD`
    from `TAKEN`. Callers that know more may say `CAPACITY` or `PART_TAKEN` instead of the latter.
    """
    reason = rules.refuses_start(start, now) or rules.refuses_duration(end - start)
    reason = reason or _refused_by_openings(openings, rules, start, end)
    if reason or not overlaps(full, *rules.blocked(start, end)):
        return reason
    return Reason.TAKEN if overlaps(full_without_holds, *rules.blocked(start, end)) else Reason.HELD


def _refused_by_openings(openings: Openings, rules: SlotRules, start: int, end: int) -> Reason | None:
    if not covers(openings.spans, start, end):
        return Reason.CLOSED
    if any(_is_exceeded(limit, start, end) for limit in openings.limits):
        return Reason.TOO_LONG
    on_step = any(
        opens <= start < closes and (start - opens) % rules.slot_step == 0
        for opens, closes in openings.pieces
    )
    return None if on_step else Reason.OFF_STEP


def _is_exceeded(limit: Limit, start: int, end: int) -> bool:
    opens, closes, longest = limit
    return longest < end - start and opens < end and start < closes


def nearest(ranges: Iterable[range], wanted: int, count: int) -> list[int]:
    """Up to `count` starts, the closest to `wanted` first; of two equally close, the earlier."""
    near: list[int] = []
    for starts in ranges:
        not_before = -((starts.start - wanted) // starts.step)
        at = min(max(not_before, 0), len(starts))
        near += starts[max(at - count, 0) : at + count]
    return nsmallest(count, near, key=lambda start: (abs(start - wanted), start))


def count(ranges: Iterable[range]) -> int:
    """How many starts there are."""
    return sum(map(len, ranges))


def common_slots(choices: Sequence[Sequence[range]]) -> list[range]:
    """The starts that all of several lists from `slots` offer; none at all for no lists.

    Costs as much as the ranges when all step alike, and as much as their starts otherwise.
    """
    if not choices:
        return []
    steps = {starts.step for ranges in choices for starts in ranges}
    if len(steps) == 1:
        return _common_grid(choices, steps.pop())
    shared = set.intersection(*(set(chain.from_iterable(ranges)) for ranges in choices))
    return [range(start, start + 1) for start in sorted(shared)]


def _common_grid(choices: Sequence[Sequence[range]], step: int) -> list[range]:
    """Common starts of ranges with the same step: only those with the same phase can meet."""
    by_phase = [_spans_by_phase(ranges, step) for ranges in choices]
    found = [
        range(start, end, step)
        for phase in by_phase[0]
        for start, end in reduce(intersect, (spans.get(phase, []) for spans in by_phase))
    ]
    return sorted(found, key=_FIRST)


def _spans_by_phase(ranges: Iterable[range], step: int) -> dict[int, list[Span]]:
    """Each range as the span from its first start to one step after its last, merged by phase."""
    phases: defaultdict[int, list[Span]] = defaultdict(list)
    for starts in ranges:
        if starts:
            phases[starts.start % step].append((starts.start, starts.start + len(starts) * step))
    return {phase: merge(spans) for phase, spans in phases.items()}
