"""Rivals at the same moment: one winner, one promotion, nobody stuck, nobody twice."""

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError

from accounts.models import User
from accounts.services.closing import close_account
from common.clock import now
from common.errors import DomainError
from lending import services
from lending.exceptions import AlreadyRequested, LeaseOver
from lending.models import Loan, LoanEvent
from lending.tests.helpers import NOBODY, STAFF, ask, lend_out, make_thing, rules_of, status
from reservations.domain.values import Actor, ItemRequest, ReservationChanges
from reservations.enums import Purpose, Source
from reservations.exceptions import TransitionNotAllowed
from reservations.services import block_time, cancel_reservation, change_many
from resources.models import Resource
from tests.factories import at, make_group, make_user, make_whole
from tests.racing import assert_never_overbooked, race

pytestmark = pytest.mark.django_db(transaction=True)
BOOKER = Actor(source=Source.IMPORT)


def failures(results: Iterable[Any], *expected: type[Exception]) -> list[Any]:
    return [each for each in results if isinstance(each, BaseException) and not isinstance(each, expected)]


def assert_sound() -> None:
    """Never too many, each loan given once at most, and nobody waits while something is free."""
    assert_never_overbooked()
    given = Counter(LoanEvent.objects.filter(kind="approved").values_list("loan_id", flat=True))
    assert set(given.values()) <= {1}
    for queue in {loan.queue for loan in Loan.objects.waiting().select_related("queue")}:
        assert services.look_at_queue(queue, now=now()) == []


def test_fifty_ask_for_one_thing() -> None:
    thing = make_thing()
    people = [make_user() for _ in range(50)]

    found = race(50, lambda number: ask(thing, people[number]))

    assert failures(found) == []
    assert Counter(status(*Loan.objects.all())) == {"out": 1, "requested": 49}
    seqs = list(Loan.objects.order_by("seq").values_list("seq", flat=True))
    assert len(set(seqs)) == 50
    assert_sound()


def test_one_person_asks_sixteen_times() -> None:
    thing, borrower = make_thing(), make_user()

    found = race(16, lambda _number: ask(thing, borrower))

    assert failures(found, AlreadyRequested) == []
    assert Loan.objects.count() == 1


def test_limits_hold_whatever_things_they_are() -> None:
    """One person asks for eight things at once, and may have two."""
    first = make_thing(max_out=2)
    things = [first, *(make_thing(first.venue, rules_of(first)) for _ in range(7))]
    borrower = make_user()

    found = race(8, lambda number: ask(things[number], borrower))

    assert failures(found) == []
    assert Counter(status(*Loan.objects.all())) == {"out": 2, "requested": 6}
    assert_sound()


def test_requests_against_a_return() -> None:
    thing = make_thing()
    out = ask(thing)
    people = [make_user() for _ in range(8)]

    def act(number: int) -> Loan:
        if number == 0:
            return services.return_loan(loan_id=out.uuid, actor=NOBODY)
        return ask(thing, people[number])

    assert failures(race(8, act)) == []
    assert Counter(status(*Loan.objects.all())) == {"returned": 1, "out": 1, "requested": 6}
    assert_sound()


def test_sixteen_return_one_loan() -> None:
    thing = make_thing()
    out, *waiting = [ask(thing) for _ in range(4)]

    found = race(16, lambda _number: services.return_loan(loan_id=out.uuid, actor=NOBODY))

    assert failures(found, TransitionNotAllowed) == []
    assert len([each for each in found if isinstance(each, Loan)]) == 1
    assert status(*waiting) == ["out", "requested", "requested"]
    assert_sound()


def test_sixteen_return_a_thing_each_and_as_many_are_served(circles: list[OperationalError]) -> None:
    """Of one group, whose queue they share; nobody waits in a circle."""
    first = make_thing()
    things = [first, *(make_thing(first.venue, rules_of(first)) for _ in range(15))]
    group = make_group(things)
    out = [ask(thing) for thing in things]
    waiting = [ask(group) for _ in range(20)]

    found = race(16, lambda number: services.return_loan(loan_id=out[number].uuid, actor=NOBODY))

    assert failures(found) == []
    assert status(*waiting) == ["out"] * 16 + ["requested"] * 4
    assert circles == []
    assert_sound()


def _return_all(loans: list[Loan]) -> None:
    found = race(len(loans), lambda number: services.return_loan(loan_id=loans[number].uuid, actor=NOBODY))
    assert failures(found) == []


def test_parts_of_a_kit_come_back_at_once(circles: list[OperationalError]) -> None:
    parts = [make_thing()]
    parts += [make_thing(parts[0].venue, rules_of(parts[0])) for _ in range(2)]
    kit = make_whole(parts)
    lend_out(kit, rules_of(parts[0]))
    for _ in range(4):
        out = [ask(part) for part in parts]
        waiting = ask(kit)
        _return_all(out)
        assert status(waiting) == ["out"]
        assert_sound()
        services.return_loan(loan_id=waiting.uuid, actor=NOBODY)
    assert circles == []


@pytest.mark.parametrize("rival", ["cancel", "pause", "decline", "close"])
def test_leaving_against_being_served(rival: str) -> None:
    """Served and gone again, or gone before: the next has it either way, unless the first was too late."""
    for _ in range(3):
        _leave_while_served(rival)


def _leave_while_served(rival: str) -> None:
    thing = make_thing(pickup_window=60)
    had, first, second = ask(thing), ask(thing), ask(thing)
    services.hand_out(loan_id=had.uuid, actor=STAFF)
    acts: dict[str, Callable[[], object]] = {
        "cancel": lambda: services.cancel_loan(loan_id=first.uuid, actor=NOBODY),
        "pause": lambda: services.suspend_loan(loan_id=first.uuid, actor=NOBODY),
        "decline": lambda: services.decline_loan(loan_id=first.uuid, actor=STAFF),
        "close": lambda: close_account(user=first.borrower),
    }

    found = race(
        2, lambda number: acts[rival]() if number else services.return_loan(loan_id=had.uuid, actor=NOBODY)
    )

    assert failures(found, TransitionNotAllowed) == []
    assert tuple(status(first, second)) in (
        ("cancelled", "approved"),
        ("declined", "approved"),
        ("requested", "approved"),
        ("approved", "requested"),  # served first, and then too late to pause or decline
    )
    assert_sound()


def test_a_lease_runs_out_while_it_is_kept() -> None:
    for _ in range(4):
        _keep_while_it_runs_out()


def _keep_while_it_runs_out() -> None:
    thing = make_thing(lease=10)
    holder, waiting = ask(thing), ask(thing)
    at_the_end = now() + timedelta(minutes=10, seconds=1)

    def act(number: int) -> object:
        if number:
            return services.end_leases(now=at_the_end)
        return services.keep_alive(loan_id=holder.uuid, actor=NOBODY, now=at_the_end - timedelta(seconds=30))

    found = race(2, act)

    assert failures(found, LeaseOver, TransitionNotAllowed) == []
    kept = isinstance(found[0], Loan)
    assert status(holder, waiting) == (["out", "requested"] if kept else ["returned", "out"])
    assert_never_overbooked()


@pytest.mark.parametrize("rival", ["renew", "force", "lost", "recall"])
def test_a_return_against(rival: str) -> None:
    for _ in range(3):
        _return_against(rival)


def _return_against(rival: str) -> None:
    thing = make_thing(loan_period=60)
    holder, waiting = ask(thing), ask(thing)
    about: dict[str, Any] = {"loan_id": holder.uuid, "actor": STAFF, "now": now() + timedelta(minutes=5)}
    acts: dict[str, Callable[[], object]] = {
        "renew": lambda: services.renew_loan(**about, override=True),
        "force": lambda: services.force_return(**about, reason="Now"),
        "lost": lambda: services.mark_lost(**about),
        "recall": lambda: services.recall_loan(**about),
    }

    found = race(2, lambda number: acts[rival]() if number else services.return_loan(**about))

    assert failures(found, TransitionNotAllowed) == []
    assert tuple(status(holder, waiting)) in (("returned", "out"), ("lost", "requested"))
    ends = LoanEvent.objects.filter(loan=holder, old_status="out", new_status__in=("returned", "lost"))
    assert ends.count() == 1
    assert_never_overbooked()


def test_more_units_while_things_come_back() -> None:
    thing = make_thing(units=2)
    out = [ask(thing) for _ in range(2)]
    waiting = [ask(thing) for _ in range(6)]

    def act(number: int) -> object:
        if number < 2:
            return services.return_loan(loan_id=out[number].uuid, actor=NOBODY)
        resource = Resource.objects.get(pk=thing.pk)
        resource.units = 4
        resource.save()
        return None

    assert failures(race(3, act)) == []
    assert Counter(status(*waiting)) == {"out": 4, "requested": 2}
    assert_sound()


def test_bookings_trade_times_while_somebody_waits() -> None:
    """A batch leaves nothing to those who wait but what is free in the end."""
    thing = make_thing()
    blocks = [
        block_time(
            venue_id=thing.venue_id,
            items=[ItemRequest(thing.pk)],
            start=start,
            end=start + timedelta(hours=1),
            title="Maintenance",
            purpose=Purpose.BLOCK,
            actor=BOOKER,
        )
        for start in (now().replace(second=0, microsecond=0), at(3))
    ]
    waiting = ask(thing)
    times = {blocks[0].pk: blocks[1].starts_at, blocks[1].pk: blocks[0].starts_at}

    def trade(number: int) -> object:
        if number:
            return cancel_reservation(reservation_id=blocks[0].pk, actor=STAFF)
        return change_many(
            changes=lambda each: ReservationChanges(
                start=times[each.pk], end=times[each.pk] + timedelta(hours=1)
            ),
            ids=list(times),
            actor=BOOKER,
            now=now() - timedelta(minutes=5),
        )

    found = race(2, trade)

    assert failures(found, DomainError) == []
    assert_sound()
    assert status(waiting)[0] in ("out", "requested")


def test_a_storm(circles: list[OperationalError]) -> None:
    """Twelve people ask, return and leave as they like, of a pool, a single thing and their group."""
    pool = make_thing(units=5)
    single = make_thing(pool.venue, rules_of(pool))
    group = make_group([pool, single])
    people: list[User] = [make_user() for _ in range(12)]

    def live(number: int) -> None:
        for turn in range(8):
            thing = (pool, single, group)[(number + turn) % 3]
            try:
                loan = ask(thing, people[number])
                loan.refresh_from_db()
                if loan.status == "out" and turn % 2:
                    services.return_loan(loan_id=loan.uuid, actor=NOBODY)
                elif loan.status == "requested" and turn % 3 == 0:
                    services.cancel_loan(loan_id=loan.uuid, actor=NOBODY)
            except (AlreadyRequested, TransitionNotAllowed):
                mine = Loan.objects.filter(borrower=people[number], status="out").first()
                if mine:
                    _return_if_out(mine)

    assert failures(race(12, live)) == []
    assert circles == []
    assert_sound()


def _return_if_out(loan: Loan) -> None:
    with suppress(TransitionNotAllowed):
        services.return_loan(loan_id=loan.uuid, actor=NOBODY)
