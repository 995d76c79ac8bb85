"""How long it will take, honestly: a date only where one is sure, else a range. Pure; times are UTC minutes.

*Sure*: every holder and everybody ahead has a due date, so a heap over the units tells the day. *Likely*:
what is not known is drawn from how long the thing was kept before, some runs long, and half of the runs and
nine of ten of them are shown.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

RUNS = 120
MOST_DRAWN = 200
"""People ahead for whom a time is drawn; of more, the mean decides."""
LEAST_PAST = 5
"""Fewer loans than this say nothing."""


@dataclass(frozen=True, slots=True)
class Holder:
    """``since`` when, and until when (None: as long as it takes); ``units`` of the thing."""

    since: int
    due: int | None
    units: int = 1


@dataclass(frozen=True, slots=True)
class Ahead:
    """Somebody before us in the queue, and for how long they will have it (None: as long as it takes)."""

    period: int | None
    units: int = 1


@dataclass(frozen=True, slots=True)
class Range:
    """Minutes from now: half of the runs came to ``median`` or less, nine of ten to ``most``."""

    median: int
    most: int


@dataclass(frozen=True, slots=True)
class Line:
    """A thing with its units, who has them, and who is before us."""

    units: int
    holders: Sequence[Holder] = ()
    ahead: Sequence[Ahead] = ()
    wanted: int = 1
    service_time: int = 0


def sure_by(line: Line, now: int) -> int | None:
    """The minute at which we will be served at the latest; None where nobody can tell."""
    if any(holder.due is None or holder.due < now for holder in line.holders):
        return None  # overdue: it may come at any time
    if any(each.period is None for each in line.ahead):
        return None
    ends = [(holder.due or 0) + line.service_time for holder in line.holders for _unit in range(holder.units)]
    periods = [each.period or 0 for each in line.ahead]
    return _serve(line, ends, periods, now)


def _serve(line: Line, ends: Sequence[int], periods: Sequence[int], now: int) -> int | None:
    """``ends``: when each unit that somebody has comes back; ``periods`` of those ahead."""
    if line.wanted > line.units:
        return None
    free = [now] * max(line.units - len(ends), 0)
    heap = [*free, *sorted(ends)[: line.units - len(free)]]
    heapq.heapify(heap)
    start = now
    for each, period in zip(line.ahead, periods, strict=True):
        if each.units > line.units:
            continue  # never served as things are, so in nobody's way
        taken = [heapq.heappop(heap) for _unit in range(each.units)]
        # Nobody is served before somebody ahead of them.
        start = max(start, taken[-1])
        for _unit in range(each.units):
            heapq.heappush(heap, start + period + line.service_time)
    return max(start, heapq.nsmallest(line.wanted, heap)[-1])


def likely(line: Line, past: Sequence[int], now: int, *, seed: str) -> Range | None:
    """``past``: minutes for which the thing was kept. None where there is too little to go by.

    The same for equal ``seed``: a page that is loaded again does not flicker.
    """
    if len(past) < LEAST_PAST or line.wanted > line.units:
        return None
    random = Random(seed)  # the same in every process: text is no hash
    kept = sorted(past)
    drawn = replace(line, ahead=line.ahead[:MOST_DRAWN])
    rests = [
        _list_rests(kept, now - holder.since) for holder in line.holders for _unit in range(holder.units)
    ]
    waits = sorted(_simulate(drawn, kept, rests, now, random) - now for _run in range(RUNS))
    return _reach_on(line, kept, Range(waits[RUNS // 2], waits[RUNS * 9 // 10]))


def _reach_on(line: Line, kept: Sequence[int], near: Range) -> Range:
    """Beyond those who were drawn each adds the mean, and the spread grows with the root of their number."""
    beyond = sum(each.units for each in line.ahead[MOST_DRAWN:] if each.units <= line.units)
    if not beyond:
        return near
    mean = sum(kept) / len(kept) + line.service_time
    median = near.median + round(beyond * mean / line.units)
    return Range(median, median + round((near.most - near.median) * (len(line.ahead) / MOST_DRAWN) ** 0.5))


def _simulate(
    line: Line, kept: Sequence[int], rests: Sequence[Sequence[int]], now: int, random: Random
) -> int:
    """``rests``: for each unit that somebody has, how much longer that may be."""
    ends = [now + random.choice(longer) + line.service_time for longer in rests]
    periods = random.choices(kept, k=len(line.ahead))
    return _serve(line, ends, periods, now) or now


def _list_rests(kept: Sequence[int], elapsed: int) -> Sequence[int]:
    """How long it may go on, by those that were kept at least as long as it is out by now."""
    # Longer than ever before: as long again as the usual one, for want of anything better.
    return [minutes - elapsed for minutes in kept if minutes > elapsed] or kept
