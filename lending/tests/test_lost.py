"""What is lost, or swapped, is counted once, and whoever comes next knows of it."""

import pytest

from common.errors import InvalidInput
from lending import services
from lending.enums import CopyState, Kind, Status
from lending.models import Copy, Loan
from lending.tests.helpers import STAFF, ask, fresh, in_minutes, make_thing, rules_of, status
from notifications.models import Message
from notifications.rendering import render_message
from resources.models import Resource
from tests.factories import make_member

pytestmark = pytest.mark.django_db


def make_copies(codes: str, **fields: object) -> Resource:
    thing = make_thing(**fields)  # type: ignore[arg-type]
    for code in codes:
        services.add_copy(resource=Resource.objects.get(pk=thing.pk), code=code)
    return Resource.objects.get(pk=thing.pk)


def lose(loan: Loan, minutes: int = 3) -> Loan:
    return services.mark_lost(loan_id=loan.uuid, actor=STAFF, now=in_minutes(minutes))


def lose_copy(code: str) -> None:
    services.change_copy(copy=Copy.objects.get(code=code), state=CopyState.LOST, now=in_minutes(4))


def test_a_copy_that_nobody_named_is_lost_once() -> None:
    thing = make_copies("ab")
    loan = lose(ask(thing))
    lose_copy("a")
    assert ask(thing, now=in_minutes(5)).status == Status.OUT
    assert fresh(loan).copy == Copy.objects.get(code="a")

    services.mark_found(loan_id=loan.uuid, actor=STAFF, now=in_minutes(6))
    assert ask(thing, now=in_minutes(7)).status == Status.OUT


def test_all_units_that_are_lost_are_lost_though_one_was_named() -> None:
    thing = make_copies("abc", pickup_window=30)
    loan = ask(thing, units=2)
    services.hand_out(loan_id=loan.uuid, actor=STAFF, copy_code="a")
    lose(loan)
    first, second = ask(thing, now=in_minutes(6)), ask(thing, now=in_minutes(7))
    assert status(first, second) == [Status.APPROVED, Status.REQUESTED]
    services.cancel_loan(loan_id=second.uuid, actor=STAFF)

    for code, units in (("a", 1), ("b", 1)):
        lose_copy(code)
        assert fresh(loan).units == units
        assert status(first, ask(thing, now=in_minutes(8))) == [Status.APPROVED, Status.REQUESTED]
    assert loan.events.filter(kind=Kind.EDITED).count() == 2
    assert Resource.objects.get(pk=thing.pk).units == 1


def test_who_comes_next_on_what_is_lost_and_staff_are_warned() -> None:
    thing = make_thing()
    make_member(thing.venue)
    booked = ask(thing, wanted_from=in_minutes(4320), wanted_until=in_minutes(4920))
    lost = lose(ask(thing))
    for minutes in (1440, 2890, 3900):
        services.watch_overdue(now=in_minutes(minutes))
        services.warn_of_clashes(now=in_minutes(minutes))
    told = Message.objects.get(kind="loan_at_risk")
    assert told.subject_id == str(booked.uuid)
    assert "isn't back yet" in render_message(told, "en").text
    assert Message.objects.get(kind="staff_loan_at_risk").subject_id == str(lost.uuid)


def test_what_is_swapped_back_is_made_ready_before_the_next_has_it() -> None:
    bench = make_thing(service_time=60)
    other = make_thing(bench.venue, rules_of(bench))
    loan, waiting = ask(bench), ask(bench)
    services.swap_loan(loan_id=loan.uuid, actor=STAFF, resource_id=other.pk, now=in_minutes(10))
    assert status(waiting) == [Status.REQUESTED]
    services.serve_queues(now=in_minutes(71))
    assert status(waiting) == [Status.OUT]


def test_nothing_is_swapped_for_what_is_out_of_use() -> None:
    bench = make_thing()
    broken = make_thing(bench.venue, rules_of(bench))
    loan = ask(bench)
    broken.is_active = False
    broken.save()
    with pytest.raises(InvalidInput):
        services.swap_loan(loan_id=loan.uuid, actor=STAFF, resource_id=broken.pk, now=in_minutes(4))


def test_a_thing_without_copies_is_one_again() -> None:
    thing = make_thing()
    copy = services.add_copy(resource=thing, code="a", state=CopyState.REPAIR)
    services.remove_copy(copy=copy)
    assert Resource.objects.get(pk=thing.pk).units == 1
