"""Locks, always in this order: reservations, leaves by key, queues by key, limits by rules, one loan.

The row of a leaf is the lock of those who share it; a queue's row is the lock of those whose things come
free in different hands. So whoever serves a queue holds both, and nobody is served twice or passed over.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet

from common.clock import epoch_minute
from common.database import write_connection
from common.errors import Busy
from common.selecting import written_once
from common.transactions import lock_name, retried_atomic
from lending.enums import OCCUPYING
from lending.exceptions import LoanNotFound, Moved
from lending.missing import list_touched
from lending.models import Loan, Queue
from lending.occupying import BusyRows
from lending.policies import Terms
from lending.terms import LENT
from reservations.domain.history import lock_reservations
from reservations.domain.occupancy import lock_leaves
from reservations.domain.values import SYSTEM, Actor
from reservations.models import Reservation
from resources.bookables import Bookable, Catalog
from resources.catalog import catalog
from resources.models import Resource
from resources.stamps import remember_stamp

R = TypeVar("R")
MOST_TRIES = 8
"""Changes between looking and locking, after which it is too busy."""


@dataclass
class Turn:
    """What is locked, and what is known of it at this moment."""

    catalog: Catalog
    leaves: set[int]
    queues: dict[int, Queue]
    now: datetime
    busy: BusyRows = field(default_factory=dict)
    loans: dict[int, Loan] = field(default_factory=dict)
    """Those who wait, as far as they were read."""
    reservations: dict[UUID, Reservation] = field(default_factory=dict)
    newcomer: Loan | None = None
    """What is asked for in this very change; not stored yet, as long as it may be served first."""
    asker: Actor = SYSTEM
    """Who asks for it: what they get at once, they have taken."""
    at_risk: Sequence[UUID] = ()
    """Loans whose dates are now, for which what is late or lost may be needed."""

    @property
    def venue_id(self) -> int:
        return self.catalog.venue_id

    @property
    def minute(self) -> int:
        return epoch_minute(self.now)

    @property
    def terms(self) -> Mapping[int, Terms]:
        """By thing."""
        return self.catalog.part(LENT)

    def refresh(self) -> None:
        """After the change under way has changed the configuration itself."""
        self.catalog = catalog(self.venue_id)

    def has(self, thing: Bookable) -> bool:
        return all(leaf.id in self.leaves for leaf in thing.leaves)


_turn: ContextVar[Turn | None] = ContextVar("turn", default=None)


def current_turn() -> Turn | None:
    """Of the change under way, which promotes by itself at its end."""
    return _turn.get()


@contextmanager
def taking(turn: Turn) -> Iterator[None]:
    token = _turn.set(turn)
    try:
        yield
    finally:
        _turn.reset(token)


def list_things(queue: Queue, venue_catalog: Catalog, *, only_active: bool = True) -> list[Bookable]:
    """What is lent of the queue's thing or group."""
    if queue.resource_id:
        ids: Collection[int] = (queue.resource_id,)
    else:
        group = venue_catalog.groups.get(queue.group_id or 0)
        ids = group.member_ids if group else ()
    lent = venue_catalog.part(LENT)
    found = [venue_catalog.bookables[id] for id in ids if id in venue_catalog.bookables and id in lent]
    return [thing for thing in found if thing.is_active or not only_active]


def leaves_of(things: Iterable[Bookable]) -> set[int]:
    return {leaf.id for thing in things for leaf in thing.leaves}


def open_turn(venue_id: int, leaves: Collection[int], now: datetime) -> Turn:
    """For whoever holds these leaves already: locks the queues whose things have one of them."""
    venue_catalog = catalog(venue_id)
    touched = {id for id in list_touched(venue_catalog, leaves) if id in venue_catalog.part(LENT)}
    groups = [key for key, group in venue_catalog.groups.items() if touched.intersection(group.member_ids)]
    queues = _lock_queues(venue_id, touched, groups)
    turn = Turn(venue_catalog, set(leaves), {queue.pk: queue for queue in queues}, now)
    _lock_limits({venue_catalog.part(LENT)[id] for id in touched})
    return turn


def _lock_queues(venue_id: int, resource_ids: Collection[int], group_ids: Collection[int]) -> list[Queue]:
    if not resource_ids:
        return []
    things = [*resource_ids]
    return _lock_queues_of(venue_id, things, [*group_ids]) if group_ids else _lock_own(venue_id, things)


@written_once
def _lock_own(venue_id: int, resource_ids: list[int]) -> QuerySet[Queue]:
    return _lock(Queue.objects.filter(venue=venue_id, resource__in=resource_ids))


@written_once
def _lock_queues_of(venue_id: int, resource_ids: list[int], group_ids: list[int]) -> QuerySet[Queue]:
    of_things = Queue.objects.filter(venue=venue_id, resource__in=resource_ids)
    return _lock(of_things | Queue.objects.filter(venue=venue_id, group__in=group_ids))


def _lock(queues: QuerySet[Queue]) -> QuerySet[Queue]:
    return queues.select_for_update(no_key=True, of=("self",)).order_by("pk")


def _lock_limits(all_terms: Collection[Terms]) -> None:
    """Loans under the same limits are counted one after the other."""
    for rules_id in sorted({terms.rules_id for terms in all_terms if terms.has_limits}):
        lock_name(f"lending-limits:{rules_id}")


def lock_turn(
    venue_id: int,
    queues_or_ids: Collection[Queue | int],
    now: datetime,
    *,
    reservation_ids: Collection[UUID] = (),
    resource_ids: Collection[int] = (),
) -> Turn:
    """Everything that those of these queues may be given, and ``resource_ids``.

    Queues need not be stored yet: they name what is to be locked.
    """
    queues = [queue for queue in queues_or_ids if isinstance(queue, Queue)]
    if ids := {each for each in queues_or_ids if isinstance(each, int)}:
        queues += Queue.objects.filter(pk__in=ids)
    reservations = lock_reservations(reservation_ids, alone=True)
    venue_catalog = catalog(venue_id)
    things = [thing for queue in queues for thing in list_things(queue, venue_catalog, only_active=False)]
    things += [venue_catalog.bookables[id] for id in resource_ids if id in venue_catalog.bookables]
    leaves = leaves_of(things)
    lock_leaves(leaves, venue_id=venue_id)
    turn = open_turn(venue_id, leaves, now)
    turn.reservations = {reservation.pk: reservation for reservation in reservations}
    return turn


def add_leaves(turn: Turn, leaf_ids: Collection[int]) -> bool:
    """Lock further leaves, out of turn and so without waiting; False if somebody holds one of them."""
    missing = sorted(set(leaf_ids) - turn.leaves)
    connection = write_connection(Resource)
    if missing and connection.features.has_select_for_update_skip_locked:
        marks = ", ".join(["%s"] * len(missing))
        sql = f"SELECT id FROM resources_resource WHERE id IN ({marks}) FOR NO KEY UPDATE SKIP LOCKED"
        with connection.cursor() as cursor:
            cursor.execute(sql, missing)
            if len(cursor.fetchall()) < len(missing):
                return False
    turn.leaves.update(missing)
    return True


def lock_loan_row(loan_id: UUID) -> Loan:
    """Without anything else: for what concerns nobody but the loan. Raises ``LoanNotFound``."""
    found = _lock_loans(loan_id)
    if not found:
        raise LoanNotFound
    return found[0]


@written_once
def _lock_loans(loan_id: UUID) -> QuerySet[Loan]:
    rows = Loan.objects.select_for_update(no_key=True, of=("self",))
    return rows.filter(uuid=loan_id).select_related("borrower").order_by()


class _Seen(NamedTuple):
    """What a loan was before anything was locked."""

    id: int
    venue_id: int
    queue_id: int
    resource_id: int | None
    reservation_id: UUID | None
    borrower_id: UUID
    parts: Sequence[int]
    status: str
    stamp: int
    """Of the venue's configuration."""
    has_at_risk: bool
    """Perhaps somebody at the venue waits for what should be there."""
    waits_elsewhere: bool
    """Its borrower does."""


def _see(loan_id: UUID, now: datetime) -> _Seen:
    found = _select_seen(loan_id, now)
    if not found:
        raise LoanNotFound
    seen = _Seen(*found[0])
    remember_stamp(seen.venue_id, seen.stamp)  # read anew once the leaves are locked
    return seen


@written_once
def _select_seen(loan_id: UUID, now: datetime) -> QuerySet[Loan, tuple[Any, ...]]:
    others = Loan.objects.filter(venue=OuterRef("venue")).exclude(uuid=loan_id)
    at_risk = others.perhaps_to_have(now).order_by()
    waiting = Loan.objects.waiting().filter(borrower=OuterRef("borrower"), venue=OuterRef("venue"))
    elsewhere = waiting.exclude(queue=OuterRef("queue")).order_by()
    rows = Loan.objects.filter(uuid=loan_id).annotate(
        stamp=F("venue__config_stamp"), has_at_risk=Exists(at_risk), waits_elsewhere=Exists(elsewhere)
    )
    return rows.order_by().values_list("pk", *_Seen._fields[1:])


@written_once
def _select_waited_for(borrower_id: UUID, venue_id: int) -> QuerySet[Loan, int]:
    waiting = Loan.objects.waiting().filter(borrower=borrower_id, venue=venue_id)
    return waiting.order_by().values_list("queue_id", flat=True)


def lock_loan(loan_id: UUID, now: datetime, *, also: Collection[int] = ()) -> tuple[Loan, Turn]:
    """With all that bears on it, and the things ``also``. Raises ``Moved`` and ``LoanNotFound``."""
    seen = _see(loan_id, now)
    # What somebody gives back may let them have what they wait for elsewhere.
    waited_for = _select_waited_for(seen.borrower_id, seen.venue_id) if seen.waits_elsewhere else ()
    queue_ids = {*waited_for} - {seen.queue_id}
    # Who has a thing of a group needs that thing locked, not all of the group.
    resource_ids = list(also)
    if seen.resource_id is None:
        queue_ids.add(seen.queue_id)
    else:
        resource_ids += [seen.resource_id, *seen.parts]
    frees = seen.has_at_risk and seen.status in OCCUPYING and seen.resource_id is not None
    at_risk = find_at_risk(seen.venue_id, resource_ids, now) if frees else {}
    own = [seen.reservation_id] if seen.reservation_id else []
    turn = lock_turn(
        seen.venue_id, queue_ids, now, reservation_ids=[*own, *at_risk.values()], resource_ids=resource_ids
    )
    turn.at_risk = list(at_risk)
    loan = lock_loan_row(loan_id)
    if (loan.resource_id, loan.reservation_id) != (seen.resource_id, seen.reservation_id):
        raise Moved
    if loan.reservation_id:
        loan.reservation = turn.reservations[loan.reservation_id]
        if loan.reservation.customer_id == loan.borrower_id:
            loan.reservation.customer = loan.borrower  # read just now
    return loan, turn


def find_at_risk(venue_id: int, resource_ids: Iterable[int], now: datetime) -> dict[UUID, UUID]:
    """Loans with their reservations that wait for what shares a part with these things."""
    bookables = catalog(venue_id).bookables
    return find_at_risk_of(venue_id, leaves_of(bookables[id] for id in resource_ids if id in bookables), now)


def find_at_risk_of(venue_id: int, leaf_ids: Collection[int], now: datetime) -> dict[UUID, UUID]:
    touched = list_touched(catalog(venue_id), leaf_ids)
    rows = Loan.objects.filter(resource__in=touched).to_have(now) if touched else Loan.objects.none()
    return dict(rows.order_by("reservation__starts_at", "pk").values_list("uuid", "reservation_id"))


def add_at_risk(turn: Turn, at_risk: Mapping[UUID, UUID]) -> None:
    """Lock their reservations, out of turn and so without waiting: the next run looks at the others."""
    locking = Reservation.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
    rows = locking.select_related("venue", "customer").filter(pk__in=[*at_risk.values()])
    turn.reservations |= {reservation.pk: reservation for reservation in rows.order_by("pk")}
    turn.at_risk = list(at_risk)


def locking_again(act: Callable[[], R]) -> R:
    """``act`` in a transaction; again, with its locks given back, where something moved meanwhile."""

    for _attempt in range(MOST_TRIES):
        try:
            return retried_atomic(act)()
        except Moved:
            continue
    raise Busy
