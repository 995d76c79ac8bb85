"""Who waited how long, and how much each thing was used: read in a few queries, whatever the period.

Waits are those of requests without dates: what is asked for on certain days does not queue.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from math import ceil
from statistics import median
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _

from accounts.models import User
from common.clock import now as clock_now
from lending.enums import QueueRule, Status
from lending.models import Lendable, Loan
from lending.permissions import manages_loans
from lending.terms import terms_at
from resources.models import Resource, Venue
from scheduling.zones import day_span, from_minute

if TYPE_CHECKING:
    from lending.permissions import Viewer

FREQUENT_SHARE = 0.5
"""Whoever together had so much of the time borrows often; the others are everybody else."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of the venue."""

    first: date
    last: date
    since: datetime
    until: datetime

    @classmethod
    def of(cls, venue: Venue, first: date, last: date) -> "Period":
        zone = venue.zone_name
        return cls(first, last, from_minute(day_span(first, zone)[0]), from_minute(day_span(last, zone)[1]))

    def clip(self, begin: datetime, end: datetime) -> int:
        """Seconds of it that lie between ``begin`` and ``end``."""
        return max(int((min(end, self.until) - max(begin, self.since)).total_seconds()), 0)


@dataclass(frozen=True, slots=True)
class Waits:
    """Minutes between asking and getting; None where nobody asked."""

    count: int = 0
    median: int | None = None
    p95: int | None = None
    longest: int | None = None


def sum_up(seconds: Iterable[int]) -> Waits:
    waited = sorted(seconds)
    if not waited:
        return Waits()
    nearest = waited[ceil(len(waited) * 0.95) - 1]
    return Waits(len(waited), int(median(waited)) // 60, nearest // 60, waited[-1] // 60)


@dataclass(frozen=True, slots=True)
class PersonRow:
    """``share`` of all loans, from 0 to 1; ``minutes`` they had something. ``name`` is empty for
    readers who may not know it.
    """

    person_id: UUID
    name: str
    loans: int
    share: float
    minutes: int
    waits: Waits


@dataclass(frozen=True, slots=True)
class RuleRow:
    """Things whose queue has this order: how long those waited who borrow often, and the others."""

    rule: QueueRule
    loans: int
    waits: Waits
    frequent: Waits
    others: Waits


@dataclass(frozen=True, slots=True)
class FairnessReport:
    """``waiting`` are those who wait now."""

    period: Period
    loans: int
    waits: Waits
    waiting: int
    people: Sequence[PersonRow]
    rules: Sequence[RuleRow]


@dataclass(frozen=True, slots=True)
class ThingRow:
    """``loans`` handed out in the period; ``share`` of the time that its units were out, from 0 to 1;
    ``overdue``: came back late, or is late now; ``waiting`` now.
    """

    resource: Resource
    loans: int
    minutes: int
    share: float
    waits: Waits
    waiting: int
    overdue: int
    lost: int


@dataclass(frozen=True, slots=True)
class UseReport:
    period: Period
    loans: int
    minutes: int
    share: float
    overdue: int
    things: Sequence[ThingRow]


class _Fact(NamedTuple):
    borrower_id: UUID
    resource_id: int | None
    units: int
    status: str
    wanted_from: datetime | None
    requested_at: datetime
    approved_at: datetime
    handed_out_at: datetime | None
    due_at: datetime | None
    ended_at: datetime | None

    def wait(self, period: Period) -> int | None:
        """Seconds, of those who got it in the period."""
        if self.wanted_from is not None or not period.since <= self.approved_at < period.until:
            return None
        return max(int((self.approved_at - self.requested_at).total_seconds()), 0)

    def held(self, period: Period, now: datetime) -> int:
        """Seconds within the period, for each unit."""
        if self.handed_out_at is None:
            return 0
        return period.clip(self.handed_out_at, min(self.ended_at or now, now)) * self.units


def _read_facts(venue: Venue, period: Period) -> list[_Fact]:
    """What was given in the period, or was out in it; one query."""
    touching = Loan.objects.filter(Q(ended_at=None) | Q(ended_at__gte=period.since), venue=venue)
    given = touching.filter(approved_at__lt=period.until).order_by()
    return [_Fact(*row) for row in given.values_list(*_Fact._fields)]


@dataclass(slots=True)
class _Sum:
    """What one person, or one thing, comes to; seconds."""

    loans: int = 0
    held: int = 0
    waited: list[int] = field(default_factory=list)
    overdue: int = 0
    lost: int = 0

    def add(self, fact: _Fact, period: Period, now: datetime) -> None:
        begun = fact.handed_out_at
        self.loans += begun is not None and period.since <= begun < period.until
        self.held += fact.held(period, now)
        wait = fact.wait(period)
        if wait is not None:
            self.waited.append(wait)
        if begun is not None and fact.due_at and period.since <= fact.due_at < period.until:
            self.overdue += (fact.ended_at or now) > fact.due_at
        self.lost += fact.status == Status.LOST


def fairness_report(
    *, venue: Venue, period: Period, viewer: "Viewer", now: datetime | None = None
) -> FairnessReport:
    """Names are for managers and staff. The caller asks who may see the report."""
    at = now or clock_now()
    facts = _read_facts(venue, period)
    sums: dict[UUID, _Sum] = defaultdict(_Sum)
    for fact in facts:
        sums[fact.borrower_id].add(fact, period, at)
    loans = sum(each.loans for each in sums.values())
    names = _read_names(sums, venue, viewer)
    people = [
        PersonRow(
            person_id,
            names[person_id],
            each.loans,
            _share(each.loans, loans),
            each.held // 60,
            sum_up(each.waited),
        )
        for person_id, each in sums.items()
        if each.loans or each.held or each.waited
    ]
    people.sort(key=lambda row: (-row.loans, -row.minutes, row.name, str(row.person_id)))
    return FairnessReport(
        period,
        loans,
        sum_up(wait for each in sums.values() for wait in each.waited),
        Loan.objects.waiting().filter(venue=venue).count(),
        people,
        _compare_rules(venue, facts, period, at),
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _read_names(ids: Collection[UUID], venue: Venue, viewer: "Viewer") -> Mapping[UUID, str]:
    if not manages_loans(viewer, venue.pk):
        return dict.fromkeys(ids, "")
    columns = ("pk", "first_name", "last_name", "email")
    rows = User.objects.filter(pk__in=ids).order_by().values_list(*columns)
    return {pk: f"{first} {last}".strip() or email for pk, first, last, email in rows}


def _compare_rules(venue: Venue, facts: Sequence[_Fact], period: Period, now: datetime) -> list[RuleRow]:
    terms = terms_at(venue.pk)
    by_rule: dict[QueueRule, list[_Fact]] = defaultdict(list)
    for fact in facts:
        if fact.resource_id is not None and fact.resource_id in terms:
            by_rule[terms[fact.resource_id].queue_rule].append(fact)
    return [_sum_up_rule(rule, by_rule[rule], period, now) for rule in QueueRule if rule in by_rule]


def _sum_up_rule(rule: QueueRule, facts: Sequence[_Fact], period: Period, now: datetime) -> RuleRow:
    sums: dict[UUID, _Sum] = defaultdict(_Sum)
    for fact in facts:
        sums[fact.borrower_id].add(fact, period, now)
    often = find_frequent({person_id: each.held for person_id, each in sums.items()})
    waits = [(person_id in often, wait) for person_id, each in sums.items() for wait in each.waited]
    return RuleRow(
        rule,
        sum(each.loans for each in sums.values()),
        sum_up(wait for _often, wait in waits),
        sum_up(wait for is_often, wait in waits if is_often),
        sum_up(wait for is_often, wait in waits if not is_often),
    )


def find_frequent(held: Mapping[UUID, int]) -> set[UUID]:
    """The fewest people who together had half of the time; nobody where there is but one."""
    often: set[UUID] = set()
    wanted = sum(held.values()) * FREQUENT_SHARE
    for person_id in sorted(held, key=lambda key: (-held[key], str(key))):
        if sum(held[key] for key in often) >= wanted or len(often) == len(held) - 1:
            break
        often.add(person_id)
    return often


def use_report(*, venue: Venue, period: Period, now: datetime | None = None) -> UseReport:
    """Of everything that is lent there, and of what was lent in the period."""
    at = now or clock_now()
    sums: dict[int, _Sum] = defaultdict(_Sum)
    for fact in _read_facts(venue, period):
        if fact.resource_id:
            sums[fact.resource_id].add(fact, period, at)
    waiting = Loan.objects.waiting().filter(venue=venue, queue__resource__isnull=False).order_by()
    counts = dict(waiting.values_list("queue__resource").annotate(Count("pk")))
    lent = Resource.objects.filter(pk__in={*sums, *terms_at(venue.pk)}).select_related("venue")
    resources = list(lent.order_by("name", "pk"))
    since = _read_beginnings(resources, period.since)
    longest = {each.pk: period.clip(since.get(each.pk, at), at) * max(each.units, 1) for each in resources}
    things = [
        _describe_thing(each, sums[each.pk], counts.get(each.pk, 0), longest[each.pk]) for each in resources
    ]
    most = sum(longest.values())
    return UseReport(
        period,
        sum(row.loans for row in things),
        sum(row.minutes for row in things),
        min(_share(sum(row.minutes for row in things) * 60, most), 1.0),
        sum(row.overdue for row in things),
        things,
    )


def _describe_thing(resource: Resource, found: _Sum, waiting: int, longest: int) -> ThingRow:
    share = min(_share(found.held, longest), 1.0)
    waits = sum_up(found.waited)
    return ThingRow(resource, found.loans, found.held // 60, share, waits, waiting, found.overdue, found.lost)


def _read_beginnings(resources: Collection[Resource], since: datetime) -> dict[int, datetime]:
    """From when each could be lent, exact after ``since``: made so, or given out before (elsewhere)."""
    added = Lendable.history.filter(resource__in=resources, history_type="+").order_by()
    begun = dict(added.values_list("resource").annotate(Min("history_date")))
    late = [each for each in resources if begun.get(each.pk) is None or begun[each.pk] > since]
    given = Loan.objects.filter(resource__in=late, handed_out_at__isnull=False).order_by()
    for resource_id, first in given.values_list("resource").annotate(Min("handed_out_at")) if late else ():
        begun[resource_id] = min(begun.get(resource_id, first), first)
    return begun


Table = tuple[Sequence[str], list[list[str | int | float]]]


def fairness_table(report: FairnessReport) -> Table:
    """For CSV: columns, and a row for each person."""
    columns = ("person", "loans", "share", "minutes", *WAIT_COLUMNS)
    rows: list[list[str | int | float]] = [
        [row.name or _("Person"), row.loans, round(row.share, 4), row.minutes, *_wait_cells(row.waits)]
        for row in report.people
    ]
    return columns, rows


def use_table(report: UseReport) -> Table:
    """For CSV: columns, and a row for each thing."""
    columns = ("thing", "units", "loans", "minutes", "share", *WAIT_COLUMNS, "waiting", "overdue", "lost")
    rows: list[list[str | int | float]] = []
    for row in report.things:
        numbers = (row.resource.units, row.loans, row.minutes, round(row.share, 4))
        rest = (row.waiting, row.overdue, row.lost)
        rows.append([row.resource.name, *numbers, *_wait_cells(row.waits), *rest])
    return columns, rows


WAIT_COLUMNS = ("waits", "wait_median_minutes", "wait_p95_minutes", "wait_longest_minutes")


def _wait_cells(waits: Waits) -> list[str | int]:
    return [waits.count, *("" if each is None else each for each in (waits.median, waits.p95, waits.longest))]
