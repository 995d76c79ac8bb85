"""Replays recorded demand for one thing through lending's services, and counts in plain SQL what came of it.

Each user of the log is a borrower. Whose job is submitted while an earlier one of theirs waits or runs asks
again once that is over: nobody has two places in one queue.
"""

import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from statistics import median
from typing import NamedTuple

from accounts.models import User
from common.database import read_connection
from demo.jobs import Job
from lending import services
from lending.enums import PRODUCT, QueueRule, Status
from lending.models import Lendable, LendingRules, Loan
from notifications.services.writing import suppress_messages
from reservations.domain.values import Actor
from reservations.enums import Source
from resources.enums import ResourceKind
from resources.models import BookingRules, Resource, Venue
from resources.services.products import offer_products

BUSIEST = 5
IMPORTER = Actor(source=Source.IMPORT)


class _Asked(NamedTuple):
    user: int
    ran: int
    at: datetime


@dataclass(slots=True)
class LoansReport:
    """``waits`` in seconds by user; ``share`` of the busiest in what was lent while jobs still came."""

    rule: str
    lent: int = 0
    held_back: int = 0
    stuck: int = 0
    overlaps: int = 0
    share: float = 0.0
    seconds: float = 0.0
    waits: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    busiest: frozenset[int] = frozenset()

    def waits_of(self, *, busiest: bool) -> list[float]:
        return sorted(
            wait for user, waits in self.waits.items() if (user in self.busiest) == busiest for wait in waits
        )


def middle(waits: list[float]) -> float:
    return median(waits) if waits else 0.0


def nearly_longest(waits: list[float]) -> float:
    """95 of 100 were shorter."""
    return waits[min(len(waits) * 95 // 100, len(waits) - 1)] if waits else 0.0


def build_thing(slug: str, rule: QueueRule, units: int) -> Resource:
    venue = Venue.objects.create(
        slug=slug, name=f"Replay, {rule.label}", time_zone="UTC", currency="USD", country="US"
    )
    booking_rules = BookingRules.objects.create(venue=venue, name="Lending")
    thing = Resource.objects.create(
        venue=venue,
        kind=ResourceKind.EQUIPMENT,
        name="Machine",
        slug="machine",
        units=units,
        rules=booking_rules,
    )
    rules = LendingRules.objects.create(venue=venue, name="As in the log", queue_rule=rule)
    Lendable.objects.create(venue=venue, resource=thing, rules=rules)
    offer_products(venue=venue, names=[PRODUCT])
    return thing


@suppress_messages()
def replay_jobs(thing: Resource, jobs: Iterable[Job], *, began_at: datetime, rule: str) -> LoansReport:
    run = _Replay(thing, began_at, LoansReport(rule))
    started = time.perf_counter()
    run.play(jobs)
    run.report.seconds = time.perf_counter() - started
    run.sum_up()
    return run.report


class _Replay:
    def __init__(self, thing: Resource, began_at: datetime, report: LoansReport) -> None:
        self.thing, self.began_at, self.report = thing, began_at, report
        self.people: dict[int, User] = {}
        self.users: dict[object, int] = {}
        self.under_way: dict[int, _Asked] = {}
        self.held_back: dict[int, deque[_Asked]] = defaultdict(deque)
        self.ends: list[tuple[datetime, int, int]] = []
        """When, loan, user."""
        self.out: set[int] = set()
        self.last_submitted = began_at

    def play(self, jobs: Iterable[Job]) -> None:
        for job in jobs:
            at = self.began_at + timedelta(seconds=job.submitted)
            self._end_until(at)
            self.last_submitted = at
            asked = _Asked(job.user, job.ran, at)
            if job.user in self.under_way:
                self.held_back[job.user].append(asked)
                self.report.held_back += 1
            else:
                self._ask(asked)
        self._end_until(None)

    def _end_until(self, at: datetime | None) -> None:
        while self.ends and (at is None or self.ends[0][0] <= at):
            now, loan_id, user = heappop(self.ends)
            loan = Loan.objects.get(pk=loan_id)
            services.return_loan(loan_id=loan.uuid, actor=IMPORTER, now=now)
            self.report.lent += 1
            self.out.discard(loan_id)
            del self.under_way[user]
            self._note_served(now)
            if self.held_back[user]:
                self._ask(self.held_back[user].popleft()._replace(at=now))

    def _ask(self, asked: _Asked) -> None:
        person = self._find_person(asked.user)
        self.under_way[asked.user] = asked
        services.request_loan(thing=self.thing, borrower=person, actor=IMPORTER, now=asked.at)
        self._note_served(asked.at)

    def _find_person(self, user: int) -> User:
        if user not in self.people:
            email = f"user{user}@{self.thing.venue.slug}.example.com"
            self.people[user] = User.objects.create_user(email, None, first_name="User", last_name=str(user))
            self.users[self.people[user].pk] = user
        return self.people[user]

    def _note_served(self, now: datetime) -> None:
        """Whoever has it now keeps it as long as the job ran. Nobody may wait while something is free."""
        loans = Loan.objects.filter(resource=self.thing, status=Status.OUT).exclude(pk__in=self.out)
        for loan_id, borrower_id, at in loans.order_by("pk").values_list("pk", "borrower_id", "approved_at"):
            user = self.users[borrower_id]
            asked = self.under_way[user]
            self.out.add(loan_id)
            self.report.waits[user].append(max((at or now) - asked.at, timedelta(0)).total_seconds())
            heappush(self.ends, (max(now, asked.at) + timedelta(seconds=asked.ran), loan_id, user))
        is_free = len(self.out) < self.thing.units
        self.report.stuck += is_free and Loan.objects.waiting().filter(resource=self.thing).exists()

    def sum_up(self) -> None:
        had: Counter[int] = Counter()
        rows = Loan.objects.filter(resource=self.thing, approved_at__lt=self.last_submitted)
        for borrower_id, begin, end in rows.values_list("borrower_id", "approved_at", "ended_at"):
            if begin and end:
                until = min(end, self.last_submitted)
                had[self.users[borrower_id]] += int((until - begin).total_seconds())
        counts = Counter({user: len(waits) for user, waits in self.report.waits.items()})
        self.report.busiest = frozenset(user for user, _number in counts.most_common(BUSIEST))
        total = sum(had.values())
        self.report.share = sum(had[user] for user in self.report.busiest) / total if total else 0.0
        self.report.overlaps = count_overlaps(self.thing)


# Shares nothing with the engine, the occupancy table or its guard, so it can prove them wrong.
_OVERLAPS_SQL = """
SELECT count(*) FROM (
  SELECT sum(change) OVER (ORDER BY at, change ROWS UNBOUNDED PRECEDING) AS used FROM (
    SELECT starts_at AS at, 1 AS change FROM reservations_reservation stay
      JOIN reservations_reservationitem item ON item.reservation_id = stay.id
     WHERE item.resource_id = %s AND stay.status IN ('confirmed', 'checked_in', 'completed')
    UNION ALL
    SELECT ends_at, -1 FROM reservations_reservation stay
      JOIN reservations_reservationitem item ON item.reservation_id = stay.id
     WHERE item.resource_id = %s AND stay.status IN ('confirmed', 'checked_in', 'completed')
  ) AS changes
) AS loads WHERE used > %s"""


def count_overlaps(thing: Resource) -> int:
    """Moments at which more had it than there are."""
    with read_connection(Loan).cursor() as cursor:
        cursor.execute(_OVERLAPS_SQL, [thing.pk, thing.pk, thing.units])
        return int(cursor.fetchone()[0])
