from collections import Counter
from collections.abc import Collection, Sequence
from itertools import chain
from uuid import UUID

from reservations.availability import BusyByLeaf, Moment, Wish, full_spans_of, ranges_within, read_busy
from reservations.domain.lines import Line
from reservations.policies import Booker
from scheduling.slots import common_slots
from scheduling.spans import Span, overlaps


def read_busy_of_lines(
    lines: Sequence[Line], *, duration: int, start: int, end: int, moment: Moment, excluding: UUID
) -> BusyByLeaf:
    return read_busy(
        [line.bookable for line in lines], start, end, moment, duration=duration, excluding=excluding
    )


def find_common_starts(
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
    # Each line alone has room then; a leaf that they share may still be too small for all of them.
    return sorted(_drop_crowded_starts(starts, lines, busy, duration))


def _drop_crowded_starts(
    starts: Collection[int], lines: Sequence[Line], busy: BusyByLeaf, duration: int
) -> Collection[int]:
    """A leaf that lines share (a hall and its court) needs room for all of them."""
    lines_per_leaf = Counter(leaf for line in lines for leaf in line.bookable.leaves)
    for leaf in (leaf for leaf, number in lines_per_leaf.items() if number > 1):
        sharing_lines = [line for line in lines if leaf in line.bookable.leaves]
        full = full_spans_of([leaf], busy, sum(line.units_of(leaf) for line in sharing_lines))
        starts = [at for at in starts if not overlaps(full, *_blocked(sharing_lines, at, at + duration))]
    return starts


def _blocked(lines: Sequence[Line], start: int, end: int) -> Span:
    spans = [line.bookable.slot_rules.blocked(start, end) for line in lines]
    return min(first for first, _last in spans), max(last for _first, last in spans)
