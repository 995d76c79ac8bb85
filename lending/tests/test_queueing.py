"""Who is served, until when, and why others are passed over."""

from datetime import datetime, timedelta
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
    QueueFirst,
)
from lending.models import Copy, Loan, Queue
from lending.offering import Ask, expect_each
from lending.selectors import expect, find_positions
from lending.signals import LoanChange, loans_changed
from lending.terms import terms_at
from lending.tests.helpers import (
    NOBODY,
    STAFF,
    ask,
    change_rules,
    fresh,
    in_minutes,
    make_thing,
    rules_of,
    status,
)
from reservations.domain.values import Actor, ItemRequest
from reservations.enums import Purpose, Source
from reservations.exceptions import SlotTaken
from reservations.models import Reservation
from reservations.services import block_time
from resources.catalog import catalog
from resources.models import Resource
from resources.services.products import offer_products
from tests.factories import make_group, make_member, make_user

pytestmark = pytest.mark.django_db
BOOKER = Actor(source=Source.IMPORT)


def block(thing: Resource, start: datetime, end: datetime) -> Reservation:
    return block_time(
        venue_id=thing.venue_id,
        items=[ItemRequest(thing.pk)],
        start=start,
        end=end,
        title="Maintenance",
        purpose=Purpose.BLOCK,
        actor=BOOKER,
    )


def give_back(loan: Loan, **times: Any) -> Loan:
    return services.return_loan(loan_id=loan.uuid, actor=NOBODY, **times)


def ends_at(loan: Loan) -> datetime:
    loan = fresh(loan)
    assert loan.reservation is not None
    return loan.reservation.ends_at


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
    asked = expect_each([Ask((bookable,), terms_at(thing.venue_id)[thing.pk])], at)[0]
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


# --- dates ---


def test_dates_fit_whole_or_are_refused() -> None:
    thing = make_thing()
    times: dict[str, Any] = {"wanted_from": in_minutes(60), "wanted_until": in_minutes(120)}
    dated = ask(thing, **times)
    assert (dated.status, dated.due_at) == ("approved", in_minutes(120))
    with pytest.raises(SlotTaken):
        ask(thing, wanted_from=in_minutes(90), wanted_until=in_minutes(150))
    open_ended = ask(thing)
    assert open_ended.due_at == in_minutes(60)
    give_back(open_ended)
    assert services.begin_dated(now=in_minutes(61)) == 1
    assert status(dated) == ["out"]


def test_dates_that_would_break_a_promise_are_refused() -> None:
    """The first in line wants both, and has been told: in an hour."""
    thing = make_thing(units=2, loan_period=60)
    ask(thing)
    ask(thing)
    first = ask(thing, units=2)
    assert selectors.expect(first, now()).sure is not None
    with pytest.raises(QueueFirst):
        ask(thing, wanted_from=in_minutes(60), wanted_until=in_minutes(300))
    assert ask(thing, wanted_from=in_minutes(600), wanted_until=in_minutes(700)).status == "approved"


def test_a_pause_that_is_over_takes_no_promise_away() -> None:
    thing = make_thing(loan_period=60)
    ask(thing)
    first = ask(thing)
    services.suspend_loan(loan_id=first.uuid, actor=NOBODY, until=in_minutes(10))
    for minutes in (60, 61):  # a minute is not worth having it
        with pytest.raises(QueueFirst):
            ask(thing, wanted_from=in_minutes(minutes), wanted_until=in_minutes(600), now=in_minutes(20))
    later = ask(thing, wanted_from=in_minutes(90), wanted_until=in_minutes(600), now=in_minutes(20))
    assert status(later) == ["approved"]


def test_dates_that_begin_soon_overtake_as_others_do() -> None:
    """Whoever wants all three is overtaken once, and then what is free is kept for them."""
    thing = make_thing(units=3, overtakes=1)
    out, three = ask(thing), ask(thing, units=3)
    ask(thing, wanted_from=in_minutes(3 * 1440), wanted_until=in_minutes(4 * 1440))
    assert fresh(three).skips == 0
    dated = ask(thing, wanted_from=in_minutes(0), wanted_until=in_minutes(60))
    assert (status(dated), fresh(three).skips) == (["out"], 1)
    for minutes in (0, 10, 600):
        with pytest.raises(QueueFirst):
            ask(thing, wanted_from=in_minutes(minutes), wanted_until=in_minutes(6000))
    one = ask(thing)
    assert one.status == "requested"
    services.cancel_loan(loan_id=one.uuid, actor=NOBODY)
    services.suspend_loan(loan_id=three.uuid, actor=NOBODY, until=in_minutes(30))
    assert ask(thing, wanted_from=in_minutes(0), wanted_until=in_minutes(20)).status == "out"
    give_back(out)
    assert fresh(three).skips == 1


def test_a_promise_counts_beside_something_without_an_end() -> None:
    """One is out for as long as it takes; two are back in an hour, and then the first in line has them."""
    thing = make_thing(units=3)
    ask(thing)
    ask(thing, units=2, wanted_from=in_minutes(0), wanted_until=in_minutes(60))
    all_three = ask(thing, units=3)
    services.suspend_loan(loan_id=all_three.uuid, actor=NOBODY)
    two = ask(thing, units=2)
    services.suspend_loan(loan_id=two.uuid, actor=NOBODY, until=in_minutes(5))
    times: dict[str, Any] = {"wanted_from": in_minutes(60), "wanted_until": in_minutes(300)}
    paused = ask(thing, now=in_minutes(1), **times)  # nobody is in the way
    services.cancel_loan(loan_id=paused.uuid, actor=NOBODY, now=in_minutes(2))
    with pytest.raises(QueueFirst):
        ask(thing, now=in_minutes(6), **times)
    assert status(two) == ["requested"]


def test_staff_decide_on_dates() -> None:
    thing = make_thing(approval="manual")
    times: dict[str, Any] = {"wanted_from": in_minutes(60), "wanted_until": in_minutes(120)}
    first, second = ask(thing, **times), ask(thing, **times)
    assert status(first, second) == ["requested", "requested"]
    assert services.approve_loan(loan_id=first.uuid, actor=STAFF).status == "approved"
    with pytest.raises(SlotTaken):
        services.approve_loan(loan_id=second.uuid, actor=STAFF)
    assert services.expire_requests(now=in_minutes(62)) == 1
    assert status(first, second) == ["approved", "expired"]


# --- waits ---


def test_what_people_are_told_of_their_wait() -> None:
    thing = make_thing(loan_period=60)
    out, first, second = ask(thing), ask(thing), ask(thing)
    told = selectors.expect(second, now())
    assert (told.ahead, told.sure) == (1, in_minutes(120))
    queue = Queue.objects.get(resource=thing)
    assert selectors.expect_next(queue, now()).ahead == 2
    assert selectors.loan_counts(out.borrower_id, now()) == {
        "loans_out": 1,
        "loans_waiting": 0,
        "loans_overdue": 0,
    }
    assert selectors.find_positions([first, second], now()) == {first.pk: 1, second.pk: 2}
    services.suspend_loan(loan_id=first.uuid, actor=NOBODY)
    assert selectors.expect(second, now()).ahead == 0


def test_places_in_line_count_all_who_may_be_given_the_same() -> None:
    """Of a thing and of its group, whoever came first goes first."""
    thing = make_thing(loan_period=60)
    other = make_thing(thing.venue, rules_of(thing))
    group = make_group([thing, other])
    ask(thing), ask(other)
    for_any, for_one, for_any_later = ask(group), ask(thing), ask(group)
    ask(make_thing(thing.venue, rules_of(thing)))

    at = now()
    assert find_positions([for_any, for_one, for_any_later], at) == {
        for_any.pk: 1,
        for_one.pk: 2,
        for_any_later.pk: 3,
    }
    assert [expect(loan, at).ahead for loan in (for_any, for_one, for_any_later)] == [0, 1, 2]
    things = catalog(thing.venue_id).bookables
    terms = terms_at(thing.venue_id)[thing.pk]
    asks = [Ask((things[thing.pk],), terms), Ask((things[other.pk],), terms)]
    assert [found.ahead for found in expect_each(asks, at)] == [3, 2]


def test_nobody_can_tell_when_something_lost_is_found() -> None:
    thing = make_thing(loan_period=60)
    out, waiting = ask(thing), ask(thing)
    at = now()
    assert expect(waiting, at).sure == out.due_at
    services.mark_lost(loan_id=out.uuid, actor=STAFF)

    asked = Ask((catalog(thing.venue_id).bookables[thing.pk],), terms_at(thing.venue_id)[thing.pk])
    assert [expect(waiting, at).sure, expect_each([asked], at)[0].sure] == [None, None]
