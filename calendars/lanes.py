"""Side by side what overlaps: which lane each span gets. Pure."""

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from scheduling.spans import Span


class Place(NamedTuple):
    """``lane``: from 0; ``lanes``: of the cluster of overlapping spans that it belongs to."""

    lane: int
    lanes: int


def lanes(spans: Sequence[Span]) -> list[Place]:
    """A place for each span, in their order; a cluster has as many lanes as overlap at one time, no more.

    ::

        ======            lane 0 of 2
           ======         lane 1 of 2
                ====      lane 0 of 2
                     ===  lane 0 of 1
    """
    placed = [Place(0, 1)] * len(spans)
    cluster: list[tuple[int, int]] = []
    ending: list[tuple[int, int]] = []
    free: list[int] = []
    until = 0
    for number in sorted(range(len(spans)), key=lambda each: (spans[each][0], -spans[each][1])):
        start, end = spans[number]
        if start >= until and cluster:
            _close(placed, cluster)
            ending, free = [], []
        while ending and ending[0][0] <= start:
            heappush(free, heappop(ending)[1])
        lane = heappop(free) if free else len(ending)
        heappush(ending, (end, lane))
        cluster.append((number, lane))
        until = max(until, end) if len(cluster) > 1 else end
    _close(placed, cluster)
    return placed


def _close(placed: list[Place], cluster: list[tuple[int, int]]) -> None:
    """Writes down a finished cluster and empties it."""
    count = max((lane for _number, lane in cluster), default=0) + 1
    for number, lane in cluster:
        placed[number] = Place(lane, count)
    cluster.clear()
