"""Which starts can be booked, and why a time cannot: `find_slots` lists what `find_refusal` accepts.

Both take `openings` for a window that reaches to the end of the last booking, and `full`: merged spans in
which the resource cannot bear the booking (`load.full_spans`), buffers around the window included. A whole is
full wherever one of its parts is; separate resources in one booking have `common_slots`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
    """Which starts and durations are offered; everything in minutes.

    Starts lie whole steps after the start of an opening; durations are `min_duration` plus whole steps.
    Buffers must be free, too, but may lie outside opening hours. `max_advance` None: any time ahead.
    `min_notice` may be negative: so long ago it may have begun. `occupies_first`: the resource is taken for
    the first minutes only. `length_step`: the step of durations, if it is another one. With `any_start`
    starts between the steps are accepted, too, though none is offered.
    """

    slot_step: int
    min_duration: int
    max_duration: int
    buffer_before: int = 0
    buffer_after: int = 0
    min_notice: int = 0
    max_advance: int | None = None
    occupies_first: int | None = None
    length_step: int | None = None
    any_start: bool = False

    def blocked(self, start: int, end: int) -> Span:
        """The span that a service occupies, buffers included."""
        return start - self.buffer_before, start + self.occupied_of(end - start) + self.buffer_after

    def occupied_of(self, duration: int) -> int:
        """For how long a service of this duration takes the resource, without buffers."""
        return duration if self.occupies_first is None else min(duration, self.occupies_first)

    def for_length(self, minutes: int) -> SlotRules:
        """The same rules for bookings of just this length."""
        return replace(self, min_duration=minutes, max_duration=minutes)

    def refuses_duration(self, duration: int) -> Reason | None:
        if duration < self.min_duration:
            return Reason.TOO_SHORT
        if duration > self.max_duration:
            return Reason.TOO_LONG
        step = self.length_step or self.slot_step
        return Reason.OFF_STEP if (duration - self.min_duration) % step else None

    def refuses_start(self, start: int, now: int) -> Reason | None:
        if start < now + min(self.min_notice, 0):
            return Reason.PAST
        if start < now + self.min_notice:
            return Reason.TOO_SOON
        too_far = self.max_advance is not None and start > now + self.max_advance
        return Reason.TOO_FAR if too_far else None


def free_spans(openings: Openings, full: Sequence[Span], rules: SlotRules, duration: int) -> list[Span]:
    """Merged spans in which a service of the duration may lie."""
    # Full spans grow by the booking's own buffers, swapped: what comes before the service must stay clear
    # of the end of a full span:
    #
    # full                         ======
    # not for a service   [buffer_after]======[buffer_before]
    free = subtract(openings.spans, pad(full, rules.buffer_after, rules.buffer_before))
    short = [(start, end) for start, end, longest in openings.limits if longest < duration]
    return subtract(free, merge(short)) if short else free


def find_slots(
    openings: Openings,
    full: Sequence[Span],
    rules: SlotRules,
    duration: int,
    now: int,
    start: int,
    end: int,
) -> list[range]:
    """Every start in ``[start, end)`` that can be booked, as ranges by their first start.

    The ranges of openings that overlap may interleave, but share no start.
    """
    if rules.refuses_duration(duration):
        return []
    start = max(start, now + rules.min_notice)
    if rules.max_advance is not None:
        end = min(end, now + rules.max_advance + 1)
    room = clip(_find_room(openings, full, rules, duration), start, end)
    return _starts_with_room(_cut_shared_starts(openings.pieces, rules.slot_step), room, rules.slot_step)


def _find_room(openings: Openings, full: Sequence[Span], rules: SlotRules, duration: int) -> list[Span]:
    """Merged spans of the starts from which a service of the duration has room, whatever the steps."""
    occupied = rules.occupied_of(duration)
    if occupied == duration:
        return _starts_in(free_spans(openings, full, rules, duration), duration)
    # All of it lies within the openings, but only its beginning has to be free.
    within_openings = _starts_in(free_spans(openings, (), rules, duration), duration)
    free = subtract(openings.spans, pad(full, rules.buffer_after, rules.buffer_before))
    return intersect(within_openings, _starts_in(free, occupied))


def _starts_in(spans: Iterable[Span], duration: int) -> list[Span]:
    return [(opens, closes - duration + 1) for opens, closes in spans if closes - opens >= duration]


def _cut_shared_starts(pieces: Iterable[Span], step: int) -> list[Span]:
    # Cut pieces that share starts, so that no start is counted twice. Pieces whose distance is not a whole
    # number of steps have none in common:
    #
    # step 30   09:00 ============ 12:00           09:00 ============ 12:00
    #              10:00 =============== 14:00  ->              12:00 === 14:00
    #               10:10 ======                        10:10 ======
    until: dict[int, int] = {}
    grids: list[Span] = []
    for start, end in pieces:
        phase = start % step
        covered_until = until.get(phase, start)
        if start < covered_until:  # the first start of this grid that earlier pieces do not have
            start = covered_until + (phase - covered_until) % step
        if start < end:
            grids.append((start, end))
            until[phase] = end
    return sorted(grids)  # a cut one may now start after the next


def _starts_with_room(grids: Iterable[Span], room: Sequence[Span], step: int) -> list[range]:
    """Starts of each grid for which there is room; `room` is sorted and disjoint."""
    starts: list[range] = []
    first = 0
    for origin, close in grids:
        # Grids come sorted, so room that ends before this one begins is of no use to later ones.
        while first < len(room) and room[first][1] <= origin:
            first += 1
        at = first
        while at < len(room) and room[at][0] < close:
            opens, closes = room[at]
            start = origin if opens <= origin else opens + (origin - opens) % step
            end = min(close, closes)
            if start < end:
                starts.append(range(start, end, step))
            at += 1
    return sorted(starts, key=_FIRST)


def find_refusal(
    openings: Openings,
    full: Sequence[Span],
    full_without_holds: Sequence[Span],
    rules: SlotRules,
    start: int,
    end: int,
    now: int,
    duration: int | None = None,
) -> Reason | None:
    """Why ``[start, end)`` cannot be booked now; None if, and only if, `find_slots` offers it.

    `duration` is what the rules count where that is not the time between both, as with nights.
    `full_without_holds` leaves out unexpired holds: it tells `HELD` from `TAKEN`. Callers that know more may
    say `CAPACITY` or `PART_TAKEN` instead of the latter.
    """
    reason = rules.refuses_start(start, now) or rules.refuses_duration(duration or end - start)
    reason = reason or _find_refusal_by_openings(openings, rules, start, end)
    if reason or not overlaps(full, *rules.blocked(start, end)):
        return reason
    return Reason.TAKEN if overlaps(full_without_holds, *rules.blocked(start, end)) else Reason.HELD


def _find_refusal_by_openings(openings: Openings, rules: SlotRules, start: int, end: int) -> Reason | None:
    if not covers(openings.spans, start, end):
        return Reason.CLOSED
    if any(_is_exceeded(limit, start, end) for limit in openings.limits):
        return Reason.TOO_LONG
    on_step = rules.any_start or any(
        opens <= start < closes and (start - opens) % rules.slot_step == 0
        for opens, closes in openings.pieces
    )
    return None if on_step else Reason.OFF_STEP


def _is_exceeded(limit: Limit, start: int, end: int) -> bool:
    opens, closes, longest = limit
    return longest < end - start and opens < end and start < closes


def nearest_starts(ranges: Iterable[range], wanted: int, count: int) -> list[int]:
    """Up to `count` starts, the closest to `wanted` first; of two equally close, the earlier."""
    near: list[int] = []
    for starts in ranges:
        not_before = -((starts.start - wanted) // starts.step)
        at = min(max(not_before, 0), len(starts))
        near += starts[max(at - count, 0) : at + count]
    return nsmallest(count, near, key=lambda start: (abs(start - wanted), start))


def count_starts(ranges: Iterable[range]) -> int:
    return sum(map(len, ranges))


def common_slots(choices: Sequence[Sequence[range]]) -> list[range]:
    """The starts that all of several lists of slots offer; none for no lists."""
    if not choices:
        return []
    # With one step, ranges are intersected; with several, every start has to be listed.
    steps = {starts.step for ranges in choices for starts in ranges}
    if len(steps) == 1:
        return _common_grid(choices, steps.pop())
    shared = set.intersection(*(set(chain.from_iterable(ranges)) for ranges in choices))
    return [range(start, start + 1) for start in sorted(shared)]


def _common_grid(choices: Sequence[Sequence[range]], step: int) -> list[range]:
    # Ranges with the same step meet only where they have the same phase.
    by_phase = [_spans_by_phase(ranges, step) for ranges in choices]
    common = [
        range(start, end, step)
        for phase in by_phase[0]
        for start, end in reduce(intersect, (spans.get(phase, []) for spans in by_phase))
    ]
    return sorted(common, key=_FIRST)


def _spans_by_phase(ranges: Iterable[range], step: int) -> dict[int, list[Span]]:
    """Each range as the span from its first start to one step after its last."""
    phases: defaultdict[int, list[Span]] = defaultdict(list)
    for starts in ranges:
        if starts:
            phases[starts.start % step].append((starts.start, starts.start + len(starts) * step))
    return {phase: merge(spans) for phase, spans in phases.items()}
