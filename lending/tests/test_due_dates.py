"""When what is out is due, whatever else changes."""

import pytest

from lending import services
from lending.enums import Status
from lending.tests.helpers import (
    STAFF,
    ask,
    change_rules,
    fresh,
    in_minutes,
    make_thing,
)
from lending.tests.test_late import ask_for, block, occupied, tick
from reservations.exceptions import SlotTaken
from reservations.services import cancel_reservation

pytestmark = pytest.mark.django_db
DAY = 1440


def test_a_recall_stays() -> None:
    loan = ask(make_thing())
    services.recall_loan(loan_id=loan.uuid, actor=STAFF, reason="Needed")
    due = fresh(loan).due_at
    assert due is not None
    assert services.roll_on_loans(now=in_minutes(5)) == 0
    assert fresh(loan).due_at == due
    block(thing := make_thing(), 60, 120)
    until_then = ask(thing)
    services.recall_loan(loan_id=until_then.uuid, actor=STAFF, reason="Needed")
    assert services.roll_on_loans(now=in_minutes(5)) == 0


def test_a_due_date_of_other_rules_stays() -> None:
    thing = make_thing(loan_period=60)
    loan = ask(thing)
    change_rules(thing, loan_period=None)
    assert services.roll_on_loans(now=in_minutes(5)) == 0
    assert fresh(loan).due_at == in_minutes(60)


def test_a_loan_without_an_end_has_none_though_the_rules_have_a_period_now() -> None:
    thing = make_thing()
    loan = ask(thing)
    change_rules(thing, loan_period=60)
    services.roll_on_loans(now=in_minutes(345 * DAY))
    at = tick(366 * DAY)
    with pytest.raises(SlotTaken):
        ask_for(thing, 367 * DAY, 367 * DAY + 60, at=367 * DAY)
    assert (fresh(loan).status, fresh(loan).due_at) == (Status.OUT, None)
    assert occupied(loan)[1] > at


def test_a_loan_without_an_end_is_due_where_somebody_else_is_next() -> None:
    thing = make_thing(service_time=10)
    loan = ask(thing)
    far = 365 * DAY
    block(thing, far, far + 60)
    services.roll_on_loans(now=in_minutes(340 * DAY))
    assert fresh(loan).due_at == in_minutes(far - 10)


def test_who_has_it_late_has_it_longer_once_nobody_needs_it() -> None:
    thing = make_thing()
    needed = block(thing, 60, 120)
    loan = ask(thing)
    tick(61)
    services.roll_on_loans(now=in_minutes(62))
    assert fresh(loan).due_at == in_minutes(60)
    cancel_reservation(reservation_id=needed.pk, actor=STAFF)
    services.roll_on_loans(now=in_minutes(63))
    assert fresh(loan).due_at is None


# --- promises ---
