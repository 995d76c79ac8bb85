from collections.abc import Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from scheduling.spans import Span


class LanePosition(NamedTuple):
    """``lanes`` counts those of the cluster of overlapping spans that it belongs to."""

    lane: int
    lanes: int


def pack_lanes(spans: Sequence[Span]) -> list[LanePosition]:
    """A lane for each span; a cluster has as many lanes as overlap at one time.

    ::

        ======            lane 0 of 2
           ======         lane 1 of 2
                ====      lane 0 of 2
                     ===  lane 0 of 1
    """
    placed = [LanePosition(0, 1)] * len(spans)
    cluster: list[tuple[int, int]] = []
    ending: list[tuple[int, int]] = []
    free: list[int] = []
    until = 0
    for number in sorted(range(len(spans)), key=lambda index: (spans[index][0], -spans[index][1])):
        start, end = spans[number]
        if start >= until and cluster:
            _close_cluster(placed, cluster)
            ending, free = [], []
        while ending and ending[0][0] <= start:
            heappush(free, heappop(ending)[1])
        lane = heappop(free) if free else len(ending)
        heappush(ending, (end, lane))
        cluster.append((number, lane))
        until = max(until, end) if len(cluster) > 1 else end
    _close_cluster(placed, cluster)
    return placed


def _close_cluster(placed: list[LanePosition], cluster: list[tuple[int, int]]) -> None:
    count = max((lane for _number, lane in cluster), default=0) + 1
    for number, lane in cluster:
        placed[number] = LanePosition(lane, count)
    cluster.clear()
