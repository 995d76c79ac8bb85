"""When several lines fit together: starts that are free for every one of them at once."""

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import chain
from uuid import UUID

from reservations.availability import BusyByLeaf, Moment, Wish, busy_for, full_for, ranges_within
from reservations.domain.lines import Line
from reservations.policies import Booker
from scheduling.slots import common_slots


def lines_busy(
    lines: Sequence[Line], *, duration: int, start: int, end: int, moment: Moment, but: UUID
) -> BusyByLeaf:
    """One query for all rows that matter to starts in [start, end); ``but``: the reservation to be moved."""
    return busy_for([line.bookable for line in lines], start, end, moment, duration=duration, but=but)


def common_starts(
    lines: Sequence[Line],
    busy: BusyByLeaf,
    *,
    duration: int,
    party_size: int,
    booker: Booker,
    start: int,
    end: int,
    now: int,
) -> list[int]:
    """Starts (UTC minutes) in [start, end) at which all lines can be booked together, in order."""
    choices = [
        ranges_within(
            line.bookable, Wish(duration, party_size, line.units, booker), busy, start=start, end=end, now=now
        )
        for line in lines
    ]
    starts = list(chain.from_iterable(common_slots(choices)))
    return sorted(_with_room_for_both(starts, lines, busy, duration))


def _with_room_for_both(
    starts: Collection[int], lines: Sequence[Line], busy: BusyByLeaf, duration: int
) -> Collection[int]:
    """Where lines share a leaf (a hall and its court), it must bear both of them."""
    uses = Counter(leaf for line in lines for leaf in line.bookable.leaves)
    for leaf in (leaf for leaf, number in uses.items() if number > 1):
        takers = [line for line in lines if leaf in line.bookable.leaves]
        full = full_for([leaf], busy, sum(line.units_of(leaf) for line in takers))
        before = max(line.bookable.slot_rules.buffer_before for line in takers)
        after = max(line.bookable.slot_rules.buffer_after for line in takers)
        starts = [
            at
            for at in starts
            if not any(first < at + duration + after and at - before < last for first, last in full)
        ]
    return starts
