"""When a facilitator and a room are both free, near a time that is taken."""

from collections.abc import Collection
from datetime import datetime
from heapq import nsmallest

from common.clock import epoch_minute, epoch_seconds
from common.clock import now as clock_now
from reservations.availability import rows_touching
from resources.models import Venue
from scheduling.spans import merge, overlaps
from scheduling.zones import DAY, from_minute, to_minute

STEP, NEAR, MOST = 15, DAY, 3


def list_near_starts(
    venue: Venue, resource_ids: Collection[int], start: datetime, end: datetime, now: datetime
) -> list[datetime]:
    """The closest first, in steps of a quarter of an hour, within a day; one query."""
    first, length = to_minute(start), to_minute(end) - to_minute(start)
    windows = [(id, first - NEAR, first + NEAR + length) for id in resource_ids]
    busy = rows_touching(windows, now_seconds=epoch_seconds(clock_now()))
    taken = merge([(b0, b1) for rows in busy.values() for b0, b1, _units, _is_hold in rows])
    earliest = max(first - NEAR, epoch_minute(now) + 1)
    free = [
        at
        for at in range(first - NEAR, first + NEAR + 1, STEP)
        if at >= earliest and not overlaps(taken, at, at + length)
    ]
    near = nsmallest(MOST, free, key=lambda at: (abs(at - first), at))
    return [from_minute(at, venue.zone_name) for at in near]
