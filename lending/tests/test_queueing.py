"""Who is served, until when, and why others are passed over."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from common.clock import now
from common.errors import InvalidInput, NotFound
from lending import selectors, services
from lending.exceptions import (
    AlreadyRequested,
    CopyTaken,
    LeaseOver,
    LoanRefused,
    NotLendable,
    PeopleWait,
    QueueFirst,
    StaffConfirmReturns,
)
from lending.models import Loan, Queue
from lending.signals import LoanChange, loans_changed
from lending.tests.helpers import (
    NOBODY,
    STAFF,
    ask,
    change_rules,
    fresh,
    in_minutes,
    lend_out,
    make_thing,
    rules_of,
    status,
)
from reservations.domain.values import Actor, ItemRequest
from reservations.enums import Purpose, Source
from reservations.exceptions import SlotTaken, TransitionNotAllowed
from reservations.models import Reservation
from reservations.services import block_time, cancel_reservation
from resources.models import Resource
from resources.services.products import offer_products
from tests.factories import make_group, make_member, make_user, make_whole

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
    times = {"wanted_from": in_minutes(60), "wanted_until": in_minutes(120)}
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


def test_fairness_serves_who_had_less() -> None:
    thing = make_thing(queue_rule="fair")
    heavy, light = make_user(), make_user()
    start = now() - timedelta(hours=10)
    give_back(ask(thing, heavy, now=start), now=start + timedelta(hours=5))
    holder = ask(thing)
    first, second = ask(thing, heavy), ask(thing, light)
    queue = Queue.objects.get(resource=thing)
    assert [loan.pk for loan in selectors.list_queue(queue, now())] == [second.pk, first.pk]
    assert selectors.find_positions([first, second], now()) == {first.pk: 2, second.pk: 1}
    give_back(holder)
    assert status(first, second) == ["requested", "out"]


def test_priority_and_reordering() -> None:
    thing = make_thing()
    holder, *waiting = [ask(thing) for _ in range(5)]
    a, b, c, d = waiting
    queue = Queue.objects.get(resource=thing)

    def order() -> list[int]:
        return [loan.pk for loan in selectors.list_queue(queue, now())]

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
    times = {"wanted_from": in_minutes(60), "wanted_until": in_minutes(120)}
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
        ask(thing, wanted_from=in_minutes(55 + 5), wanted_until=in_minutes(300))
    assert ask(thing, wanted_from=in_minutes(600), wanted_until=in_minutes(700)).status == "approved"


def test_staff_decide_on_dates() -> None:
    thing = make_thing(approval="manual")
    times = {"wanted_from": in_minutes(60), "wanted_until": in_minutes(120)}
    first, second = ask(thing, **times), ask(thing, **times)
    assert status(first, second) == ["requested", "requested"]
    assert services.approve_loan(loan_id=first.uuid, actor=STAFF).status == "approved"
    with pytest.raises(SlotTaken):
        services.approve_loan(loan_id=second.uuid, actor=STAFF)
    assert services.expire_requests(now=in_minutes(62)) == 1
    assert status(first, second) == ["approved", "expired"]


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
    kept = services.keep_alive(loan_id=loan.uuid, actor=NOBODY, now=loan.valid_until - timedelta(seconds=1))
    assert services.end_leases(now=loan.valid_until + timedelta(minutes=5)) == 0
    assert kept.valid_until is not None
    with pytest.raises(LeaseOver):
        services.keep_alive(loan_id=loan.uuid, actor=NOBODY, now=kept.valid_until)
    assert services.end_leases(now=kept.valid_until) == 1
    assert status(loan, waiting) == ["returned", "out"]
    assert fresh(loan).events.last().kind == "lapsed"
    with pytest.raises(TransitionNotAllowed):
        services.keep_alive(loan_id=loan.uuid, actor=NOBODY)


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
    assert ends_at(loan) == in_minutes(61 + 1440)
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


def test_copies_are_counted_named_and_taken_once() -> None:
    thing = make_thing(pickup_window=60)
    for number in range(3):
        services.add_copy(resource=thing, code=f"LT-{number}", name=f"Laptop {number}")
    thing.refresh_from_db()
    assert thing.units == 3
    with pytest.raises(InvalidInput):
        services.add_copy(resource=thing, code="LT-1")
    first, second = ask(thing), ask(thing)
    with pytest.raises(InvalidInput):
        services.hand_out(loan_id=first.uuid, actor=STAFF)
    with pytest.raises(InvalidInput):
        services.hand_out(loan_id=first.uuid, actor=STAFF, copy_code="nonsense")
    handed = services.hand_out(loan_id=first.uuid, actor=STAFF, copy_code="LT-1")
    with pytest.raises(CopyTaken):
        services.hand_out(loan_id=second.uuid, actor=STAFF, copy_code="LT-1")
    assert handed.copy is not None
    with pytest.raises(CopyTaken):
        services.change_copy(copy=handed.copy, state="repair")
    services.mark_lost(loan_id=first.uuid, actor=STAFF)
    thing.refresh_from_db()
    assert (thing.units, fresh(first).copy.state) == (2, "lost")
    with pytest.raises(CopyTaken):
        services.remove_copy(copy=handed.copy)
    services.mark_found(loan_id=first.uuid, actor=STAFF)
    thing.refresh_from_db()
    assert thing.units == 3


def test_a_kit_and_its_parts_exclude_each_other() -> None:
    parts = [make_thing(), *()]
    parts.append(make_thing(parts[0].venue, rules_of(parts[0])))
    kit = make_whole(parts)
    lend_out(kit, rules_of(parts[0]))
    whole = ask(kit)
    part = ask(parts[1])
    assert status(whole, part) == ["out", "requested"]
    give_back(whole)
    assert status(part) == ["out"]
    again = ask(kit)
    assert again.status == "requested"
    give_back(part)
    assert status(again) == ["out"]


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
