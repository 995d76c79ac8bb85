"""What can be had now, as the queue would give it; read for pages and programs, without a lock."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.core.cache import cache
from django.db.models import Count, Max, OuterRef, Q, Subquery

from common.clock import epoch_minute
from lending.enums import HAVING, Approval, Skip, Status
from lending.estimating import LEAST_PAST, Ahead, Holder, Line, Range, likely, sure_by
from lending.models import Loan, Queue
from lending.occupying import BusyRows, find_start, read_busy
from lending.policies import (
    HOUR,
    ROLLING,
    SHORTEST,
    Grant,
    Terms,
    find_grant,
    find_missing_span,
    longest_period,
)
from lending.rivals import leaves_of_queue
from lending.selectors import KEPT_SECONDS, MOST_PAST, Expectation
from lending.terms import LENT
from reservations.enums import Status as Occupancy
from resources.bookables import Bookable, Catalog, Group
from resources.catalog import catalogs
from resources.models import Resource
from scheduling.zones import from_minute

Key = tuple[int | None, int | None]
REACH = ROLLING + 1
"""Minutes, for a thing's own page: until when it can be had."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Units of a thing that are there; what one of them would be granted for; how many wait for it."""

    thing: Bookable
    terms: Terms
    free: int = 0
    granted: Grant | None = None
    waiting: int = 0
    is_kept: bool = False
    """For somebody who has been overtaken often enough."""

    @property
    def is_free(self) -> bool:
        return self.granted is not None and not self.is_kept

    @property
    def can_take(self) -> bool:
        """Whoever asks has it at once."""
        return self.is_free and self.terms.approval == Approval.INSTANT


@dataclass(frozen=True, slots=True)
class Crowd:
    """Those who wait in a queue; ``overtaken``: how often one of them was, at most."""

    waiting: int = 0
    overtaken: int = 0


class Held(NamedTuple):
    """A loan that has units, or that is lost with them."""

    resource_id: int | None
    status: str
    units: int
    parts: Sequence[int]
    approved_at: datetime | None
    due_at: datetime | None
    wanted_from: datetime | None
    ends_at: datetime
    occupancy: str

    def find_missing(self, minute: int) -> tuple[int, int] | None:
        """From when and until when it is not there to be given, beyond what is booked for it."""
        return find_missing_span(Status(self.status), self.occupancy, epoch_minute(self.ends_at), minute)

    def leaf_ids_of(self, thing: Bookable) -> Sequence[int]:
        """What of it is still out, also what has been taken out of the whole since."""
        return self.parts or [leaf.id for leaf in thing.leaves]

    @property
    def is_gone(self) -> bool:
        """Lost, and without a copy that could leave service: nobody can tell when it is found."""
        return self.status == Status.LOST and self.occupancy == Occupancy.CHECKED_IN

    @property
    def is_had(self) -> bool:
        """And not only for dates to come."""
        is_ahead = self.wanted_from and self.approved_at and self.wanted_from > self.approved_at
        return self.status in HAVING and not (is_ahead and self.status == Status.APPROVED)


def list_lent(venue_catalog: Catalog) -> list[Bookable]:
    """What everybody may see of it."""
    lent, bookables = venue_catalog.part(LENT), venue_catalog.bookables
    found = [bookables[id] for id in lent if id in bookables]
    return [thing for thing in found if thing.is_active and thing.is_listed]


def list_lent_groups(venue_catalog: Catalog) -> list[tuple[Group, list[Bookable]]]:
    """With the members that are lent: two or more, else there is nothing to choose."""
    lent = {thing.id: thing for thing in list_lent(venue_catalog)}
    groups = [group for group in venue_catalog.groups.values() if group.is_active and group.is_listed]
    found = [(group, [lent[id] for id in group.member_ids if id in lent]) for group in groups]
    return [(group, members) for group, members in found if len(members) > 1]


@dataclass(frozen=True, slots=True)
class Stock:
    """How things stand at some venues now."""

    offers: Mapping[int, Offer]
    crowds: Mapping[Key, Crowd]
    """By resource or group."""
    held: Sequence[Held]

    def count_out(self) -> dict[int, int]:
        """Units that somebody has or may fetch, by thing; not what is booked for days to come."""
        out: dict[int, int] = defaultdict(int)
        for loan in self.held:
            if loan.is_had or loan.is_gone:
                out[loan.resource_id or 0] += loan.units
        return out

    def crowd_of(self, *, group_id: int) -> Crowd:
        return self.crowds.get((None, group_id), Crowd())


def read_stock(
    catalogs: Mapping[int, Catalog], things: Collection[Bookable], now: datetime, *, reach: int = 0
) -> Stock:
    """Three queries. ``reach``: so many minutes ahead others' bookings are looked for."""
    minute = epoch_minute(now)
    lent = {thing.id: catalogs[thing.venue_id].part(LENT)[thing.id] for thing in things}
    longest = max((terms.service_time for terms in lent.values()), default=0)
    leaves = {leaf.id for thing in things for leaf in thing.leaves}
    # A list only says what is free; until when, which takes more rows, the thing's own page.
    busy = read_busy(leaves, minute, minute + (reach or SHORTEST + longest + 1)) if leaves else {}
    held, crowds = _read_held(catalogs), _read_crowds(catalogs)
    bookables = {id: thing for each in catalogs.values() for id, thing in each.bookables.items()}
    for loan in held:
        thing, span = bookables.get(loan.resource_id or 0), loan.find_missing(minute)
        for leaf_id in loan.leaf_ids_of(thing) if thing and span else ():
            if span:
                busy.setdefault(leaf_id, []).append((*span, loan.units, False))
    offers = {thing.id: _make_offer(thing, lent[thing.id], busy, crowds, minute) for thing in things}
    return Stock(offers, crowds, held)


def _read_held(venue_ids: Collection[int]) -> list[Held]:
    rows = Loan.objects.occupying().filter(venue__in=venue_ids, reservation__isnull=False).order_by()
    columns = (*Held._fields[:-2], "reservation__ends_at", "reservation__status")
    return [Held(*row) for row in rows.values_list(*columns)]


def _read_crowds(venue_ids: Collection[int]) -> dict[Key, Crowd]:
    rows = Loan.objects.waiting().filter(venue__in=venue_ids).order_by()
    could_be = Q(skip_reason__in=("", Skip.MORE_UNITS))
    counted = rows.values("queue__resource", "queue__group")
    return {
        (row["queue__resource"], row["queue__group"]): Crowd(row["waiting"], row["overtaken"] or 0)
        for row in counted.annotate(waiting=Count("pk"), overtaken=Max("skips", filter=could_be))
    }


def _make_offer(
    thing: Bookable,
    terms: Terms,
    busy: BusyRows,
    crowds: Mapping[Key, Crowd],
    minute: int,
) -> Offer:
    crowd = crowds.get((thing.id, None), Crowd())
    # Of the thing alone: there are hundreds, of which few are in use.
    own = {leaf.id: busy[leaf.id] for leaf in thing.leaves if leaf.id in busy}
    left, start = thing.limit, (minute, minute + ROLLING) if thing.limit else None
    if own and left:
        start = find_start(thing.leaves, own, 1, minute)
        left = min(leaf.limit - _units_at(own.get(leaf.id, ()), minute) for leaf in thing.leaves)
    granted = find_grant(*start, terms, None) if start else None
    is_kept = crowd.waiting > 0 and crowd.overtaken >= terms.overtakes
    return Offer(thing, terms, max(left, 1) if granted else 0, granted, crowd.waiting, is_kept)


def _units_at(rows: Sequence[tuple[int, int, int, bool]], minute: int) -> int:
    return sum(units for start, end, units, _hold in rows if start <= minute < end)


# --- How long it will take ---


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody who would wait for one of these, or does (``loan_id``) with so many ``before`` them.

    None: everybody who may be given one of them.
    """

    things: tuple[Bookable, ...]
    all_terms: Collection[Terms]
    """Of each of them."""
    units: int = 1
    before: int | None = None
    loan_id: int | None = None


class _Waiter(NamedTuple):
    id: int
    period: int | None
    units: int


def expect_each(asks: Sequence[Ask], now: datetime, held: Sequence[Held] | None = None) -> list[Expectation]:
    """As ``selectors.expect_next``, for a whole list; two queries where nothing has to be read anew."""
    if not asks:
        return []
    venue_ids = {thing.venue_id for ask in asks for thing in ask.things}
    holders = _list_holders(_read_held(venue_ids) if held is None else held)
    waiting = _Waiting(venue_ids, now)
    lines = [_draw_line(ask, holders, waiting.list_rivals(ask)) for ask in asks]
    ranges = _find_ranges(asks, lines, now)
    minute = epoch_minute(now)
    found = []
    for line, range_ in zip(lines, ranges, strict=True):
        sure = sure_by(line, minute)
        found.append(Expectation(len(line.ahead), from_minute(sure) if sure is not None else None, range_))
    return found


def _draw_line(ask: Ask, holders: Mapping[int, list[Holder]], others: Sequence[_Waiter]) -> Line:
    # Who wants more than there are lets everybody pass.
    most = max((thing.limit for thing in ask.things), default=0)
    ahead = [other for other in others[: ask.before] if other.units <= most]
    all_terms = set(ask.all_terms)
    return Line(
        units=sum(thing.limit for thing in ask.things),
        holders=[holder for thing in ask.things for holder in holders.get(thing.id, ())],
        ahead=[Ahead(longest_period(all_terms, other.period), other.units) for other in ahead],
        wanted=ask.units,
        service_time=max((terms.service_time for terms in all_terms), default=0),
    )


def _list_holders(held: Iterable[Held]) -> dict[int, list[Holder]]:
    holders: dict[int, list[Holder]] = defaultdict(list)
    for loan in held:
        if (loan.is_had or loan.is_gone) and loan.approved_at is not None:
            due = epoch_minute(loan.due_at) if loan.due_at and not loan.is_gone else None
            holders[loan.resource_id or 0].append(Holder(epoch_minute(loan.approved_at), due, loan.units))
    return holders


class _Waiting:
    """Those who would be served; who has paused lets the others pass."""

    def __init__(self, venue_ids: Collection[int], now: datetime) -> None:
        rows = Loan.objects.waiting().filter(venue__in=venue_ids).exclude(suspended_until__gt=now)
        # In columns: there may be thousands.
        columns = ("queue_id", "queue__venue", "queue__resource", "queue__group")
        found = list(rows.in_arrival_order().values_list("pk", "period", "units", *columns))
        self._waiters = [_Waiter(*row[:3]) for row in found]
        self._by_leaf: dict[int, list[int]] = defaultdict(list)
        venue_catalogs = catalogs(venue_ids) if found else {}
        leaves = {
            row: leaves_of_queue(_make_queue(*row), venue_catalogs) for row in {row[3:] for row in found}
        }
        for number, row in enumerate(found):
            for leaf in leaves[row[3:]]:
                self._by_leaf[leaf].append(number)

    def list_rivals(self, ask: Ask) -> list[_Waiter]:
        """Who waits for something that shares a part with what is asked for, the first first."""
        leaves = {leaf.id for thing in ask.things for leaf in thing.leaves}
        numbers = set[int]().union(*(self._by_leaf.get(leaf, ()) for leaf in leaves))
        waiters = [self._waiters[number] for number in sorted(numbers)]
        return [waiter for waiter in waiters if waiter.id != ask.loan_id]


def _make_queue(id: int, venue_id: int, resource_id: int | None, group_id: int | None) -> Queue:
    return Queue(pk=id, venue_id=venue_id, resource_id=resource_id, group_id=group_id)


def _find_ranges(asks: Sequence[Ask], lines: Sequence[Line], now: datetime) -> list[Range | None]:
    """Drawn once an hour for each thing and number of people, and kept."""
    keys = [_name_range(ask, line, now) for ask, line in zip(asks, lines, strict=True)]
    kept = cache.get_many(keys)
    missing = [number for number, key in enumerate(keys) if key not in kept]
    if missing:
        past = _read_past({thing.id for number in missing for thing in asks[number].things})
        drawn = {
            keys[number]: (_draw(asks[number], lines[number], past, keys[number], now),) for number in missing
        }
        cache.set_many(drawn, KEPT_SECONDS)
        kept |= drawn
    return [kept[key][0] for key in keys]


def _name_range(ask: Ask, line: Line, now: datetime) -> str:
    ids = "-".join(str(thing.id) for thing in ask.things)
    held = sum(holder.units for holder in line.holders)
    hour = int(now.timestamp()) // HOUR
    return f"lending:range:{ids}:{len(line.ahead)}:{held}:{line.wanted}:{ask.loan_id}:{hour}"


def _draw(ask: Ask, line: Line, past: Mapping[int, list[int]], seed: str, now: datetime) -> Range | None:
    minutes = [length for thing in ask.things for length in past.get(thing.id, ())]
    if len(minutes) < LEAST_PAST:
        return None
    open_line = Line(
        line.units,
        line.holders,
        [Ahead(None, each.units) for each in line.ahead],
        line.wanted,
        line.service_time,
    )
    return likely(open_line, minutes[:MOST_PAST], epoch_minute(now), seed=seed)


def _read_past(resource_ids: Collection[int]) -> dict[int, list[int]]:
    """Minutes for which each was kept, of its last loans; two queries, however many those are."""
    over = Loan.objects.filter(status=Status.RETURNED, ended_at__isnull=False)
    oldest = (
        over.filter(resource=OuterRef("pk"))
        .order_by("-ended_at")
        .values("ended_at")[MOST_PAST : MOST_PAST + 1]
    )
    since = Resource.objects.filter(pk__in=resource_ids).order_by()
    is_recent = Q(pk__in=())
    for pk, first in since.annotate(oldest=Subquery(oldest)).values_list("pk", "oldest"):
        is_recent |= Q(resource=pk, ended_at__gt=first) if first else Q(resource=pk)
    past: dict[int, list[int]] = defaultdict(list)
    rows = over.filter(is_recent).order_by("-ended_at").values_list("resource_id", "approved_at", "ended_at")
    for resource_id, begin, end in rows:
        if begin and end:
            past[resource_id or 0].append(max(int((end - begin).total_seconds()) // 60, 1))
    return past
