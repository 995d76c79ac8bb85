"""Which resource becomes of each thing that is asked for, so that all of them can be had together."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from reservations.availability import Moment, find_violations, full_spans_of
from reservations.availability.occupied import rows_touching
from reservations.domain.lines import Line, Span, make_probes
from reservations.domain.occupancy import raise_violation
from reservations.domain.writing import block_leaves
from reservations.exceptions import SlotTaken
from reservations.policies import CONFLICTS, Booker, Violation, violation
from resources.bookables import Leaf
from scheduling.reasons import Reason
from scheduling.spans import overlaps

MOST_TRIES = 500
"""Choices after which those that share parts with others count as taken."""

Options = Sequence[Sequence[Line]]


def choose_lines(
    choices: Options, span: Span, booker: Booker, moment: Moment, *, refused: Collection[int] = ()
) -> list[Line]:
    """A line of each item that can be booked, the first ones that can be had together.

    ``refused`` are resource ids tried already. Raises the first obstacle; for a group, a conflict before a
    rule.
    """
    flat = [line for lines in choices for line in lines]
    obstacles = find_violations(make_probes(flat, span), booker, moment)
    obstacle_by_line = dict(zip(map(id, flat), obstacles, strict=True))
    return pick_lines(choices, obstacle_by_line, span, moment, refused=refused)


def pick_lines(
    choices: Options,
    obstacle_by_line: Mapping[int, Violation | None],
    span: Span,
    moment: Moment,
    *,
    refused: Collection[int] = (),
) -> list[Line]:
    """``choose_lines`` with known obstacles, by the ``id()`` of each line."""
    free = []
    for lines in choices:
        free.append(
            [line for line in lines if obstacle_by_line[id(line)] is None and line.bookable.id not in refused]
        )
        if not free[-1]:
            _raise_first([obstacle_by_line[id(line)] for line in lines])
    picked = _pick_apart(free, choices)
    if picked is None:
        raise SlotTaken
    if obstacle := find_crowding(picked, span, moment):
        raise_violation(obstacle)
    return picked


def _raise_first(obstacles: Sequence[Violation | None]) -> None:
    violations_found = [obstacle for obstacle in obstacles if obstacle is not None]
    conflicts = [obstacle for obstacle in violations_found if obstacle.reason in CONFLICTS]
    raise_violation(next(iter(conflicts or violations_found), None))


def _pick_apart(free: Options, choices: Options) -> list[Line] | None:
    """One of each, so that no choice shares anything with another line; the first that leave a way out."""
    named = {number: lines[0] for number, lines in enumerate(choices) if _is_named(lines)}
    if len({line.bookable.id for line in named.values()}) < len(named):
        return None
    wanted = [number for number in range(len(choices)) if number not in named]
    left: Options = [free[number] for number in wanted]
    for line in named.values():
        left = [_drop_clashing(options, line) for options in left]
    picked = _Picker().pick(left)
    if picked is None:
        return None
    by_number = named | dict(zip(wanted, picked, strict=True))
    return [by_number[number] for number in range(len(choices))]


def _is_named(lines: Sequence[Line]) -> bool:
    """Asked for by name, no choice of ours: what it shares with others it takes for all of them."""
    return len(lines) == 1 and lines[0].group_id is None


class _Picker:
    def __init__(self) -> None:
        self.tries = 0

    def pick(self, options: Options) -> list[Line] | None:
        if not options:
            return []
        for line in options[0]:
            self.tries += 1
            left = [_drop_clashing(others, line) for others in options[1:]]
            # Looked ahead: ten rooms for eleven wishes would else be tried in every order.
            if not _can_differ(left):
                continue
            rest = self.pick(left)
            if rest is not None:
                return [line, *rest]
            if self.tries > MOST_TRIES:
                break
        return None


def _drop_clashing(options: Sequence[Line], line: Line) -> list[Line]:
    leaves = set(line.bookable.leaves)
    return [option for option in options if leaves.isdisjoint(option.bookable.leaves)]


def _can_differ(options: Options) -> bool:
    """Whether each can have a resource of its own: a matching, made larger by one path after the other."""
    owner_by_id: dict[int, int] = {}

    def find_one(number: int, seen: set[int]) -> bool:
        for line in options[number]:
            name = line.bookable.id
            if name in seen:
                continue
            seen.add(name)
            if name not in owner_by_id or find_one(owner_by_id[name], seen):
                owner_by_id[name] = number
                return True
        return False

    return all(find_one(number, set()) for number in range(len(options)))


def find_crowding(
    lines: Sequence[Line], span: Span, moment: Moment, *, excluding: UUID | None = None
) -> Violation | None:
    """Each line alone has room; a leaf that several share may still be too small for all of them."""
    if len(lines) < 2:
        return None
    lines_by_leaf: dict[Leaf, list[Line]] = defaultdict(list)
    for line in lines:
        for leaf in line.bookable.leaves:
            lines_by_leaf[leaf].append(line)
    shared = [leaf for leaf, sharing in lines_by_leaf.items() if len(sharing) > 1]
    if not shared:
        return None
    blocked = block_leaves(lines, span.start, span.end)
    windows = [(leaf.id, *blocked[leaf.id][:2]) for leaf in shared]
    busy = rows_touching(windows, now_seconds=moment.seconds, excluding=excluding)
    for number, leaf in enumerate(shared):
        first, last, units = blocked[leaf.id]
        full = full_spans_of([leaf], {leaf.id: busy.get(number, [])}, units)
        if overlaps(full, first, last):
            return violation(Reason.CAPACITY if leaf.limit > 1 else Reason.PART_TAKEN)
    return None
