from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.clock import epoch_minute
from common.clock import now as clock_now
from common.errors import Conflict, InvalidInput, NotFound
from common.parsing import LONGEST_MINUTES
from common.selecting import written_once
from lending.enums import HAVING, LIVE, PRODUCT, Approval, Kind, Skip, Status
from lending.exceptions import AlreadyRequested, LoanRefused, NotLendable, QueueFirst
from lending.granting import find_queue_terms, grant
from lending.locking import Turn, list_things, lock_turn, locking_again, taking
from lending.missing import read_taken
from lending.models import Copy, Loan, Queue
from lending.occupying import BusyRows, find_free_until
from lending.policies import ROLLING, Grant, Standing, Terms, find_ineligibility
from lending.promises import is_kept, list_passed
from lending.queueing import promote
from lending.recording import begin_history, note_overtaken, store, tell, whole_second
from lending.standing import Own, Standings
from reservations.domain.values import Actor
from reservations.exceptions import CapacityReached, SlotTaken
from reservations.policies import violation
from resources.bookables import Bookable
from resources.models import Resource, ResourceGroup
from resources.products import OFFERED
from scheduling.reasons import Reason
from scheduling.zones import from_minute, to_minute

MOST_UNITS = 100_000
MOST_ENDS = 100
"""Ends of others' bookings at which something is looked for."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for; ``period`` in minutes, or dates, or neither: as long as it takes."""

    borrower: User
    units: int = 1
    period: int | None = None
    wanted_from: datetime | None = None
    wanted_until: datetime | None = None
    purpose: str = ""
    priority: int = 0


def request_loan(
    *,
    thing: Resource | ResourceGroup,
    borrower: User,
    actor: Actor,
    units: int = 1,
    period: int | None = None,
    wanted_from: datetime | None = None,
    wanted_until: datetime | None = None,
    purpose: str = "",
    priority: int = 0,
    now: datetime | None = None,
) -> Loan:
    """Ask for a thing, or for any of a group: it is given at once, or there is a place in its queue.

    With dates it is booked or refused; where staff approve, they decide. The caller refuses actors who may
    not ask for ``borrower``, or give a ``priority``. Raises ``NotFound``, ``NotLendable``, ``LoanRefused``
    (``limit_reached``, ``overdue``, ``too_long``, ``members_only``, ``past``, ``too_far``),
    ``AlreadyRequested``, ``SlotTaken``, ``CapacityReached``, ``QueueFirst``, ``InvalidInput``, ``Busy``.
    """
    at = now or clock_now()
    wish = Wish(borrower, units, period, wanted_from, wanted_until, purpose.strip(), priority)
    _check_shape(wish, at)
    wanted = _queue_of(thing)

    def act() -> Loan:
        turn = lock_turn(thing.venue_id, [wanted], at)
        if PRODUCT not in turn.catalog.part(OFFERED):
            raise NotFound
        with taking(turn):
            standings = Standings(turn)
            loan = _write(turn, find_locked(turn, wanted), wish, actor, standings)
            turn.asker = actor
            promote(turn, standings=standings)
            store(loan)
            if loan.status == Status.REQUESTED:  # whoever gets it at once is told that, and no more
                tell(loan, [Kind.REQUESTED], actor)
        return loan

    return locking_again(act)


def find_queue(thing: Resource | ResourceGroup) -> Queue:
    """Made with the first request."""
    wanted = _queue_of(thing)
    owner = {"resource": wanted.resource_id} if wanted.resource_id else {"group": wanted.group_id}
    return Queue.objects.filter(**owner).first() or _make_queue(wanted)


def _queue_of(thing: Resource | ResourceGroup) -> Queue:
    if isinstance(thing, Resource):
        return Queue(venue_id=thing.venue_id, resource=thing)
    return Queue(venue_id=thing.venue_id, group=thing)


def _make_queue(wanted: Queue) -> Queue:
    owner = {"resource_id": wanted.resource_id, "group_id": wanted.group_id}
    return Queue.objects.get_or_create(**owner, defaults={"venue_id": wanted.venue_id})[0]


def find_locked(turn: Turn, wanted: Queue) -> Queue:
    """Whoever makes it holds the leaves, so nobody else serves it yet."""
    for queue in turn.queues.values():
        if (queue.resource_id, queue.group_id) == (wanted.resource_id, wanted.group_id):
            return queue
    made = _make_queue(wanted)
    turn.queues[made.pk] = made
    return made


def _check_shape(wish: Wish, now: datetime) -> None:
    if not 1 <= wish.units <= MOST_UNITS:
        raise InvalidInput(fields={"units": [_("Enter 1 or more.")]})
    if wish.period is not None and not 1 <= wish.period <= LONGEST_MINUTES:
        raise InvalidInput(fields={"period": [_("Enter a number of minutes from 1 to 525,600.")]})
    if len(wish.purpose) > 500:
        raise InvalidInput(fields={"purpose": [_("Enter 500 characters or fewer.")]})
    if (wish.wanted_from is None) != (wish.wanted_until is None):
        missing = "wanted_from" if wish.wanted_from is None else "wanted_until"
        raise InvalidInput(fields={missing: [_("Enter both dates, or neither.")]})
    if wish.wanted_from and wish.wanted_until:
        _check_dates(wish.wanted_from, wish.wanted_until, now)


def _check_dates(start: datetime, end: datetime, now: datetime) -> None:
    for name, at in (("wanted_from", start), ("wanted_until", end)):
        if at.second or at.microsecond:
            raise InvalidInput(fields={name: [_("Enter whole minutes.")]})
    if end <= start:
        raise InvalidInput(fields={"wanted_until": [_("Enter an end after the start.")]})
    if to_minute(start) < epoch_minute(now):
        raise LoanRefused(violation(Reason.PAST).message, code=Reason.PAST)


def _write(turn: Turn, queue: Queue, wish: Wish, actor: Actor, standings: Standings) -> Loan:
    things = _list_options(turn, queue, wish)
    # A place in the queue is kept by the rules by which the queue is ordered.
    terms = find_queue_terms(queue, turn.catalog) or turn.terms[things[0].id]
    loan = _new_loan(turn, queue, wish, terms, actor)
    begin_history(loan, actor, turn.now, {"purpose": ["", loan.purpose]} if loan.purpose else {})
    _check_duplicates(loan, standings.read_all_of(loan.borrower_id))
    things = list_acceptable(turn, loan, things, standings)
    if not loan.is_dated:
        turn.newcomer = loan
        return loan
    thing, given = find_dates(turn, loan, things)
    if turn.terms[thing.id].approval == Approval.INSTANT:
        passed = list_passed(turn, loan, thing, given)
        grant(loan, thing, given, turn.terms[thing.id], actor, turn.now)
        standings.note_given(loan, thing)
        for other in passed:
            note_overtaken(other, turn.now)
    return loan


def _list_options(turn: Turn, queue: Queue, wish: Wish) -> list[Bookable]:
    things = list_things(queue, turn.catalog, only_active=False)
    if not things:
        raise NotFound
    active = [thing for thing in things if thing.is_active]
    if not active:
        raise NotLendable
    fitting = [thing for thing in active if _has_so_many(thing, wish.units)]
    if not fitting:
        raise InvalidInput(fields={"units": [_("There are not that many.")]})
    return fitting


def _has_so_many(thing: Bookable, units: int) -> bool:
    """What is in repair comes back: one can wait for it."""
    if units <= max(thing.limit, 1):
        return True
    return units <= Copy.objects.filter(resource=thing.id).count()


def _new_loan(turn: Turn, queue: Queue, wish: Wish, terms: Terms, actor: Actor) -> Loan:
    now = whole_second(turn.now)
    queue_lease = timedelta(minutes=terms.queue_lease) if terms.queue_lease else None
    return Loan(
        venue_id=turn.venue_id,
        queue=queue,
        seq=next_seq(queue, turn.now),
        resource_id=queue.resource_id,
        group_id=queue.group_id,
        borrower=wish.borrower,
        requested_by=actor.user,
        units=wish.units,
        period=wish.period,
        wanted_from=wish.wanted_from,
        wanted_until=wish.wanted_until,
        purpose=wish.purpose,
        priority=wish.priority,
        requested_at=now,
        valid_until=now + queue_lease if queue_lease and not wish.wanted_from else None,
    )


def next_seq(queue: Queue, now: datetime) -> int:
    """Comparable across queues, and never used twice in one."""
    return max(int(now.timestamp() * 1_000_000), *(seq + 1 for seq in _select_last_seq(queue.pk)), 0)


@written_once
def _select_last_seq(queue_id: int) -> QuerySet[Loan, int]:
    return Loan.objects.filter(queue=queue_id).order_by("-seq").values_list("seq", flat=True)[:1]


def _check_duplicates(loan: Loan, others: Iterable[Own]) -> None:
    """``others`` of the same person."""
    for other in others:
        if _is_of_same_thing(loan, other) and _is_at_same_time(loan, other):
            raise AlreadyRequested


def _is_of_same_thing(loan: Loan, other: Own) -> bool:
    if other.queue_id == loan.queue_id:
        return other.status in LIVE
    # They have it, though they asked for any of a group, or for what it was swapped for.
    return other.status in HAVING and other.resource_id == loan.resource_id


def _is_at_same_time(loan: Loan, other: Own) -> bool:
    if loan.wanted_from is None or loan.wanted_until is None:
        # Who has it for dates has it: they renew it.
        return other.wanted_from is None or other.status == Status.OUT
    if other.wanted_from is None or other.wanted_until is None:
        return False
    return other.wanted_from < loan.wanted_until and loan.wanted_from < other.wanted_until


def list_acceptable(
    turn: Turn, loan: Loan, things: Sequence[Bookable], standings: Standings
) -> list[Bookable]:
    """Of ``things`` those whose own rules let them ask; raises why not the first, where there is none.

    What a person has to change themselves is said at once; ``max_out`` alone lets them wait.
    """
    lent = turn.terms
    refusals = {
        terms.rules_id: _find_refusal(turn, loan, terms, standings.of(loan, terms))
        for terms in {lent[thing.id].rules_id: lent[thing.id] for thing in things}.values()
    }
    found = [thing for thing in things if refusals[lent[thing.id].rules_id] is None]
    if not found and (refusal := refusals[lent[things[0].id].rules_id]):
        raise refusal
    return found


def _find_refusal(turn: Turn, loan: Loan, terms: Terms, standing: Standing) -> LoanRefused | None:
    if not terms.allows(loan.period):
        return LoanRefused(violation(Reason.TOO_LONG).message, code=Reason.TOO_LONG)
    if refusal := _find_personal(loan, terms, standing):
        return refusal
    if loan.wanted_from and loan.wanted_until:
        return _find_out_of_reach(loan.wanted_from, loan.wanted_until, terms, turn.now)
    if terms.max_waiting is not None:
        waiting = Loan.objects.waiting().filter(borrower=loan.borrower_id, venue=turn.venue_id)
        same = waiting.filter(queue__in=_queues_under(turn, terms))
        return _limit_reached() if same.count() >= terms.max_waiting else None
    return None


def _find_personal(loan: Loan, terms: Terms, standing: Standing) -> LoanRefused | None:
    found = find_ineligibility(standing, terms)
    if found == Skip.INACTIVE:
        return LoanRefused(_("This account is closed or suspended."), code=Reason.INACTIVE)
    if found == Skip.MEMBERS_ONLY:
        return LoanRefused(violation(Reason.MEMBERS_ONLY).message, code=Reason.MEMBERS_ONLY)
    if found == Skip.OVERDUE:
        return LoanRefused(_("You have something that is overdue. Bring it back first."), code="overdue")
    return _limit_reached() if found == Skip.MAX_OUT and loan.is_dated else None


def _limit_reached() -> LoanRefused:
    return LoanRefused(violation(Reason.LIMIT_REACHED).message, code=Reason.LIMIT_REACHED)


def _queues_under(turn: Turn, terms: Terms) -> list[int]:
    """Queues of the venue for something that is lent by these rules."""
    queues = Queue.objects.filter(venue=turn.venue_id)
    lent = turn.terms
    return [
        queue.pk
        for queue in queues
        if any(lent[thing.id].rules_id == terms.rules_id for thing in list_things(queue, turn.catalog))
    ]


def _find_out_of_reach(start: datetime, end: datetime, terms: Terms, now: datetime) -> LoanRefused | None:
    if end > now + timedelta(days=terms.horizon_days):
        return LoanRefused(violation(Reason.TOO_FAR).message, code=Reason.TOO_FAR)
    if end - start > timedelta(minutes=terms.longest or LONGEST_MINUTES):
        return LoanRefused(violation(Reason.TOO_LONG).message, code=Reason.TOO_LONG)
    return None


def find_dates(turn: Turn, loan: Loan, things: Sequence[Bookable]) -> tuple[Bookable, Grant]:
    """The first of ``things`` that is free for all of it.

    Raises ``SlotTaken``, ``CapacityReached``, and ``QueueFirst`` where it is kept for somebody who waits.
    """
    assert loan.wanted_from is not None  # noqa: S101  (for the type checker)
    assert loan.wanted_until is not None  # noqa: S101
    start, due = to_minute(loan.wanted_from), to_minute(loan.wanted_until)
    is_for_others, others = False, []
    for thing in things:
        end = due + turn.terms[thing.id].service_time
        leaves = [leaf.id for leaf in thing.leaves]
        busy = read_taken(turn.catalog, leaves, turn.minute, max(end, turn.minute + ROLLING))
        if find_free_until(thing.leaves, busy, loan.units, start, reach=end - start) < end:
            others.append(_find_later(thing, busy, loan.units, start, end))
            continue
        given = Grant(start, end, due)
        if not is_kept(turn, loan, thing, given, busy):
            return thing, given
        is_for_others = True
    if is_for_others:
        raise QueueFirst
    raise _describe_taken(things, min((at for at in others if at is not None), default=None))


def _find_later(thing: Bookable, busy: BusyRows, units: int, start: int, end: int) -> int | None:
    """When it is free next for as long; None where nobody can tell, or never."""
    if units > thing.limit or _is_open(busy):
        return None
    later = sorted({row[1] for rows in busy.values() for row in rows if row[1] > start})[:MOST_ENDS]
    found = (at for at in later if find_free_until(thing.leaves, busy, units, at) - at >= end - start)
    return next(found, None)


def _describe_taken(things: Sequence[Bookable], later: int | None) -> Conflict:
    """With when it is free next, on the venue's clock."""
    extra = {"alternatives": [from_minute(later).astimezone(things[0].zone)]} if later else {}
    if all(thing.limit == 1 for thing in things):
        return SlotTaken(_("It's taken at this time. Choose another one."), extra=extra)
    return CapacityReached(extra=extra)


def _is_open(busy: BusyRows) -> bool:
    """Nobody can tell when something without an end comes back."""
    return any(row[1] - row[0] > ROLLING - 1440 for rows in busy.values() for row in rows)
