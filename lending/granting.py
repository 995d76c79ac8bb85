"""Giving somebody a thing: the loan becomes a reservation, and perhaps goes out at once."""

from datetime import datetime, timedelta

from common.clock import epoch_minute
from lending.enums import Approval, Kind, Status
from lending.locking import list_things
from lending.models import Loan, Queue
from lending.occupying import mark_fetched, occupancy_of, occupy, start_minute_of
from lending.policies import Grant, Terms, common_terms
from lending.recording import Step, set_status, take_steps, whole_second
from lending.terms import LENT, terms_at
from reservations.domain.values import Actor
from resources.bookables import Bookable, Catalog
from resources.catalog import catalog
from scheduling.zones import from_minute

GIVEN = (
    *(
        "resource",
        "reservation",
        "approved_at",
        "handed_out_at",
        "due_at",
        "due_for_next",
        "valid_until",
        "next_at",
        "skip_reason",
        "skipped_at",
        "suspended_until",
    ),
    "decided_by",
)


def grant(loan: Loan, thing: Bookable, given: Grant, terms: Terms, actor: Actor, now: datetime) -> None:
    """Under the thing's locks. Raises ``SlotTaken`` and ``CapacityReached``."""
    # Handed over with the approval, unless it is for another day.
    at_once = terms.pickup_window is None and (not loan.is_dated or given.start <= epoch_minute(now))
    loan.resource_id = thing.id
    loan.reservation = occupy(loan, thing, given, actor, now, begun=at_once)
    loan.approved_at = whole_second(now)
    loan.due_at = from_minute(given.due) if given.due is not None else None
    is_open = not loan.is_dated and terms.period_of(loan.period) is None
    loan.due_for_next = is_open and given.due is not None
    loan.valid_until = find_pickup_end(loan, given.start, terms, now)
    loan.next_at, loan.skip_reason, loan.skipped_at = None, "", None
    loan.suspended_until = None
    loan.decided_by = actor.user
    steps = [Step(Status.APPROVED, Kind.APPROVED)]
    if at_once:
        note_handed_out(loan, terms, now)
        steps.append(Step(Status.OUT, Kind.HANDED_OUT))
    take_steps(loan, steps, actor=actor, now=now, fields=GIVEN)


def find_pickup_end(loan: Loan, start: int, terms: Terms, now: datetime) -> datetime | None:
    """The window opens when it is ready: now, or when the dates begin."""
    if terms.pickup_window is None:
        return None
    end = max(whole_second(now), from_minute(start)) + timedelta(minutes=terms.pickup_window)
    return min(end, loan.due_at) if loan.due_at else end


def start_loan(
    loan: Loan, terms: Terms, actor: Actor, now: datetime, *, fields: tuple[str, ...] = ()
) -> None:
    """It is with its borrower from now on."""
    mark_fetched(occupancy_of(loan), actor, now)
    note_handed_out(loan, terms, now)
    set_status(
        loan,
        Status.OUT,
        kind=Kind.HANDED_OUT,
        actor=actor,
        now=now,
        changes={"condition": loan.condition_out},
        fields=("handed_out_at", "valid_until", *fields),
    )


def note_handed_out(loan: Loan, terms: Terms, now: datetime) -> None:
    loan.handed_out_at = whole_second(now)
    loan.valid_until = _find_lease_end(terms, now)


def _find_lease_end(terms: Terms, now: datetime) -> datetime | None:
    return whole_second(now) + timedelta(minutes=terms.lease) if terms.lease else None


def renew_validity(loan: Loan, terms: Terms, now: datetime) -> None:
    """By the ``terms`` of what they have now; whoever still has to fetch it keeps a time for that.

    Dates without one begin by themselves.
    """
    if loan.status == Status.OUT:
        loan.valid_until = _find_lease_end(terms, now)
    elif terms.pickup_window or loan.is_dated:
        loan.valid_until = find_pickup_end(loan, start_minute_of(loan), terms, now)


def keep_place(loan: Loan, now: datetime) -> None:
    """The lease of a place in the queue counts from now, or from the end of a pause."""
    minutes = lease_of(loan)
    if loan.valid_until is not None and minutes is not None:
        since = max(whole_second(now), loan.suspended_until or now)
        loan.valid_until = since + timedelta(minutes=minutes)


def lease_of(loan: Loan) -> int | None:
    """Minutes after which what somebody has, or their place in the queue, has to be kept alive."""
    lent = terms_at(loan.venue_id)
    if loan.status == Status.OUT:
        terms = lent.get(loan.resource_id or 0)
        return terms.lease if terms else None
    queue_terms = find_queue_terms(loan.queue, catalog(loan.venue_id))
    return queue_terms.queue_lease if queue_terms else None


def find_queue_terms(queue: Queue, venue_catalog: Catalog) -> Terms | None:
    """By which a place is kept and the queue is ordered, whatever of its group is in use."""
    lent = venue_catalog.part(LENT)
    things = list_things(queue, venue_catalog, only_active=False)
    return common_terms(lent[thing.id] for thing in things) if things else None


def is_approved(loan: Loan) -> bool:
    """Whether staff decide about whoever waits with it."""
    lent = terms_at(loan.venue_id)
    things = list_things(loan.queue, catalog(loan.venue_id), only_active=False)
    return any(lent[thing.id].approval == Approval.MANUAL for thing in things)
