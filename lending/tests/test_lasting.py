"""How long something stays booked for whoever has it."""

from datetime import timedelta
from typing import Any

import pytest

from common.models import SweepFailure
from lending import services
from lending.enums import CopyState, Status
from lending.models import Copy
from lending.tests.helpers import NOBODY, STAFF, ask, fresh, in_minutes, make_thing
from resources.models import Resource
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def pick(thing: Resource) -> Resource:
    return Resource.objects.get(pk=thing.pk)


@pytest.mark.parametrize("how", ["copy", "units"])
def test_what_is_late_is_overdue_though_there_are_fewer_than_are_out(how: str) -> None:
    thing = make_thing(units=2, loan_period=60)
    if how == "copy":
        for code in "ab":
            services.add_copy(resource=pick(thing), code=code)
    loan, other = ask(thing), ask(thing)
    if how == "copy":
        services.change_copy(copy=Copy.objects.get(code="b"), state=CopyState.REPAIR)
    else:
        lowered = pick(thing)
        lowered.units = 1
        lowered.save()
    for minutes in (61, 200, 800):
        services.watch_overdue(now=in_minutes(minutes))
    assert fresh(loan).overdue_noted_at
    assert fresh(other).overdue_noted_at
    assert not SweepFailure.objects.exists()
    services.return_loan(loan_id=other.uuid, actor=STAFF, now=in_minutes(801))
    renewed = services.renew_loan(loan_id=loan.uuid, actor=STAFF, override=True, now=in_minutes(802))
    assert renewed.due_at == in_minutes(862)


@pytest.mark.parametrize("how", ["dated", "recalled"])
def test_what_is_renewed_without_an_end_goes_on(how: str) -> None:
    thing = make_thing()
    dates: dict[str, Any] = {"wanted_from": in_minutes(0), "wanted_until": in_minutes(60)}
    loan = ask(thing, **(dates if how == "dated" else {}))
    if how == "recalled":
        services.recall_loan(loan_id=loan.uuid, actor=STAFF)
    services.renew_loan(loan_id=loan.uuid, actor=STAFF, override=True, now=in_minutes(10))
    at = in_minutes(345 * 1440)
    services.roll_on_loans(now=at)
    loan = fresh(loan)
    assert loan.due_at is None
    assert loan.reservation is not None
    assert loan.reservation.ends_at > at + timedelta(days=300)


def test_taking_and_returning_takes_no_time_ahead() -> None:
    """From others, or for oneself."""
    thing, who = make_thing(loan_period=60, longest=60), make_user()
    for _ in range(12):
        services.return_loan(loan_id=ask(thing, who).uuid, actor=NOBODY)
    booked = ask(thing, wanted_from=in_minutes(5), wanted_until=in_minutes(60))
    assert booked.status == Status.APPROVED
    services.cancel_loan(loan_id=booked.uuid, actor=NOBODY)
    due_at = fresh(ask(thing, who)).due_at
    assert due_at is not None
    assert due_at <= in_minutes(62)
