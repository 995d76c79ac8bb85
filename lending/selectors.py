"""What pages and API read. Waits are worked out once an hour for each thing, and kept in the cache."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, overload
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from common.clock import epoch_minute
from common.database import Seconds
from common.selecting import written_once
from lending.eligibility import list_possible
from lending.enums import HAVING, OCCUPYING, PRODUCT, QueueRule, Status
from lending.estimating import LEAST_PAST, Ahead, Holder, Line, Range, likely, sure_by
from lending.locking import list_things
from lending.models import Lendable, Loan, Queue
from lending.policies import HOUR, Terms, common_terms, longest_period
from lending.querysets import LoanQuerySet
from lending.rivals import find_rivals
from lending.standing import rank
from lending.terms import LENT
from reservations.enums import Status as Occupancy
from resources.bookables import Bookable, Catalog
from resources.catalog import catalog, catalogs
from resources.models import OfferedProduct, Resource
from resources.querysets import ResourceQuerySet
from scheduling.zones import from_minute

if TYPE_CHECKING:
    from accounts.models import User

MOST_PAST = 200
KEPT_SECONDS = 3600
ARRIVAL = (F("priority").desc(), F("seq"), F("pk"))


@dataclass(frozen=True, slots=True)
class Expectation:
    """``sure``: at the latest then; ``likely``: a range of minutes. Neither: nobody can tell."""

    ahead: int
    sure: datetime | None = None
    likely: Range | None = None


def find_lent(user: "User | AnonymousUser") -> ResourceQuerySet:
    """What this person may see of what is lent, with its venue."""
    offers = OfferedProduct.objects.filter(venue=OuterRef("venue"), product=PRODUCT)
    things = Resource.objects.visible_to(user).filter(Exists(offers), lendable__isnull=False)
    return things.select_related("venue")


def loans_of(user_pk: UUID) -> LoanQuerySet:
    return Loan.objects.for_display().filter(borrower=user_pk)


class QueueOrder(Sequence[Loan]):
    """Those who wait in a queue, as they would be served now: only those who are asked for are read."""

    def __init__(self, queue: Queue, now: datetime) -> None:
        self._rows = Loan.objects.waiting().filter(queue=queue.pk)
        terms = _terms_of(_list_rivals(queue), catalog(queue.venue_id))
        is_fair = terms is not None and terms.queue_rule == QueueRule.FAIR
        self._ranked = [place.id for place in rank(self._rows, terms, now)] if terms and is_fair else None

    @property
    def is_fair(self) -> bool:
        return self._ranked is not None

    @cached_property
    def ids(self) -> list[UUID]:
        """Of all, by which somebody is moved."""
        if self._ranked is None:
            return list(self._rows.in_arrival_order().values_list("uuid", flat=True))
        found = dict(self._rows.order_by().values_list("pk", "uuid"))
        return [found[pk] for pk in self._ranked if pk in found]

    @cached_property
    def _count(self) -> int:
        return self._rows.count() if self._ranked is None else len(self._ranked)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, wanted: int) -> Loan: ...

    @overload
    def __getitem__(self, wanted: slice) -> list[Loan]: ...

    def __getitem__(self, wanted: int | slice) -> Loan | list[Loan]:
        if isinstance(wanted, int):
            return self[wanted : wanted + 1][0]
        rows = self._rows.for_display()
        if self._ranked is None:
            return list(rows.in_arrival_order()[wanted])
        chosen = self._ranked[wanted]
        loans = {loan.pk: loan for loan in rows.filter(pk__in=chosen).order_by()}
        return [loans[pk] for pk in chosen if pk in loans]


def list_heads(venue_catalog: Catalog, now: datetime, most: int) -> dict[int, list[Loan]]:
    """By queue of the venue the first of those who wait, so many at most."""
    queues = list(Queue.objects.filter(venue=venue_catalog.venue_id).with_waiting())
    terms = {queue.pk: _terms_of([queue], venue_catalog) for queue in queues}
    rows = Loan.objects.waiting().filter(venue=venue_catalog.venue_id).order_by()
    ids: list[int] = []
    for queue_id, each in terms.items():
        if each is not None and each.queue_rule == QueueRule.FAIR:
            ids += [place.id for place in rank(rows.filter(queue=queue_id), each, now)[:most]]
    in_order = [pk for pk, each in terms.items() if each is None or each.queue_rule == QueueRule.FIFO]
    place = Window(RowNumber(), partition_by=F("queue"), order_by=ARRIVAL)
    first = rows.filter(queue__in=in_order).annotate(place=place).filter(place__lte=most)
    ids += first.order_by("place").values_list("pk", flat=True) if in_order else ()
    loans = Loan.objects.select_related("borrower", "queue").in_bulk(ids) if ids else {}
    heads: dict[int, list[Loan]] = defaultdict(list)
    for pk in ids:
        if pk in loans:
            heads[loans[pk].queue_id].append(loans[pk])
    return heads


class Waiter(NamedTuple):
    """What an expectation needs to know of somebody who waits."""

    id: int
    period: int | None
    units: int
    suspended_until: datetime | None


def _line_up(queues: Sequence[Queue], now: datetime) -> list[Waiter]:
    queue_ids = [queue.pk for queue in queues]
    waiters = [Waiter(*row) for row in _select_waiters(queue_ids)]
    terms = _terms_of(queues, catalog(queues[0].venue_id))
    if terms is None or terms.queue_rule == QueueRule.FIFO:
        return waiters
    places = rank(Loan.objects.waiting().filter(queue__in=queue_ids), terms, now)
    known = {waiter.id: waiter for waiter in waiters}
    return [known[place.id] for place in places if place.id in known]


@written_once
def _select_waiters(queue_ids: list[int]) -> QuerySet[Loan, tuple[Any, ...]]:
    waiting = Loan.objects.waiting().filter(queue__in=queue_ids)
    return waiting.in_arrival_order().values_list("pk", *Waiter._fields[1:])


def _list_rivals(queue: Queue) -> list[Queue]:
    """With itself, the first."""
    others = [other for other in _select_waited_for(queue.venue_id) if other.pk != queue.pk]
    rivals = find_rivals([queue, *others], {queue.venue_id: catalog(queue.venue_id)})[queue.pk]
    return [queue, *(other for other in others if other.pk in rivals)]


@written_once
def _select_waited_for(venue_id: int) -> QuerySet[Queue]:
    return Queue.objects.filter(venue=venue_id).with_waiting()


def find_positions(loans: Iterable[Loan], now: datetime) -> dict[int, int]:
    """By loan its place in line, from 1, among all who may be given the same things.

    A query for each fair queue, one for all others.
    """
    waiting = [loan for loan in loans if loan.is_waiting]
    if not waiting:
        return {}
    venue_catalogs = catalogs({loan.venue_id for loan in waiting})
    queues = {queue.pk: queue for queue in Queue.objects.filter(venue__in=venue_catalogs).with_waiting()}
    rivals = find_rivals(queues.values(), venue_catalogs)
    positions: dict[int, int] = {}
    in_order: set[int] = set()
    for pk in {loan.queue_id for loan in waiting} & rivals.keys():
        terms = _terms_of([queues[rival] for rival in rivals[pk]], venue_catalogs[queues[pk].venue_id])
        if terms is not None and terms.queue_rule == QueueRule.FAIR:
            places = rank(Loan.objects.waiting().filter(queue__in=rivals[pk]), terms, now)
            positions |= {place.id: number for number, place in enumerate(places, 1)}
        else:
            in_order.add(pk)
    if len({frozenset(rivals[pk]) for pk in in_order}) == 1:
        positions |= _count_before(waiting, rivals[next(iter(in_order))])
    else:
        positions |= _count_in_order(in_order, rivals)
    return {loan.pk: positions[loan.pk] for loan in waiting if loan.pk in positions}


def _count_before(loans: Iterable[Loan], queue_ids: Collection[int]) -> dict[int, int]:
    """Places in the common order of these queues; nobody else is read."""
    rows = Loan.objects.waiting().filter(queue__in=queue_ids).order_by()
    counted = rows.annotate(place=Window(RowNumber(), order_by=ARRIVAL))
    # Both in one condition: else the others would be left out before they are counted.
    shown = counted.filter(Q(place=0) | Q(pk__in=[loan.pk for loan in loans]))
    return dict(shown.values_list("pk", "place"))


def _count_in_order(queue_ids: Collection[int], rivals: Mapping[int, set[int]]) -> dict[int, int]:
    counted: dict[int, int] = defaultdict(int)
    positions: dict[int, int] = {}
    concerned = set[int]().union(*(rivals[pk] for pk in queue_ids))
    rows = Loan.objects.waiting().filter(queue__in=concerned).in_arrival_order()
    for pk, queue_id in rows.values_list("pk", "queue_id") if concerned else ():
        for rival in rivals[queue_id]:
            counted[rival] += 1
        if queue_id in queue_ids:
            positions[pk] = counted[queue_id]
    return positions


def _terms_of(queues: Iterable[Queue], venue_catalog: Catalog) -> Terms | None:
    lent = venue_catalog.part(LENT)
    things = [thing for queue in queues for thing in list_things(queue, venue_catalog, only_active=False)]
    return common_terms(lent[thing.id] for thing in things) if things else None


def expect(loan: Loan, now: datetime) -> Expectation:
    """When somebody who waits will be served, as far as can be said."""
    line = _line_up(_list_rivals(loan.queue), now)
    before = line[: next((number for number, other in enumerate(line) if other.id == loan.pk), 0)]
    things = list_possible(catalog(loan.venue_id), loan, loan.queue, now)
    return _expect(loan.queue, things, before, loan.units, now, f"{loan.pk}")


def expect_next(queue: Queue, now: datetime, *, units: int = 1) -> Expectation:
    """For whoever joins the queue now; kept for an hour."""
    key = f"lending:expect:{queue.pk}:{units}:{int(now.timestamp()) // HOUR}"
    kept = cache.get(key)
    rivals = _list_rivals(queue)
    waiting = Loan.objects.waiting().filter(queue__in=[rival.pk for rival in rivals]).count()
    if isinstance(kept, Expectation) and kept.ahead == waiting:
        return kept
    things = list_things(queue, catalog(queue.venue_id))
    found = _expect(queue, things, _line_up(rivals, now), units, now, "next")
    cache.set(key, found, KEPT_SECONDS)
    return found


def _expect(
    queue: Queue,
    things: Sequence[Bookable],
    before: Collection[Waiter],
    units: int,
    now: datetime,
    name: str,
) -> Expectation:
    # Who wants more than there are lets everybody pass.
    most = max((thing.limit for thing in things), default=0)
    ahead = [other for other in before if other.units <= most and not _is_paused(other, now)]
    if not things:
        return Expectation(len(ahead))
    lent = catalog(queue.venue_id).part(LENT)
    all_terms = {lent[thing.id] for thing in things}
    line = Line(
        units=sum(thing.limit for thing in things),
        holders=_read_holders(things),
        ahead=[Ahead(longest_period(all_terms, other.period), other.units) for other in ahead],
        wanted=units,
        service_time=max(terms.service_time for terms in all_terms),
    )
    minute = epoch_minute(now)
    sure = sure_by(line, minute)
    past = _read_past([thing.id for thing in things])
    open_line = replace(line, ahead=[Ahead(None, each.units) for each in line.ahead])
    hour = int(now.timestamp()) // HOUR
    return Expectation(
        len(ahead),
        from_minute(sure) if sure is not None else None,
        likely(open_line, past, minute, seed=f"{queue.pk}:{name}:{hour}"),
    )


def _is_paused(waiter: Waiter, now: datetime) -> bool:
    return waiter.suspended_until is not None and waiter.suspended_until > now


def _read_holders(things: Collection[Bookable]) -> list[Holder]:
    return [
        Holder(epoch_minute(begin), epoch_minute(due) if due and status != Status.LOST else None, units)
        for begin, due, units, status in _select_had([thing.id for thing in things])
        if begin is not None
    ]


@written_once
def _select_had(resource_ids: list[int]) -> QuerySet[Loan, tuple[Any, ...]]:
    # What is lost, without a copy that could leave service, stays taken: nobody can tell how long.
    is_gone = Q(status=Status.LOST, reservation__status=Occupancy.CHECKED_IN)
    had = Loan.objects.filter(Q(status__in=HAVING) | is_gone, resource__in=resource_ids)
    had = had.exclude(wanted_from__gt=F("approved_at"), status=Status.APPROVED)
    return had.order_by().values_list("approved_at", "due_at", "units", "status")


def _read_past(resource_ids: list[int]) -> list[int]:
    """Minutes for which the last loans took place, of the thing or its group."""
    rows = _select_past(resource_ids)
    past = [max((end - begin) // 60, 1) for begin, end in rows if begin is not None]
    return past if len(past) >= LEAST_PAST else []


@written_once
def _select_past(resource_ids: list[int]) -> QuerySet[Loan, tuple[Any, ...]]:
    over = Loan.objects.filter(resource__in=resource_ids, status=Status.RETURNED, ended_at__isnull=False)
    latest = over.order_by("-ended_at")
    return latest.values_list(Seconds("approved_at"), Seconds("ended_at"))[:MOST_PAST]


def loan_counts(user_pk: UUID, now: datetime) -> Mapping[str, int]:
    """``loans_out``, ``loans_waiting``, ``loans_overdue`` of an account; one query."""
    return Loan.objects.filter(borrower=user_pk).aggregate(
        loans_out=Count("pk", filter=Q(status__in=OCCUPYING)),
        loans_waiting=Count("pk", filter=Q(status=Status.REQUESTED)),
        loans_overdue=Count("pk", filter=Q(status=Status.OUT, due_at__lt=now)),
    )


def has_values(venue_id: int) -> bool:
    return Lendable.objects.filter(resource__venue=venue_id, value__gt=0).exists()
