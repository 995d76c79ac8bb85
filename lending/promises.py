"""What is kept for those who wait, where somebody wants a thing for dates: under the turn's locks."""

from lending.eligibility import list_possible
from lending.enums import Skip
from lending.locking import Turn, leaves_of, list_things
from lending.missing import read_taken
from lending.models import Loan
from lending.occupying import BusyRows, find_free_until
from lending.policies import NEAR, ROLLING, SHORTEST, Grant, breaks_promise
from lending.querysets import LoanQuerySet
from resources.bookables import Bookable

COULD_BE = ("", Skip.MORE_UNITS, Skip.SUSPENDED)
"""Why somebody waits who would be given it; a pause may be over."""
FAR = 1 << 40


def is_kept(turn: Turn, loan: Loan, thing: Bookable, given: Grant, busy: BusyRows) -> bool:
    """For somebody who has been overtaken often enough, or who was told when they get it."""
    passed = list_passed(turn, loan, thing, given)
    is_due = any(_is_due(turn, other, thing) for other in passed)
    return is_due or _is_promised(turn, loan, thing, given, busy)


def list_passed(turn: Turn, loan: Loan, thing: Bookable, given: Grant) -> list[Loan]:
    """Whom ``loan`` would overtake: they wait though this is free now, since they want more."""
    if given.start >= turn.minute + NEAR:
        return []
    waiting = _list_next(turn).filter(priority__gte=loan.priority).exclude(pk=loan.pk)
    passed = [other for other in waiting if _list_shared(turn, other, thing)]
    if not passed:
        return []
    busy = read_taken(turn.catalog, [leaf.id for leaf in thing.leaves], turn.minute, given.end)
    is_free_now = find_free_until(thing.leaves, busy, loan.units, turn.minute) >= given.end
    return passed if is_free_now else []


def _list_next(turn: Turn) -> LoanQuerySet:
    waiting = Loan.objects.waiting().filter(queue__in=list(turn.queues), skip_reason__in=COULD_BE)
    waiting = waiting.select_related("borrower")
    return waiting.exclude(suspended_until__gt=turn.now).in_arrival_order()


def _list_shared(turn: Turn, loan: Loan, thing: Bookable) -> list[Bookable]:
    """What they could be given that has something of ``thing``."""
    leaves = leaves_of([thing])
    options = list_possible(turn.catalog, loan, turn.queues[loan.queue_id], turn.now)
    return [each for each in options if loan.units <= each.limit and leaves & leaves_of([each])]


def _is_due(turn: Turn, loan: Loan, thing: Bookable) -> bool:
    return any(loan.skips >= turn.terms[each.id].overtakes for each in _list_shared(turn, loan, thing))


def _is_promised(turn: Turn, loan: Loan, thing: Bookable, given: Grant, busy: BusyRows) -> bool:
    """Whether whoever is first in line would get it later than they were told."""
    queues = [pk for pk, queue in turn.queues.items() if thing in list_things(queue, turn.catalog)]
    waiting = _list_next(turn).filter(queue__in=queues, units__lte=thing.limit).exclude(pk=loan.pk)
    first = waiting.first()
    if first is None:
        return False
    known = {leaf: [_without_end(row) for row in rows] for leaf, rows in busy.items()}
    before = _find_first_start(thing, known, first.units, turn.minute)
    row = (given.start, given.end, loan.units, False)
    later = {leaf.id: [*known.get(leaf.id, ()), row] for leaf in thing.leaves}
    return breaks_promise(before, _find_first_start(thing, later, first.units, turn.minute))


def _without_end(row: tuple[int, int, int, bool]) -> tuple[int, int, int, bool]:
    """Nobody can tell when something without an end comes back."""
    start, end, units, is_hold = row
    return (start, FAR, units, is_hold) if end - start > ROLLING - 1440 else row


def _find_first_start(thing: Bookable, busy: BusyRows, units: int, now: int) -> int | None:
    ends = {row[1] for rows in busy.values() for row in rows if now < row[1] < FAR}
    for start in (now, *sorted(ends)):
        if find_free_until(thing.leaves, busy, units, start) - start >= SHORTEST:
            return start
    return None
