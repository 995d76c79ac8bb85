"""What becomes of things while somebody has them; their copies and parts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from common.clock import now
from common.errors import InvalidInput
from lending import services
from lending.exceptions import (
    AlreadyRequested,
    LeaseOver,
    LoanRefused,
    PeopleWait,
    StaffConfirmReturns,
)
from lending.models import Loan, Queue
from lending.signals import LoanChange, loans_changed
from lending.tests.helpers import (
    NOBODY,
    STAFF,
    ask,
    block,
    change_rules,
    ends_at,
    fresh,
    give_back,
    in_minutes,
    make_lending_rules,
    make_thing,
    rules_of,
    starts_at,
    status,
)
from reservations.domain.values import Actor
from reservations.enums import Source
from reservations.exceptions import TransitionNotAllowed
from reservations.services import cancel_reservation
from resources.models import Resource
from tests.factories import make_group, make_user

pytestmark = pytest.mark.django_db
BOOKER = Actor(source=Source.IMPORT)


# --- while it is out ---


def test_time_to_fetch_it_counts_from_when_it_is_ready() -> None:
    thing = make_thing(pickup_window=30, loan_period=60, service_time=10)
    loan = ask(thing)
    assert (loan.status, loan.due_at, ends_at(loan)) == ("approved", in_minutes(90), in_minutes(100))
    fetched = services.hand_out(loan_id=loan.uuid, actor=STAFF, condition="New", now=in_minutes(10))
    assert (fetched.due_at, ends_at(loan), fetched.valid_until) == (in_minutes(70), in_minutes(80), None)
    back = give_back(loan, now=in_minutes(20))
    assert (back.status, ends_at(loan)) == ("returned", in_minutes(30))


def test_a_lease_is_kept_alive_or_runs_out() -> None:
    thing = make_thing(lease=10)
    loan, waiting = ask(thing), ask(thing)
    assert loan.valid_until is not None
    kept = services.keep_alive(loan_id=loan.uuid, actor=NOBODY, now=loan.valid_until - timedelta(seconds=1))
    assert services.end_leases(now=loan.valid_until + timedelta(minutes=5)) == 0
    assert kept.valid_until is not None
    with pytest.raises(LeaseOver):
        services.keep_alive(loan_id=loan.uuid, actor=NOBODY, now=kept.valid_until)
    assert services.end_leases(now=kept.valid_until) == 1
    assert status(loan, waiting) == ["returned", "out"]
    assert fresh(loan).events.filter(kind="lapsed").exists()
    for late in (services.keep_alive, services.return_loan):
        with pytest.raises(LeaseOver):
            late(loan_id=loan.uuid, actor=NOBODY)


def test_a_lease_that_is_in_the_rules_no_more_ends_nothing() -> None:
    thing = make_thing(lease=10, queue_lease=10)
    loan, waiting = ask(thing), ask(thing)
    change_rules(thing, lease=None, queue_lease=None)
    for each in (loan, waiting):
        with pytest.raises(TransitionNotAllowed):
            services.keep_alive(loan_id=each.uuid, actor=NOBODY, now=in_minutes(15))
    services.end_leases(now=in_minutes(15))
    assert status(loan, waiting) == ["out", "requested"]
    assert (fresh(loan).valid_until, fresh(waiting).valid_until) == (None, None)


def test_taking_the_lease_out_of_the_rules_ends_it(django_capture_on_commit_callbacks: Any) -> None:
    thing, other = make_thing(lease=10, queue_lease=10), make_thing(lease=10)
    loan, waiting, elsewhere = ask(thing), ask(thing), ask(other)
    with django_capture_on_commit_callbacks(execute=True):
        change_rules(thing, lease=None)
    ends = [fresh(each).valid_until is None for each in (loan, waiting, elsewhere)]
    assert ends == [True, False, False]
    with django_capture_on_commit_callbacks(execute=True):
        services.change_lendable(lendable=other.lendable, rules=make_lending_rules(other.venue))
    assert fresh(elsewhere).valid_until is None


def test_a_swap_brings_the_lease_of_what_they_have_now() -> None:
    leased = make_thing(lease=10)
    plain, long = make_thing(leased.venue), make_thing(leased.venue, lease=60)
    loan = ask(leased)

    def swap(loan: Loan, thing: Resource, minutes: int) -> datetime | None:
        at = in_minutes(minutes)
        return services.swap_loan(loan_id=loan.uuid, actor=STAFF, resource_id=thing.pk, now=at).valid_until

    assert swap(loan, plain, 1) is None
    services.end_leases(now=in_minutes(15))
    assert status(loan) == ["out"]
    assert swap(loan, long, 20) == in_minutes(80)

    ready = ask(make_thing(leased.venue, pickup_window=30))
    until = ready.valid_until
    assert swap(ready, make_thing(leased.venue, pickup_window=90), 5) == in_minutes(95)
    assert swap(ready, make_thing(leased.venue), 6) == in_minutes(95) != until  # it still has to be fetched
    times: dict[str, Any] = {"wanted_from": in_minutes(600), "wanted_until": in_minutes(700)}
    dated = ask(make_thing(leased.venue, pickup_window=30), **times)
    assert swap(dated, plain_too := make_thing(leased.venue), 7) is None  # these begin by themselves
    assert fresh(dated).resource_id == plain_too.pk


def test_what_they_were_given_instead_is_what_they_have() -> None:
    """They may ask for the other thing again, and not for a second one of this."""
    old = make_thing(units=3)
    new = make_thing(old.venue, units=3)
    loan = ask(old)
    services.swap_loan(loan_id=loan.uuid, actor=STAFF, resource_id=new.pk)
    with pytest.raises(AlreadyRequested):
        ask(new, loan.borrower)
    assert ask(old, loan.borrower).status == "out"
    assert ask(new).status == "out"

    patient = make_user()
    taken = [ask(new), ask(new, patient)]
    waits = ask(make_thing(old.venue), patient)
    assert status(*taken, waits) == ["out", "requested", "out"]
    assert services.swap_loan(loan_id=waits.uuid, actor=STAFF, resource_id=old.pk).status == "out"


def test_who_waits_for_what_they_are_given_instead_keeps_the_place() -> None:
    old = make_thing()
    new = make_thing(old.venue, units=2)
    borrower = make_user()
    loan, small = ask(old, borrower), ask(new)
    place = ask(new, borrower, units=2)
    swapped = services.swap_loan(loan_id=loan.uuid, actor=STAFF, resource_id=new.pk)
    assert swapped.resource_id == new.pk
    assert status(small, place) == ["out", "requested"]


def test_one_of_a_group_is_one_of_its_things() -> None:
    one = make_thing(units=2)
    two = make_thing(one.venue, units=2)
    group = make_group([one, two])
    loan = ask(group)
    assert loan.resource_id == one.pk
    with pytest.raises(AlreadyRequested):
        ask(one, loan.borrower)
    assert services.swap_loan(loan_id=loan.uuid, actor=STAFF, resource_id=two.pk).queue.group_id == group.pk
    for thing in (group, two):
        with pytest.raises(AlreadyRequested):
            ask(thing, loan.borrower)
    assert ask(one, loan.borrower).status == "out"


@pytest.mark.parametrize("has_begun", [True, False])
def test_who_had_it_earlier_does_not_bar_a_swap(has_begun: bool) -> None:
    thing = make_thing(pickup_window=None if has_begun else 60)
    other = make_thing(thing.venue, rules_of(thing))
    before, loan = ask(other), ask(thing)
    if before.status == "approved":
        services.hand_out(loan_id=before.uuid, actor=STAFF)
    services.return_loan(loan_id=before.uuid, actor=STAFF, by_staff=True, now=in_minutes(10))
    swapped = services.swap_loan(loan_id=loan.uuid, actor=STAFF, resource_id=other.pk, now=in_minutes(20))
    assert swapped.resource_id == other.pk
    assert starts_at(loan) == in_minutes(20)
    assert ask(thing, now=in_minutes(20)).status == ("out" if has_begun else "approved")


def test_renewing() -> None:
    thing = make_thing(loan_period=60, renewals=1)
    loan = ask(thing)

    def renew(minutes: int, *, override: bool = False) -> Loan:
        return services.renew_loan(
            loan_id=loan.uuid, actor=NOBODY, override=override, now=in_minutes(minutes)
        )

    with pytest.raises(LoanRefused) as vain:
        renew(0)
    assert vain.value.code == "not_renewable"
    waiting = ask(thing)
    with pytest.raises(PeopleWait):
        renew(10)
    services.suspend_loan(loan_id=waiting.uuid, actor=NOBODY)  # whoever could not be served stops nobody
    assert renew(10).due_at == in_minutes(70)
    with pytest.raises(LoanRefused) as often:
        renew(20)
    assert often.value.code == "limit_reached"
    services.resume_loan(loan_id=waiting.uuid, actor=NOBODY)
    assert renew(20, override=True).due_at == in_minutes(80)
    block(thing, in_minutes(90), in_minutes(120))
    assert renew(40, override=True).due_at == in_minutes(90)


def test_recalling() -> None:
    thing = make_thing()
    loan = ask(thing)
    recalled = services.recall_loan(loan_id=loan.uuid, actor=STAFF, reason="Exam")
    assert recalled.due_at == in_minutes(1440)
    assert ends_at(loan) == in_minutes(1440)
    other = ask(make_thing(thing.venue))

    def recall(minutes: int) -> datetime | None:
        due_at = in_minutes(minutes)
        return services.recall_loan(loan_id=other.uuid, actor=STAFF, due_at=due_at).due_at

    assert recall(5000) == in_minutes(5000)
    # A date that cannot be kept is refused, with the one that can, and never replaced.
    for minutes, words in ((-5, "in the future"), (60, "or later"), (6000, "already")):
        with pytest.raises(InvalidInput) as wrong:
            recall(minutes)
        assert words in str(wrong.value.fields["due_at"][0])
    assert fresh(other).due_at == in_minutes(5000)
    assert recall(2000) == in_minutes(2000)
    with pytest.raises(LoanRefused):
        services.renew_loan(loan_id=loan.uuid, actor=NOBODY)


def test_who_may_say_that_it_is_back() -> None:
    loan = ask(make_thing(return_by="staff"))
    with pytest.raises(StaffConfirmReturns):
        give_back(loan)
    with pytest.raises(InvalidInput):
        services.force_return(loan_id=loan.uuid, actor=STAFF, reason="")
    assert give_back(loan, by_staff=True).status == "returned"


def test_what_is_overdue_stays_booked_and_is_not_offered() -> None:
    thing = make_thing(loan_period=60)
    loan, waiting = ask(thing), ask(thing)
    late = in_minutes(61)
    queue = Queue.objects.get(resource=thing)
    assert services.look_at_queue(queue, now=late) == []  # before anything has pushed it
    assert services.watch_overdue(now=late) == 1
    assert ends_at(loan) == late + timedelta(days=1)
    assert fresh(loan).events.filter(kind="overdue").count() == 1
    assert services.watch_overdue(now=late + timedelta(minutes=5)) == 0
    assert services.watch_overdue(now=late + timedelta(hours=13)) == 1
    assert fresh(loan).events.filter(kind="overdue").count() == 1
    give_back(loan, now=late + timedelta(hours=14))
    assert status(waiting) == ["out"]


def test_the_next_booking_is_at_risk_and_told_once() -> None:
    thing = make_thing(loan_period=60)
    loan = ask(thing)
    next_one = block(thing, in_minutes(120), in_minutes(180))
    told: list[Any] = []

    def hear(changes: list[LoanChange], **kwargs: Any) -> None:
        told.extend(change for change in changes if change.kind == "at_risk")

    loans_changed.connect(hear)
    try:
        for minutes in (61, 62, 90):
            services.watch_overdue(now=in_minutes(minutes))
            services.warn_of_clashes(now=in_minutes(minutes))
    finally:
        loans_changed.disconnect(hear)
    assert [change.extra["reservation"].pk for change in told] == [next_one.pk]
    assert ends_at(loan) == in_minutes(120)  # never over it
    other = make_thing(thing.venue, rules_of(thing))
    swapped = services.swap_loan(loan_id=loan.uuid, actor=STAFF, resource_id=other.pk, now=in_minutes(91))
    assert (swapped.resource_id, swapped.threatens) == (other.pk, None)


def test_loans_without_an_end_roll_on_for_years() -> None:
    thing = make_thing()
    loan = ask(thing)
    for days in (340, 680, 1020):
        at = now() + timedelta(days=days)
        assert services.roll_on_loans(now=at) == 1
        assert services.roll_on_loans(now=at) == 0
        assert ends_at(loan) > at + timedelta(days=364)
    cut = make_thing()
    booking = block(cut, in_minutes(180), in_minutes(240))
    until = ask(cut)
    cancel_reservation(reservation_id=booking.pk, actor=STAFF)
    assert services.roll_on_loans(now=now()) == 1
    assert fresh(until).due_at is None


def test_a_loan_over_the_change_of_clocks_lasts_as_long_as_any() -> None:
    with time_machine.travel(datetime(2027, 3, 27, 22, 30, tzinfo=UTC), tick=False):
        loan = ask(make_thing(loan_period=1440))
        assert loan.due_at is not None
        assert loan.due_at - now() == timedelta(minutes=1440)
        local = loan.due_at.astimezone(loan.venue.zone)
        assert (local.hour, local.minute) == (0, 30)  # an hour later on the clock
        give_back(loan)
    with time_machine.travel(datetime(2027, 10, 30, 22, 30, tzinfo=UTC), tick=False):
        loan = ask(make_thing(loan_period=120))
        assert loan.due_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)  # 02:30, of which there are two
        assert services.watch_overdue(now=loan.due_at + timedelta(minutes=30)) == 1
        give_back(loan, now=loan.due_at + timedelta(minutes=45))


# --- copies and kits ---
