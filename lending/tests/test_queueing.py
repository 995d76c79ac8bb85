"""Who is served, until when, and why others are passed over."""

from datetime import timedelta
from typing import Any

import pytest

from common.clock import now
from common.errors import InvalidInput, NotFound
from lending import selectors, services
from lending.enums import CopyState
from lending.exceptions import (
    AlreadyRequested,
    LoanRefused,
    NotLendable,
)
from lending.models import Copy, Loan, Queue
from lending.offering import Ask, expect_each
from lending.selectors import expect
from lending.signals import LoanChange, loans_changed
from lending.terms import terms_at
from lending.tests.helpers import (
    STAFF,
    ask,
    block,
    change_rules,
    ends_at,
    fresh,
    give_back,
    in_minutes,
    make_thing,
    rules_of,
    status,
)
from reservations.domain.values import Actor
from reservations.enums import Source
from resources.catalog import catalog
from resources.models import Resource
from resources.services.products import offer_products
from tests.factories import make_group, make_member, make_user

pytestmark = pytest.mark.django_db
BOOKER = Actor(source=Source.IMPORT)


# --- asking ---


def test_what_is_free_is_given_at_once_and_as_long_as_it_takes() -> None:
    loan = ask(make_thing())
    assert (loan.status, loan.due_at) == ("out", None)
    assert ends_at(loan) - now() > timedelta(days=364)


def test_have_it_until_the_next_booking() -> None:
    thing = make_thing(service_time=15)
    block(thing, in_minutes(180), in_minutes(240))
    loan = ask(thing)
    assert (loan.status, loan.due_at, ends_at(loan)) == ("out", in_minutes(165), in_minutes(180))


def test_a_few_minutes_before_a_booking_are_not_worth_it() -> None:
    thing = make_thing()
    block(thing, in_minutes(4), in_minutes(60))
    assert ask(thing).status == "requested"


def test_a_thing_given_back_at_once_can_be_had_at_once() -> None:
    thing = make_thing()
    for _ in range(4):
        loan = ask(thing)
        assert loan.status == "out"
        give_back(loan)


def test_bad_wishes_are_refused_and_change_nothing() -> None:
    thing = make_thing(longest=600, loan_period=60)
    before = Loan.objects.count()
    soon, later = in_minutes(60), in_minutes(120)
    for fields in (
        {"units": 0},
        {"units": 2},
        {"period": 0},
        {"wanted_from": soon},
        {"wanted_until": later},
        {"wanted_from": later, "wanted_until": soon},
        {"wanted_from": soon.replace(second=5), "wanted_until": later},
        {"purpose": "x" * 501},
    ):
        with pytest.raises(InvalidInput) as refused:
            ask(thing, **fields)
        assert refused.value.fields
    for fields, code in (
        ({"period": 601}, "too_long"),
        ({"wanted_from": soon, "wanted_until": in_minutes(700)}, "too_long"),
        ({"wanted_from": in_minutes(-60), "wanted_until": later}, "past"),
        ({"wanted_from": in_minutes(366 * 1440), "wanted_until": in_minutes(366 * 1440 + 60)}, "too_far"),
    ):
        with pytest.raises(LoanRefused) as ruled:
            ask(thing, **fields)
        assert ruled.value.code == code
    assert Loan.objects.count() == before


def test_what_is_not_lent_is_not_there() -> None:
    thing = make_thing()
    plain = make_thing(thing.venue)
    plain.lendable.delete()
    with pytest.raises(NotFound):
        ask(plain)
    thing.is_active = False
    thing.save()
    with pytest.raises(NotLendable):
        ask(thing)
    offer_products(venue=thing.venue, names=[])
    with pytest.raises(NotFound):
        ask(thing)


def test_one_request_a_person_and_dates_that_do_not_overlap() -> None:
    thing, borrower = make_thing(units=3), make_user()
    ask(thing, borrower)
    with pytest.raises(AlreadyRequested):
        ask(thing, borrower)
    times: dict[str, Any] = {"wanted_from": in_minutes(60), "wanted_until": in_minutes(120)}
    ask(thing, borrower, **times)
    with pytest.raises(AlreadyRequested):
        ask(thing, borrower, **times)
    ask(thing, borrower, wanted_from=in_minutes(120), wanted_until=in_minutes(180))


def test_rules_about_people() -> None:
    thing = make_thing(audience="members", loan_period=60)
    with pytest.raises(LoanRefused, match="members"):
        ask(thing)
    member = make_member(thing.venue)
    late = ask(thing, member)
    other = make_thing(thing.venue, rules_of(thing))
    with pytest.raises(LoanRefused) as refused:
        ask(other, member, now=now() + timedelta(hours=2))
    assert refused.value.code == "overdue"
    give_back(late)
    change_rules(thing, max_waiting=1)
    third = make_thing(thing.venue, rules_of(thing))
    for each in (other, third):
        block(each, in_minutes(0), in_minutes(60))
    ask(other, member)
    with pytest.raises(LoanRefused) as limited:
        ask(third, member)
    assert limited.value.code == "limit_reached"


# --- order ---


def test_who_wants_more_is_overtaken_so_often_and_no_more() -> None:
    thing = make_thing(units=2, overtakes=2)
    pair = [ask(thing), ask(thing)]
    big, *small = ask(thing, units=2), *(ask(thing) for _ in range(4))
    give_back(pair[0])
    assert (status(*small), fresh(big).skips) == (["out", *["requested"] * 3], 1)
    give_back(pair[1])
    assert (status(*small), fresh(big).skips) == (["out", "out", "requested", "requested"], 2)
    give_back(small[0])
    assert status(*small)[2:] == ["requested", "requested"]
    assert fresh(big).skip_reason == "more_units"
    give_back(small[1])
    assert status(big, *small[2:]) == ["out", "requested", "requested"]


def test_who_wants_more_than_there_are_blocks_nobody() -> None:
    thing = make_thing(units=3, overtakes=1, loan_period=60)
    for code in "abc":
        services.add_copy(resource=Resource.objects.get(pk=thing.pk), code=code)
    first, three, second = ask(thing), ask(thing, units=3), ask(thing)
    assert fresh(three).skips == 1
    services.change_copy(copy=Copy.objects.get(code="c"), state=CopyState.LOST)
    give_back(first)
    give_back(second)
    assert fresh(three).skip_reason == "too_many"

    again = ask(thing)
    assert status(again, three) == ["out", "requested"]
    waiting = ask(thing), ask(thing)
    assert status(*waiting) == ["out", "requested"]
    at, bookable = now(), catalog(thing.venue_id).bookables[thing.pk]
    asked = expect_each([Ask((bookable,), [terms_at(thing.venue_id)[thing.pk]])], at)[0]
    assert (expect(waiting[1], at).ahead, asked.ahead) == (0, 1)

    services.change_copy(copy=Copy.objects.get(code="c"), state=CopyState.IN_SERVICE)
    give_back(again)
    assert fresh(three).skip_reason == ""  # there are enough: it is kept for them again
    give_back(waiting[0])
    assert status(three, waiting[1]) == ["out", "requested"]


def test_what_has_too_few_is_kept_for_nobody() -> None:
    """Of a group, whoever wants two is overtaken only where there are two."""
    pair = make_thing(units=2, overtakes=0)
    single = make_thing(pair.venue, rules_of(pair))
    group = make_group([pair, single])
    holder, two = ask(pair), ask(group, units=2)
    assert (ask(single).status, fresh(two).skips, ask(pair).status) == ("out", 0, "requested")
    give_back(holder)
    assert status(two) == ["out"]


def test_what_is_true_of_one_thing_is_not_of_all_of_its_group() -> None:
    """A change of one thing locks that alone: the other one of the group may be free, or be enough."""
    small = make_thing(approval="manual")
    pair = make_thing(small.venue, rules_of(small), units=2)
    group = make_group([small, pair])
    first, two = ask(group), ask(group, units=2)
    assert (fresh(first).next_at is not None, fresh(two).next_at is not None) == (True, True)
    alone = ask(small)
    services.approve_loan(loan_id=alone.uuid, actor=STAFF)
    services.look_at_queue(Queue.objects.get(resource=small), now=now())
    assert [fresh(loan).next_at is not None for loan in (first, two)] == [True, True]
    give_back(alone)
    assert fresh(two).skip_reason == ""


def test_fairness_serves_who_had_less() -> None:
    thing = make_thing(queue_rule="fair")
    heavy, light = make_user(), make_user()
    start = now() - timedelta(hours=10)
    give_back(ask(thing, heavy, now=start), now=start + timedelta(hours=5))
    holder = ask(thing)
    first, second = ask(thing, heavy), ask(thing, light)
    queue = Queue.objects.get(resource=thing)
    assert [loan.pk for loan in selectors.QueueOrder(queue, now())] == [second.pk, first.pk]
    assert selectors.find_positions([first, second], now()) == {first.pk: 2, second.pk: 1}
    give_back(holder)
    assert status(first, second) == ["requested", "out"]


def test_priority_and_reordering() -> None:
    thing = make_thing()
    holder, *waiting = [ask(thing) for _ in range(5)]
    a, b, c, d = waiting
    queue = Queue.objects.get(resource=thing)

    def order() -> list[int]:
        return [loan.pk for loan in selectors.QueueOrder(queue, now())]

    for _ in range(30):  # again and again between the same two: there is always room
        services.move_loan(loan_id=d.uuid, actor=STAFF, before=b.uuid, reason="First")
        services.move_loan(loan_id=c.uuid, actor=STAFF, before=b.uuid, reason="First")
        assert order() == [a.pk, d.pk, c.pk, b.pk]
    services.move_loan(loan_id=a.uuid, actor=STAFF, reason="Last")
    assert order() == [d.pk, c.pk, b.pk, a.pk]
    services.edit_loan(loan_id=a.uuid, actor=STAFF, priority=1)
    give_back(holder)
    assert status(a) == ["out"]
    with pytest.raises(InvalidInput):
        services.move_loan(loan_id=b.uuid, actor=STAFF, before=c.uuid, reason=" ")


def test_a_queue_of_a_group_and_of_its_things_have_one_order() -> None:
    first = make_thing()
    second = make_thing(first.venue, rules_of(first))
    group = make_group([first, second])
    holders = [ask(first), ask(second)]
    for_any, for_first, again_any = ask(group), ask(first), ask(group)
    give_back(holders[0])
    assert status(for_any, for_first, again_any) == ["out", "requested", "requested"]
    assert fresh(for_any).resource_id == first.pk
    give_back(holders[1])
    assert status(for_first, again_any) == ["requested", "out"]


def test_a_broken_approval_stops_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    thing = make_thing()
    holder, first, second = ask(thing), ask(thing), ask(thing)

    def fail(changes: list[LoanChange], **kwargs: Any) -> None:
        if changes[0].loan.pk == first.pk and changes[0].kind == "approved":
            raise RuntimeError("a receiver fails")

    loans_changed.connect(fail)
    try:
        give_back(holder)
    finally:
        loans_changed.disconnect(fail)
    assert status(holder, first, second) == ["returned", "requested", "out"]
    assert fresh(first).skip_reason == "failed"
    assert f"Loan {first.pk} could not be approved" in caplog.text
    give_back(second)
    assert status(first) == ["out"]


def test_people_can_be_moved_as_often_as_staff_like() -> None:
    thing = make_thing()
    ask(thing)
    queue = [ask(thing, now=in_minutes(number + 1)) for number in range(14)]

    def move(loan: Loan, before: Loan | None) -> None:
        target = before.uuid if before else None
        services.move_loan(loan_id=loan.uuid, actor=STAFF, before=target, reason="So", now=in_minutes(60))

    first, last = queue[0], queue[-1]
    move(first, None)
    ahead = first
    for loan in queue[1:-1]:  # each before the one before, until there is no room
        move(loan, ahead)
        ahead = loan
        if fresh(loan).seq == fresh(last).seq + 1:
            break
    move(first, ahead)
    order = [loan.pk for loan in Loan.objects.waiting().in_arrival_order()]
    assert order.index(first.pk) == order.index(ahead.pk) - 1


def test_a_paused_place_is_kept() -> None:
    """Its lease counts from the end of the pause."""
    thing = make_thing(queue_lease=30)
    ask(thing)
    paused, resumed = ask(thing), ask(thing)
    for loan in (paused, resumed):
        services.suspend_loan(loan_id=loan.uuid, actor=STAFF, until=in_minutes(1440))
        services.keep_alive(loan_id=loan.uuid, actor=STAFF)
    services.resume_loan(loan_id=resumed.uuid, actor=STAFF, now=in_minutes(60))
    services.end_leases(now=in_minutes(1460))
    assert status(paused, resumed) == ["requested", "expired"]
    services.end_leases(now=in_minutes(1472))
    assert status(paused) == ["expired"]


def test_a_pause_ends_with_the_wait() -> None:
    thing = make_thing(units=2)
    out = ask(thing), ask(thing)
    waiting = ask(thing), ask(thing)
    for loan in waiting:
        services.suspend_loan(loan_id=loan.uuid, actor=STAFF)
    give_back(out[0])
    services.approve_loan(loan_id=waiting[0].uuid, actor=STAFF)
    services.decline_loan(loan_id=waiting[1].uuid, actor=STAFF)
    assert status(*waiting) == ["out", "declined"]
    assert [fresh(loan).suspended_until for loan in waiting] == [None, None]
