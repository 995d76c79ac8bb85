"""Sixty days of lending, played through the services: people ask, wait, fetch and bring back."""

from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

from accounts.models import User
from common.errors import Conflict
from demo.workshop import LENT, LentSpec
from lending import services
from lending.enums import Status
from lending.exceptions import LoanRefused
from lending.models import Copy, Loan
from reservations.domain.values import Actor
from reservations.enums import Source
from resources.models import Resource, Venue

DAYS_BACK = 60
LATEST = timedelta(hours=26)
"""Before now everything is back."""
LATE_SHARE, CANCELLED_SHARE = 0.06, 0.08
OPENS, CLOSES = 9, 21
PURPOSES = (
    "A prototype",
    "Thesis measurements",
    "A film evening",
    "Repair café",
    "School project",
    "Moving house",
    "A talk on Friday",
    "",
    "",
)
DESK = Actor(source=Source.STAFF)


def on_web(person: User) -> Actor:
    return Actor(person, source=Source.WEB)


class Past:
    """Events in the order of time; what follows from one is found in the rows, whoever was served."""

    def __init__(self, venue: Venue, people: list[User], random: Random, now: datetime) -> None:
        self.venue, self.people, self.random, self.now = venue, people, random, now
        self.things = {thing.slug: thing for thing in Resource.objects.filter(venue=venue)}
        self.slugs = {thing.pk: slug for slug, thing in self.things.items()}
        self.events: list[tuple[datetime, int, Any, Any]] = []
        self.numbers = count()
        self.seen: set[tuple[int, str]] = set()
        self.staged: set[int] = set()
        """Loans of the present: how they stand is how they stay."""

    def play(self) -> None:
        for slug, lent in LENT.items():
            self._plan_requests(slug, lent)
        while self.events:
            at, _number, act, about = heappop(self.events)
            act(about, at)
            self._follow(at)

    def plan(self, at: datetime, act: Any, about: Any) -> None:
        heappush(self.events, (at, next(self.numbers), act, about))

    def _plan_requests(self, slug: str, lent: LentSpec) -> None:
        at, latest = self.now - timedelta(days=DAYS_BACK), self.now - timedelta(days=lent.quiet)
        while lent.gap and (at := at + self._hours(lent.gap / 2, lent.gap * 3 / 2)) < latest:
            self.plan(min(self._in_daytime(at), latest), self._ask, slug)

    def _in_daytime(self, at: datetime) -> datetime:
        local = at.astimezone(self.venue.zone)
        hour = self.random.randint(OPENS, CLOSES)
        return local.replace(hour=hour, second=self.random.randrange(60))

    def _hours(self, least: float, most: float) -> timedelta:
        return timedelta(minutes=self.random.randint(int(least * 60), int(most * 60)))

    def _ask(self, slug: str, at: datetime) -> None:
        # A few come more often than others.
        person = self.random.choice(self.people[:4] if self.random.random() < 0.4 else self.people)
        try:
            loan = services.request_loan(
                thing=self.things[slug],
                borrower=person,
                actor=on_web(person),
                purpose=self.random.choice(PURPOSES),
                now=at,
            )
        except (Conflict, LoanRefused):
            return  # one request fewer is no loss to a demo
        if self.random.random() < CANCELLED_SHARE:
            self.plan(at + self._hours(0.1, 0.5), self._cancel, loan.uuid)

    def _follow(self, now: datetime) -> None:
        """Whoever was served, and by whichever event, fetches it and brings it back."""
        live = Loan.objects.live().filter(venue=self.venue).order_by("pk")
        for loan in live.exclude(pk__in=self.staged).select_related("borrower"):
            step = (loan.pk, loan.status + str(bool(loan.next_at)))
            if step not in self.seen:
                self.seen.add(step)
                self._plan_next(loan, now)

    def _plan_next(self, loan: Loan, now: datetime) -> None:
        if loan.status == Status.OUT:
            kept = LENT[self.slugs[loan.resource_id or 0]].kept
            self.plan(self._end_of(loan, now + self._hours(*kept)), self._bring_back, loan)
        elif loan.status == Status.APPROVED:
            self.plan(now + self._hours(0.5, 5), self.fetch, loan)
        elif loan.next_at:
            self.plan(now + self._hours(0.5, 6), self._approve, loan)

    def _end_of(self, loan: Loan, at: datetime) -> datetime:
        """Mostly in time, and nothing is still out when the present begins."""
        if loan.due_at and at > loan.due_at and self.random.random() > LATE_SHARE:
            at = loan.due_at - timedelta(minutes=self.random.randint(5, 300))
        at = min(at, self.now - LATEST)
        return max(at, (loan.handed_out_at or at) + timedelta(minutes=2))

    def _cancel(self, loan_id: Any, at: datetime) -> None:
        loan = Loan.objects.select_related("borrower").get(uuid=loan_id)
        if loan.status in (Status.REQUESTED, Status.APPROVED):
            services.cancel_loan(loan_id=loan_id, actor=on_web(loan.borrower), now=at)

    def _approve(self, loan: Loan, at: datetime) -> None:
        if Loan.objects.get(pk=loan.pk).status == Status.REQUESTED:
            services.approve_loan(loan_id=loan.uuid, actor=DESK, now=at)

    def fetch(self, loan: Loan, at: datetime) -> None:
        if Loan.objects.get(pk=loan.pk).status == Status.APPROVED:
            services.hand_out(loan_id=loan.uuid, actor=DESK, copy_code=self.find_copy(loan), now=at)

    def _bring_back(self, loan: Loan, at: datetime) -> None:
        if Loan.objects.get(pk=loan.pk).status == Status.OUT:
            services.return_loan(loan_id=loan.uuid, actor=on_web(loan.borrower), by_staff=True, now=at)

    def find_copy(self, loan: Loan) -> str:
        """The first that is there."""
        out = Loan.objects.having().filter(copy__isnull=False).values("copy")
        copies = Copy.objects.filter(resource=loan.resource_id, state="in_service").exclude(pk__in=out)
        copy = copies.first()
        return copy.code if copy else ""
