"""When what is out is due, whatever else changes."""

import pytest

from lending import services
from lending.desk import find_renewed_due
from lending.enums import CopyState, Status
from lending.exceptions import LoanRefused
from lending.models import Copy, Loan
from lending.tests.helpers import (
    STAFF,
    ask,
    change_rules,
    fresh,
    in_minutes,
    make_thing,
    occupied,
)
from lending.tests.test_late import ask_for, block, make_late, tick
from reservations.exceptions import SlotTaken
from reservations.services import cancel_reservation
from resources.models import Resource

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


# --- a renewal takes nothing that is promised ---


def renew(loan: Loan, minutes: int) -> Loan:
    return services.renew_loan(loan_id=loan.uuid, actor=STAFF, override=True, now=in_minutes(minutes))


def refused(loan: Loan, minutes: int) -> str:
    with pytest.raises(LoanRefused) as error:
        renew(loan, minutes)
    assert error.value.code == "not_renewable"
    assert find_renewed_due(fresh(loan), in_minutes(minutes)) is None  # the desk says so before
    return str(error.value)


def test_what_somebody_else_has_booked_is_not_renewed_however_late_it_is() -> None:
    _thing, late, booked = make_late()
    tick(61)
    before = fresh(late).due_at
    assert "promised to someone else" in refused(late, 62)
    assert fresh(late).due_at == before
    services.cancel_loan(loan_id=booked.uuid, actor=STAFF, now=in_minutes(63))
    assert renew(late, 64).due_at is None


@pytest.mark.parametrize("how", ["units", "copy", "lost"])
def test_of_fewer_than_are_out_none_is_renewed_while_others_need_them(how: str) -> None:
    """Whoever brings theirs back first leaves the others theirs."""
    thing = make_thing(units=4 if how == "lost" else 3, loan_period=60)
    if how == "copy":
        for code in "abc":
            services.add_copy(resource=Resource.objects.get(pk=thing.pk), code=code)
    first, second = ask(thing), ask(thing)
    if how == "lost":
        services.mark_lost(loan_id=ask(thing).uuid, actor=STAFF)
    ask(thing, wanted_from=in_minutes(30), wanted_until=in_minutes(90))
    if how == "copy":
        services.change_copy(copy=Copy.objects.get(code="c"), state=CopyState.REPAIR)
    else:
        lowered = Resource.objects.get(pk=thing.pk)
        lowered.units -= 1
        lowered.save()
    assert "promised to someone else" in refused(first, 40)
    services.return_loan(loan_id=second.uuid, actor=STAFF, now=in_minutes(50))
    assert renew(first, 51).due_at == in_minutes(111)


def test_where_others_had_the_time_in_between_it_is_renewed_anew() -> None:
    thing, late, booked = make_late(loan_period=60)
    services.cancel_loan(loan_id=booked.uuid, actor=STAFF)
    between = block(thing, 60, 70)
    assert between.starts_at == in_minutes(60)
    assert renew(late, 75).due_at == in_minutes(135)
    assert occupied(late) == (in_minutes(75), in_minutes(135))
