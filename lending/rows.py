"""Loans as their borrower sees them: what can be done with each, its place, its times."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, F, IntegerField, Value, When
from django.utils.http import urlencode

from common.templatetags.holdfast import minutes
from lending.eligibility import list_possible
from lending.enums import LIVE, ReturnBy, Status
from lending.granting import find_queue_terms
from lending.models import Loan, Queue
from lending.offering import Ask, expect_each
from lending.permissions import allowed_actions
from lending.places import lend_path
from lending.policies import Terms, common_terms
from lending.querysets import LoanQuerySet
from lending.renewals import Renewal, find_renewals
from lending.selectors import Expectation, find_positions, loans_of
from lending.terms import LENT
from lending.words import describe_skip
from resources.bookables import Bookable, Catalog
from resources.catalog import catalogs
from resources.permissions import sees_venue

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser

NEAR = timedelta(hours=24)
"""What ends sooner is counted down."""


@dataclass(frozen=True, slots=True)
class Row:
    loan: Loan
    now: datetime
    terms: Terms | None
    path: str
    """Of the thing; empty if it is lent no more."""
    actions: tuple[str, ...] = ()
    position: int | None = None
    expected: Expectation | None = None
    renewal: Renewal | None = None
    """What becomes of it if they renew it now."""
    queue_lease: int | None = None
    """Minutes for which they keep their place."""

    @property
    def status(self) -> str:
        """Overdue is no status of a loan, but what people want to see first."""
        return "overdue" if self.is_overdue else self.loan.status

    @property
    def is_overdue(self) -> bool:
        return self.loan.is_overdue(self.now)

    @property
    def is_live(self) -> bool:
        return self.loan.status in LIVE

    @property
    def due(self) -> datetime | None:
        return self._local(self.loan.due_at if self.loan.status in (Status.OUT, Status.APPROVED) else None)

    @property
    def lease(self) -> datetime | None:
        """Until when to fetch it, to keep it, or to keep the place."""
        return self._local(self.loan.valid_until if self.is_live else None)

    @property
    def ends_soon(self) -> datetime | None:
        """What is counted down: the lease, or what is due within a day."""
        at = self.lease or (self.due if self.loan.status == Status.OUT else None)
        return at if at and timedelta(0) < at - self.now <= NEAR else None

    @property
    def wanted(self) -> tuple[datetime, datetime] | None:
        start, end = self._local(self.loan.wanted_from), self._local(self.loan.wanted_until)
        return (start, end) if start and end else None

    @property
    def paused_until(self) -> datetime | None:
        at = self.loan.suspended_until
        return self._local(at) if at and at > self.now else None

    @property
    def is_paused_without_end(self) -> bool:
        return self.loan.is_paused_without_end(self.now)

    @property
    def skipped(self) -> str:
        return describe_skip(self.loan) if self.loan.is_waiting else ""

    @property
    def by_staff(self) -> bool:
        return self.terms is not None and self.terms.return_by == ReturnBy.STAFF

    @property
    def lease_text(self) -> str:
        """For how long keeping it counts."""
        lease = self.terms.lease if self.terms and self.loan.status == Status.OUT else None
        return minutes(lease or self.queue_lease or 0)

    @property
    def renewed_due(self) -> datetime | None:
        return self._local(self.renewal.due_at if self.renewal else None)

    @property
    def renewals_left(self) -> int:
        return max(self.terms.renewals - self.loan.renewals_used, 0) if self.terms else 0

    def _local(self, at: datetime | None) -> datetime | None:
        return at.astimezone(self.loan.venue.zone) if at else None


def list_now(user_pk: object) -> LoanQuerySet:
    """What somebody has, the first due first; then what they wait for."""
    order = Case(
        When(status=Status.OUT, then=Value(0)),
        When(status=Status.APPROVED, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    rows = loans_of(user_pk).live()  # type: ignore[arg-type]
    return rows.order_by(order, F("due_at").asc(nulls_last=True), "pk")


def list_past(user_pk: object) -> LoanQuerySet:
    rows = loans_of(user_pk).exclude(status__in=LIVE)  # type: ignore[arg-type]
    return rows.order_by(F("ended_at").desc(nulls_last=True), "-pk")


def make_rows(loans: Iterable[Loan], user: "Viewer", now: datetime) -> list[Row]:
    """As many queries for one as for many."""
    shown = list(loans)
    venue_catalogs = catalogs({loan.venue_id for loan in shown}) if shown else {}
    live = [loan for loan in shown if loan.status in LIVE]
    queues = _read_queues(live)
    things = _find_things(live, queues, venue_catalogs, now)
    renewals = find_renewals([loan for loan in live if loan.status == Status.OUT], venue_catalogs, now)
    waiting = [loan for loan in shown if loan.is_waiting and things.get(loan.pk)]
    positions = find_positions(waiting, now) if waiting else {}
    asks = [_ask_for(loan, things[loan.pk], positions, venue_catalogs[loan.venue_id]) for loan in waiting]
    expected = dict(zip([loan.pk for loan in waiting], expect_each(asks, now), strict=True))
    rows = []
    for loan in shown:
        venue_catalog = venue_catalogs[loan.venue_id]
        terms = _terms_of(things.get(loan.pk, ()), venue_catalog)
        actions = tuple(allowed_actions(user, loan, terms))
        queue = queues.get(loan.queue_id)
        queue_terms = find_queue_terms(queue, venue_catalog) if queue else terms
        rows.append(
            Row(
                *(loan, now, terms, _path_of(loan, venue_catalog), actions),
                position=positions.get(loan.pk),
                expected=expected.get(loan.pk),
                renewal=renewals.get(loan.pk),
                queue_lease=queue_terms.queue_lease if queue_terms else None,
            )
        )
    return rows


def list_heard(rows: Iterable[Row], user: "Viewer") -> str:
    """What pages of these rows listen for: one's own loans and, while one waits, all loans of the venue.

    A place moves with what others do, also with those who wait for a group or a kit. Of them nobody hears
    more than on the page of the thing.
    """
    venues = {row.loan.venue.slug: row.loan.venue for row in rows if row.loan.is_waiting}
    seen = sorted(slug for slug, venue in venues.items() if sees_venue(user, venue))
    return urlencode([("mine", "1"), *(("venue", slug) for slug in seen)])


def _read_queues(loans: Sequence[Loan]) -> dict[int, Queue]:
    """Those of groups, for any of which somebody waits."""
    waiting = {loan.queue_id for loan in loans if loan.resource_id is None}
    return {queue.pk: queue for queue in Queue.objects.filter(pk__in=waiting)} if waiting else {}


def _find_things(
    loans: Sequence[Loan], queues: Mapping[int, Queue], venue_catalogs: dict[int, Catalog], now: datetime
) -> dict[int, tuple[Bookable, ...]]:
    """What each loan is of, or waits for."""
    found: dict[int, tuple[Bookable, ...]] = {}
    for loan in loans:
        venue_catalog = venue_catalogs[loan.venue_id]
        if loan.resource_id is None:
            possible = list_possible(venue_catalog, loan, queues[loan.queue_id], now)
            found[loan.pk] = tuple(possible)
        elif loan.resource_id in venue_catalog.part(LENT):
            found[loan.pk] = (venue_catalog.bookables[loan.resource_id],)
    return found


def _terms_of(things: Sequence[Bookable], venue_catalog: Catalog) -> Terms | None:
    lent = venue_catalog.part(LENT)
    return common_terms(lent[thing.id] for thing in things) if things else None


def _path_of(loan: Loan, venue_catalog: Catalog) -> str:
    is_lent = loan.resource_id is None or loan.resource_id in venue_catalog.part(LENT)
    return lend_path(loan.venue.slug, loan.thing, venue_catalog) if is_lent else ""


def _ask_for(
    loan: Loan, things: tuple[Bookable, ...], positions: dict[int, int], venue_catalog: Catalog
) -> Ask:
    lent = venue_catalog.part(LENT)
    before = positions.get(loan.pk, 1) - 1
    return Ask(things, [lent[thing.id] for thing in things], loan.units, before, loan.pk)
