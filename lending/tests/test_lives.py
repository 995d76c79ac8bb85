"""Random lives of a house that lends: whatever happens, nobody is stuck, passed over or served twice.

The oracle is plain Python over plain rows; it shares nothing with queue and engine.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
import time_machine
from django.db import transaction

from accounts.models import User
from common.clock import epoch_minute, now
from common.errors import Conflict
from lending import services
from lending.enums import Kind
from lending.exceptions import LoanRefused
from lending.models import Loan, LoanEvent
from lending.tests.helpers import (
    NOBODY,
    STAFF,
    change_rules,
    lend_out,
    make_thing,
    rules_of,
)
from reservations.domain.values import Actor, ItemRequest
from reservations.enums import Purpose, Source
from reservations.exceptions import CapacityReached, SlotTaken
from reservations.models import Allocation, Reservation
from reservations.services import block_time, cancel_reservation
from resources.models import Resource, ResourceGroup
from tests.effort import often
from tests.factories import make_group, make_user, make_whole
from tests.racing import overbooked

pytestmark = pytest.mark.django_db
LIVES, STEPS = often(40), 25
PEOPLE = 6
SHORTEST = 5
BOOKER = Actor(source=Source.IMPORT)
WORTH = (SlotTaken, CapacityReached)
OCCUPANCY = {"approved": "confirmed", "out": "checked_in", "returned": "completed", "lost": "checked_in"}


class Life:
    """Two benches and a kit, alone and as a group; six people, and a clock that goes on."""

    def __init__(self, seed: int, clock: Any) -> None:
        self.random, self.clock = Random(seed), clock
        self.bench = make_thing(units=self.random.randint(1, 3))
        self.venue = self.bench.venue
        self.fields = self._choose_rules()
        change_rules(self.bench, **self.fields)
        self.rules = rules_of(self.bench)
        self.other = make_thing(self.venue, self.rules, units=self.random.randint(1, 2))
        parts = [make_thing(self.venue, self.rules) for _ in range(2)]
        self.kit = make_whole(parts)
        lend_out(self.kit, self.rules)
        self.group = make_group([self.bench, self.other])
        self.things: list[Resource | ResourceGroup] = [self.bench, self.bench, self.other, self.group]
        self.things += [self.kit, *parts]
        self.people = [make_user() for _ in range(PEOPLE)]
        self.overtaken: Counter[int] = Counter()

    def _choose_rules(self) -> dict[str, Any]:
        choose = self.random.choice
        return {
            "loan_period": choose([None, None, 60, 1440]),
            "pickup_window": choose([None, None, 30]),
            "lease": choose([None, None, 20]),
            "queue_lease": choose([None, None, 600]),
            "service_time": choose([0, 0, 15]),
            "max_out": choose([None, None, 1, 2]),
            "overtakes": choose([0, 1, 3]),
            "queue_rule": choose(["fifo", "fair"]),
            "approval": choose(["instant", "instant", "instant", "manual"]),
        }

    # --- what may happen ---

    def step(self) -> None:
        acts: list[tuple[Callable[[], object], tuple[type[Exception], ...]]] = [
            *[(self.ask, (Conflict, LoanRefused))] * 5,
            (self.ask_for_dates, (Conflict, LoanRefused)),
            *[(self.bring_back, ())] * 3,
            (self.cancel, ()),
            (self.decide, WORTH),
            (self.hand_out, ()),
            (self.keep, ()),
            (self.renew, (Conflict, LoanRefused)),
            (self.recall, ()),
            (self.pause, ()),
            (self.resume, ()),
            (self.reorder, ()),
            (self.lose, ()),
            (self.find, ()),
            (self.block, WORTH),
            (self.unblock, ()),
            (self.swap, WORTH),
            (self.buy_more, ()),
            (self.suspend_person, ()),
            *[(self.pass_time, ())] * 3,
        ]
        act, expected = self.random.choice(acts)
        try:
            with transaction.atomic():
                act()
        except expected:
            pass

    def any_of(self, *statuses: str, **filters: Any) -> Loan | None:
        rows = list(Loan.objects.filter(status__in=statuses, **filters).order_by("pk"))
        return self.random.choice(rows) if rows else None

    def ask(self) -> None:
        services.request_loan(
            thing=self.random.choice(self.things),
            borrower=self.random.choice(self.people),
            actor=NOBODY,
            units=1,
            priority=self.random.choice([0, 0, 0, 1]),
        )
        # More than one only where there are more.
        if self.bench.units > 1 and self.random.random() < 0.4:
            who = self.random.choice(self.people)
            services.request_loan(thing=self.bench, borrower=who, actor=NOBODY, units=2)

    def ask_for_dates(self) -> None:
        start = now().replace(second=0, microsecond=0) + timedelta(minutes=self.random.choice([1, 60, 1500]))
        services.request_loan(
            thing=self.random.choice(self.things),
            borrower=self.random.choice(self.people),
            actor=NOBODY,
            wanted_from=start,
            wanted_until=start + timedelta(minutes=self.random.choice([30, 300])),
        )

    def bring_back(self) -> None:
        if loan := self.any_of("out"):
            services.return_loan(loan_id=loan.uuid, actor=Actor(loan.borrower))

    def cancel(self) -> None:
        if loan := self.any_of("requested", "approved"):
            services.cancel_loan(loan_id=loan.uuid, actor=NOBODY)

    def decide(self) -> None:
        loan = self.any_of("requested", next_at__isnull=False) or self.any_of("requested")
        if loan and self.random.random() < 0.8:
            services.approve_loan(loan_id=loan.uuid, actor=STAFF)
        elif loan:
            services.decline_loan(loan_id=loan.uuid, actor=STAFF)

    def hand_out(self) -> None:
        if loan := self.any_of("approved", wanted_from=None):
            services.hand_out(loan_id=loan.uuid, actor=STAFF)

    def keep(self) -> None:
        if loan := self.any_of("requested", "out", valid_until__gt=now()):
            services.keep_alive(loan_id=loan.uuid, actor=NOBODY)

    def renew(self) -> None:
        if loan := self.any_of("out"):
            services.renew_loan(loan_id=loan.uuid, actor=NOBODY, override=self.random.random() < 0.3)

    def recall(self) -> None:
        if loan := self.any_of("out"):
            services.recall_loan(loan_id=loan.uuid, actor=STAFF)

    def pause(self) -> None:
        if loan := self.any_of("requested", wanted_from=None):
            until = now() + timedelta(minutes=self.random.choice([10, 2000]))
            services.suspend_loan(loan_id=loan.uuid, actor=NOBODY, until=until)

    def resume(self) -> None:
        if loan := self.any_of("requested", suspended_until__isnull=False):
            services.resume_loan(loan_id=loan.uuid, actor=NOBODY)

    def reorder(self) -> None:
        loan = self.any_of("requested", wanted_from=None)
        others = loan and Loan.objects.waiting().filter(queue=loan.queue_id).exclude(pk=loan.pk)
        target = others.order_by("?").first() if others else None
        if loan:
            before = target.uuid if target else None
            services.move_loan(loan_id=loan.uuid, actor=STAFF, before=before, reason="So")

    def lose(self) -> None:
        if (loan := self.any_of("out")) and self.random.random() < 0.5:
            services.mark_lost(loan_id=loan.uuid, actor=STAFF)

    def find(self) -> None:
        if loan := self.any_of("lost"):
            services.mark_found(loan_id=loan.uuid, actor=STAFF)

    def block(self) -> None:
        thing = self.random.choice([self.bench, self.other, self.kit])
        start = now().replace(second=0, microsecond=0) + timedelta(minutes=self.random.choice([0, 0, 45]))
        block_time(
            venue_id=self.venue.pk,
            items=[ItemRequest(thing.pk)],
            start=start,
            end=start + timedelta(minutes=self.random.choice([3, 40, 400])),
            title="Maintenance",
            purpose=Purpose.BLOCK,
            actor=BOOKER,
        )

    def unblock(self) -> None:
        blocks = Reservation.objects.filter(purpose=Purpose.BLOCK, status="confirmed").order_by("pk")
        if blocks:
            cancel_reservation(reservation_id=self.random.choice(list(blocks)).pk, actor=STAFF)

    def swap(self) -> None:
        if loan := self.any_of("out", "approved", resource=self.bench, units=1):
            services.swap_loan(loan_id=loan.uuid, actor=STAFF, resource_id=self.other.pk)

    def buy_more(self) -> None:
        if self.random.random() < 0.3:
            self.bench.units += 1
            self.bench.save()

    def suspend_person(self) -> None:
        person = self.random.choice(self.people)
        person.is_active = not person.is_active
        person.save()
        if person.is_active:  # as after the commit
            waiting = Loan.objects.waiting().filter(borrower=person)
            for loan in waiting:
                services.look_at_queue(loan.queue, now=now())

    def pass_time(self) -> None:
        self.clock.shift(timedelta(minutes=self.random.choice([1, 7, 40, 500, 2000])))

    def tick(self) -> None:
        at = now()
        services.end_leases(now=at)
        services.expire_requests(now=at)
        services.begin_dated(now=at)
        services.watch_overdue(now=at)
        services.warn_of_clashes(now=at)
        services.drop_inactive(now=at)
        services.roll_on_loans(now=at)
        services.serve_queues(now=at)

    # --- what must be true ---

    def options(self, loan: Loan) -> list[Resource]:
        return (
            [self.bench, self.other]
            if loan.group_id
            else [t for t in self.lent() if t.pk == loan.resource_id]
        )

    def lent(self) -> list[Resource]:
        return [thing for thing in {id(t): t for t in self.things}.values() if isinstance(thing, Resource)]

    def leaves(self, thing: Resource) -> list[int]:
        return [link.part_id for link in thing.part_links.all()] or [thing.pk]

    def is_eligible(self, loan: Loan) -> bool:
        had = Loan.objects.filter(borrower=loan.borrower_id)
        out = had.filter(status__in=("approved", "out")).count()
        is_late = had.filter(status="out", due_at__lt=now()).exists()
        is_paused = loan.suspended_until is not None and loan.suspended_until > now()
        may_have_more = self.rules.max_out is None or out < self.rules.max_out
        return (
            User.objects.get(pk=loan.borrower_id).is_active and not (is_late or is_paused) and may_have_more
        )

    def key(self, loan: Loan) -> tuple[float, ...]:
        if self.rules.queue_rule == "fifo":
            return (-loan.priority, loan.seq)
        capped = (now() - loan.requested_at).total_seconds() > 24 * 3600
        held = 0.0
        for had in Loan.objects.filter(borrower=loan.borrower_id, approved_at__isnull=False):
            assert had.approved_at is not None
            end = min(had.ended_at or now(), now())
            age = (now() - end).total_seconds() / 86400
            if age < 56:
                held += (end - had.approved_at).total_seconds() / 60 * 0.5 ** (age / 7)
        return (-loan.priority, not capped, 0 if capped else round(held, 6), loan.seq)

    def is_free(self, thing: Resource, units: int) -> bool:
        """For five minutes from now; what was given back a moment ago is there, however its minute counts."""
        minute = epoch_minute(now())
        for leaf in self.leaves(thing):
            total = Resource.objects.get(pk=leaf).units
            rows = Allocation.objects.filter(resource=leaf, b0__lt=minute + SHORTEST, b1__gt=minute)
            spans = [(r.b0 or 0, r.b1 or 0, r.units) for r in rows if (r.b1 or 0) - (r.b0 or 0) > 1]
            for loan in Loan.objects.filter(status__in=("out", "lost"), resource=thing).select_related(
                "reservation"
            ):
                assert loan.reservation is not None
                if epoch_minute(loan.reservation.ends_at) <= minute + SHORTEST:
                    spans.append((minute, minute + 60, loan.units))
            load = max(
                sum(u for b0, b1, u in spans if b0 <= at < b1) for at in range(minute, minute + SHORTEST)
            )
            if load + units > total:
                return False
        return True

    def check(self) -> None:
        assert overbooked() == []
        for loan in Loan.objects.select_related("reservation"):
            found = loan.reservation.status if loan.reservation else None
            assert found == OCCUPANCY.get(loan.status), (loan.status, found)
        waiting = [loan for loan in Loan.objects.waiting().order_by("pk") if self.is_eligible(loan)]
        for loan in waiting:
            self.check_not_stuck(loan, waiting)
            assert self.overtaken[loan.pk] <= self.rules.overtakes

    def check_not_stuck(self, loan: Loan, waiting: Iterable[Loan]) -> None:
        """Nobody waits for what they could have, unless it is kept for somebody who was passed too often."""
        if self.rules.approval == "manual":
            return
        for thing in self.options(loan):
            kept_for = [
                other
                for other in waiting
                if other.pk != loan.pk
                and self.share(other, thing)
                and other.skips >= self.rules.overtakes
                and self.key(other) < self.key(loan)
            ]
            assert kept_for or not self.is_free(thing, loan.units), (loan.pk, thing, loan.skip_reason)

    def share(self, loan: Loan, thing: Resource) -> bool:
        """Whether they wait for something that ``thing`` is or is part of."""
        wanted = {leaf for option in self.options(loan) for leaf in self.leaves(option)}
        return bool(wanted.intersection(self.leaves(thing)))

    def check_order(self, before: dict[int, tuple[float, ...]], last_event: int) -> None:
        """Of those who waited before and after, none is first of those who were served and would have fitted."""
        served = LoanEvent.objects.filter(pk__gt=last_event, kind=Kind.APPROVED, source="system").order_by(
            "pk"
        )
        still = [loan for loan in Loan.objects.waiting() if loan.pk in before and self.is_eligible(loan)]
        for event in served.select_related("loan__resource"):
            given = event.loan
            key = before.get(given.pk) or self.key(given)
            for loan in still:
                if not before[loan.pk] < key or not self.share(loan, given.resource):
                    continue
                same = given.resource in self.options(loan) and loan.units <= given.units
                assert not same, f"{loan.pk} was passed by {given.pk}"
                self.overtaken[loan.pk] += 1


# Every fourth of them on PostgreSQL, too: races have tests of their own.
@pytest.mark.parametrize(
    "seed",
    [pytest.param(seed, marks=[pytest.mark.once] if seed % 4 else []) for seed in range(LIVES)],
)
def test_a_random_life(seed: int) -> None:
    start = datetime(2027, 3, 27, 9, 0, 30, tzinfo=UTC)  # the clocks change in the night to come
    with time_machine.travel(start, tick=False) as clock:
        life = Life(seed, clock)
        for _number in range(STEPS):
            clock.shift(timedelta(seconds=life.random.choice([0, 5, 61])))
            life.tick()
            before = {loan.pk: life.key(loan) for loan in Loan.objects.waiting() if life.is_eligible(loan)}
            last_event = LoanEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
            life.step()
            life.tick()
            life.check_order(before, last_event)
            life.check()
