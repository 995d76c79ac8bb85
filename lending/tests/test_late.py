"""What is late or lost is not there, whatever the calendar says; who booked it gets it once it is back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
import time_machine

from common.errors import DomainError
from lending import services
from lending.enums import CopyState, Status
from lending.exceptions import LoanRefused, QueueFirst
from lending.models import Copy, Loan
from lending.signals import LoanChange, loans_changed
from lending.tests import helpers
from lending.tests.helpers import (
    NOBODY,
    STAFF,
    ask,
    fresh,
    in_minutes,
    lend_out,
    make_thing,
    minute,
    occupied,
    rules_of,
    status,
)
from reservations.exceptions import SlotTaken
from reservations.models import Reservation
from reservations.services import cancel_reservation
from resources.models import Resource
from tests.factories import make_whole

pytestmark = pytest.mark.django_db
DAY = 1440


@pytest.fixture(autouse=True)
def standing_clock() -> Iterator[None]:
    """Minutes are counted from one that does not pass meanwhile."""
    with time_machine.travel(minute(), tick=False):
        yield


def tick(minutes: float) -> datetime:
    """What the hour does, in its order."""
    at = in_minutes(minutes)
    services.end_leases(now=at)
    services.expire_requests(now=at)
    services.begin_dated(now=at)
    services.watch_overdue(now=at)
    services.warn_of_clashes(now=at)
    services.serve_queues(now=at)
    return at


def make_late(**fields: Any) -> tuple[Resource, Loan, Loan]:
    """Somebody has it beyond its due date, at which another one has booked it."""
    thing = make_thing(**fields)
    booked = ask(thing, wanted_from=in_minutes(60), wanted_until=in_minutes(120))
    late = ask(thing)
    if late.status == Status.APPROVED:
        services.hand_out(loan_id=late.uuid, actor=STAFF)
    assert fresh(late).due_at == in_minutes(60)
    return thing, late, booked


def give_back(loan: Loan, minutes: float) -> None:
    services.return_loan(loan_id=loan.uuid, actor=STAFF, by_staff=True, now=in_minutes(minutes))


def ask_for(thing: Resource, start: float, end: float, *, at: float, **fields: Any) -> Loan:
    return ask(
        thing, now=in_minutes(at), wanted_from=in_minutes(start), wanted_until=in_minutes(end), **fields
    )


def block(thing: Resource, start: float, end: float) -> Reservation:
    return helpers.block(thing, in_minutes(start), in_minutes(end))


@contextmanager
def hearing(kind: str) -> Iterator[list[LoanChange]]:
    told: list[LoanChange] = []

    def hear(changes: list[LoanChange], **kwargs: Any) -> None:
        told.extend(change for change in changes if change.kind == kind)

    loans_changed.connect(hear)
    try:
        yield told
    finally:
        loans_changed.disconnect(hear)


# --- who has booked it gets it once it is back ---


def test_dates_begin_in_the_transaction_that_brings_it_back() -> None:
    thing, late, booked = make_late()
    waiting = ask(thing)
    tick(61)
    assert status(late, booked) == [Status.OUT, Status.APPROVED]
    with pytest.raises(LoanRefused) as refused:
        services.hand_out(loan_id=booked.uuid, actor=STAFF, now=in_minutes(62))
    assert refused.value.code == "too_soon"
    give_back(late, 70)
    assert status(late, booked, waiting) == [Status.RETURNED, Status.OUT, Status.REQUESTED]
    assert fresh(booked).handed_out_at == in_minutes(70)


@pytest.mark.parametrize("by", ["found", "swapped", "forced"])
def test_however_it_comes_back(by: str) -> None:
    thing, late, booked = make_late()
    other = make_thing(thing.venue, rules_of(thing))
    if by == "found":
        services.mark_lost(loan_id=late.uuid, actor=STAFF)
    at = tick(61)
    assert status(booked) == [Status.APPROVED]
    if by == "found":
        services.mark_found(loan_id=late.uuid, actor=STAFF, now=at)
    elif by == "swapped":
        services.swap_loan(loan_id=late.uuid, actor=STAFF, resource_id=other.pk, now=at)
    else:
        services.force_return(loan_id=late.uuid, actor=STAFF, reason="Needed", now=at)
    assert status(booked) == [Status.OUT]


def test_a_copy_that_is_lost_does_not_come_back() -> None:
    thing = make_thing()
    services.add_copy(resource=thing, code="a")
    late, booked = ask(thing, period=60), ask_for(thing, 60, 120, at=0)
    Loan.objects.filter(pk=late.pk).update(copy=Copy.objects.get(code="a"))
    at = tick(61)
    services.mark_lost(loan_id=late.uuid, actor=STAFF, now=at)
    tick(62)
    assert status(booked) == [Status.APPROVED]
    services.mark_found(loan_id=late.uuid, actor=STAFF, now=in_minutes(63))
    tick(64)
    assert status(booked) == [Status.OUT]


def test_another_one_of_its_kind_will_do() -> None:
    thing, late, booked = make_late()
    other = make_thing(thing.venue, rules_of(thing))
    at = tick(61)
    services.swap_loan(loan_id=booked.uuid, actor=STAFF, resource_id=other.pk, now=at)
    assert status(late, booked) == [Status.OUT, Status.OUT]


def test_who_never_got_it_is_not_overdue_with_it() -> None:
    thing, _late, booked = make_late()
    other = make_thing(thing.venue)
    for minutes in (61, 121, 122):
        tick(minutes)
    assert status(booked) == [Status.EXPIRED]
    assert ask(other, booked.borrower, now=in_minutes(123)).status == Status.OUT


def test_of_several_units_those_that_are_there_go_to_who_booked_first() -> None:
    thing = make_thing(units=2)
    booked = [ask_for(thing, 60, 120, at=0) for _ in range(2)]
    late = [ask(thing) for _ in range(2)]
    give_back(late[0], 50)
    tick(61)
    assert status(*booked) == [Status.OUT, Status.APPROVED]
    give_back(late[1], 65)
    assert status(*booked) == [Status.OUT, Status.OUT]


def test_a_kit_begins_once_its_last_part_is_back() -> None:
    camera = make_thing()
    tripod = make_thing(camera.venue, rules_of(camera))
    kit = make_whole([camera, tripod])
    lend_out(kit, rules_of(camera))
    booked = ask_for(kit, 60, 120, at=0)
    late = [ask(camera), ask(tripod)]
    tick(61)
    give_back(late[0], 62)
    assert status(booked) == [Status.APPROVED]
    give_back(late[1], 63)
    assert status(booked) == [Status.OUT]


def test_a_broken_booking_keeps_nobody_from_bringing_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    _thing, late, booked = make_late()
    tick(61)
    with monkeypatch.context() as broken:
        broken.setattr("lending.beginning.start_loan", lambda *args: 1 / 0)
        give_back(late, 70)
    assert status(late, booked) == [Status.RETURNED, Status.APPROVED]
    tick(71)
    assert status(booked) == [Status.OUT]


@pytest.mark.parametrize("ticks", [(61, 91), (91,)])
def test_the_time_to_fetch_it_counts_from_when_it_is_there(ticks: tuple[int, ...]) -> None:
    _thing, late, booked = make_late(pickup_window=30)
    for minutes in ticks:
        tick(minutes)
    assert status(late, booked) == [Status.OUT, Status.APPROVED]
    assert fresh(booked).valid_until is None
    with hearing("approved") as told:
        give_back(late, 100)
    assert [change.loan.pk for change in told] == [booked.pk]
    assert fresh(booked).valid_until == in_minutes(120)  # thirty minutes, and its dates end by then
    tick(110)
    assert services.hand_out(loan_id=booked.uuid, actor=STAFF, now=in_minutes(111)).status == Status.OUT


@pytest.mark.parametrize("by", ["another loan", "a booking", "a copy", "more units"])
def test_what_else_comes_free_is_theirs_at_once(by: str, django_capture_on_commit_callbacks: Any) -> None:
    """Before the next run, and before anybody in the queue."""
    thing = make_thing(units=1 if by == "more units" else 2)
    copies = [services.add_copy(resource=thing, code=code) for code in "ab"] if by == "a copy" else []
    for copy in copies[1:]:
        services.change_copy(copy=copy, state=CopyState.REPAIR)
    other = ask_for(thing, 0, 200, at=0) if by == "another loan" else None
    blocked = block(thing, 0, 200) if by == "a booking" else None
    booked = ask_for(thing, 60, 120, at=0)
    late, waiting = ask(thing), ask(thing)
    tick(61)
    assert status(late, booked, waiting) == [Status.OUT, Status.APPROVED, Status.REQUESTED]
    with time_machine.travel(in_minutes(70), tick=False), django_capture_on_commit_callbacks(execute=True):
        if other:
            give_back(other, 0)
        elif blocked:
            cancel_reservation(reservation_id=blocked.pk, actor=STAFF)
        elif copies:
            services.change_copy(copy=copies[1], state=CopyState.IN_SERVICE)
        else:
            thing.units = 2
            thing.save()
        is_later = by == "more units"  # for that may take long
        assert status(booked) == [Status.APPROVED if is_later else Status.OUT]
    assert status(late, booked, waiting) == [Status.OUT, Status.OUT, Status.REQUESTED]


# --- it is given to nobody ---


@pytest.mark.parametrize("by", ["dates", "staff", "swap"])
def test_what_is_not_back_is_given_to_nobody(by: str) -> None:
    thing, late, booked = make_late()
    tick(61)
    services.cancel_loan(loan_id=booked.uuid, actor=STAFF, now=in_minutes(70))
    with pytest.raises(SlotTaken):
        _try_to_have(thing, by, 72)  # before anything has pushed it
    assert list(Loan.objects.filter(resource=thing, status=Status.OUT)) == [late]


def _try_to_have(thing: Resource, by: str, minutes: int) -> None:
    at = in_minutes(minutes)
    if by == "dates":
        ask_for(thing, minutes, minutes + 30, at=minutes)
    elif by == "staff":
        services.approve_loan(loan_id=ask(thing, now=at).uuid, actor=STAFF, now=at)
    else:
        other = ask(make_thing(thing.venue), now=at)
        services.swap_loan(loan_id=other.uuid, actor=STAFF, resource_id=thing.pk, now=at)


def test_it_is_booked_anew_where_others_had_the_time_in_between() -> None:
    thing = make_thing(loan_period=60)
    late, between = ask(thing), block(thing, 60, 120)
    tick(61)
    assert occupied(late)[1] == in_minutes(60)
    tick(121)
    assert occupied(late) == (in_minutes(121), in_minutes(121 + DAY))
    assert Reservation.objects.get(pk=between.pk).ends_at == in_minutes(120)
    give_back(late, 130)
    assert occupied(late)[1] == in_minutes(130)
    assert ask(thing, now=in_minutes(131)).status == Status.OUT


def test_who_comes_after_that_is_at_risk_too() -> None:
    thing = make_thing(loan_period=60)
    late, first, second = ask(thing), block(thing, 60, 120), block(thing, 180, 240)
    with hearing("at_risk") as told:
        for minutes in (61, 62, 121, 122):
            tick(minutes)
    assert [change.extra["reservation"].pk for change in told] == [first.pk, second.pk]
    assert occupied(late)[1] == in_minutes(180)


def test_what_is_lost_is_booked_for_nobody() -> None:
    thing = make_thing(loan_period=60)
    lost = ask(thing)
    services.mark_lost(loan_id=lost.uuid, actor=STAFF)
    with pytest.raises(SlotTaken):
        ask_for(thing, 300 * DAY, 300 * DAY + 60, at=1)
    tick(120)
    assert occupied(lost)[1] > in_minutes(364 * DAY)  # bookings of other kinds see it, too
    with pytest.raises(SlotTaken):
        ask_for(thing, 3 * DAY, 3 * DAY + 60, at=121)
    services.mark_found(loan_id=lost.uuid, actor=STAFF, now=in_minutes(125))
    assert ask_for(thing, 3 * DAY, 3 * DAY + 60, at=126).status == Status.APPROVED


def test_of_several_units_one_that_is_lost_is_counted_once() -> None:
    thing = make_thing(units=2, loan_period=60)
    services.mark_lost(loan_id=ask(thing).uuid, actor=STAFF)
    assert ask_for(thing, 3 * DAY, 3 * DAY + 60, at=1).status == Status.APPROVED
    with pytest.raises(DomainError):
        ask_for(thing, 3 * DAY, 3 * DAY + 60, at=2)


def test_what_is_not_lent_any_more_is_still_missing() -> None:
    camera = make_thing(loan_period=60)
    kit = make_whole([camera, make_thing(camera.venue, rules_of(camera))])
    lend_out(kit, rules_of(camera))
    late, waiting = ask(camera), ask(kit)
    camera.lendable.delete()
    services.look_at_queue(waiting.queue, now=in_minutes(61))
    assert status(late, waiting) == [Status.OUT, Status.REQUESTED]


def test_a_late_kit_is_swapped_for_one_of_its_parts() -> None:
    camera = make_thing(loan_period=60)
    kit = make_whole([camera, make_thing(camera.venue, rules_of(camera))])
    lend_out(kit, rules_of(camera))
    late = ask(kit)
    swapped = services.swap_loan(loan_id=late.uuid, actor=STAFF, resource_id=camera.pk, now=in_minutes(61))
    assert swapped.resource_id == camera.pk


# --- due dates that stay, and those that move ---


def test_a_pause_that_is_over_takes_no_promise_away() -> None:
    thing = make_thing(loan_period=60)
    ask(thing)
    first = ask(thing)
    services.suspend_loan(loan_id=first.uuid, actor=NOBODY, until=in_minutes(10))
    tick(11)
    with pytest.raises(QueueFirst):
        ask_for(thing, 61, 600, at=20)
