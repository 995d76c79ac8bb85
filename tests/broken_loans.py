"""As ``broken_rows``: the jobs of lending."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from accounts.models import User
from common import clock
from lending.models import LendingRules, Loan
from lending.signals import loans_changed
from lending.tests.helpers import ask, make_thing
from notifications.models import Message
from reservations.domain.values import Actor
from reservations.enums import Source
from reservations.models import Reservation
from reservations.signals import reservations_recorded
from tests.broken_rows import Case, failing, is_there, nonsense_in, nowhere, status_of
from tests.factories import at, book, make_member, open_always


def loans_of_two(status: str, when: datetime, **rules: Any) -> Case:
    first, second = (ask(make_thing(**rules)) for _each in range(2))
    breaking = failing(loans_changed, "changes", first.uuid)
    return Case(first.uuid, breaking, [status_of(each, status) for each in (first, second)], when)


def leases_that_run_out() -> Case:
    return loans_of_two("returned", clock.now() + timedelta(minutes=11), lease=10)


def dates(status: str, when: datetime, **rules: Any) -> Case:
    times: dict[str, Any] = {"wanted_from": at(2), "wanted_until": at(3)}
    first, second = (ask(make_thing(**rules), **times) for _each in range(2))
    breaking = failing(loans_changed, "changes", first.uuid)
    return Case(first.uuid, breaking, [status_of(each, status) for each in (first, second)], when)


def dates_nobody_decided() -> Case:
    return dates("expired", at(2, 11), approval="manual")


def dates_that_begin() -> Case:
    return dates("out", at(2, 10))


def overdue_things() -> Case:
    case = loans_of_two("out", clock.now() + timedelta(hours=2), loan_period=60)
    case.are_done = [
        partial(is_there, Loan.objects.filter(pk=loan.pk, overdue_noted_at__isnull=False))
        for loan in Loan.objects.order_by("pk")
    ]
    return case


def things_wanted_next() -> Case:
    first, second = (ask(make_thing(loan_period=60)) for _each in range(2))
    start = clock.now().replace(second=0, microsecond=0) + timedelta(hours=5)
    for loan in (first, second):
        assert loan.resource is not None
        staff = Actor(source=Source.IMPORT)
        open_always(loan.venue)
        book(loan.resource, start, actor=staff)
    done = [
        partial(is_there, Loan.objects.filter(pk=loan.pk, threatens__isnull=False))
        for loan in (first, second)
    ]
    late = clock.now() + timedelta(hours=2)
    return Case(first.uuid, failing(loans_changed, "changes", first.uuid), done, late)


def ready_for_somebody_suspended() -> Case:
    case = loans_of_two("cancelled", clock.now() + timedelta(minutes=1), pickup_window=60)
    User.objects.filter(loans__isnull=False).update(is_active=False)
    return case


def loans_without_an_end() -> Case:
    first, second = (ask(make_thing()) for _each in range(2))
    done = [
        partial(is_there, Reservation.objects.filter(loan=loan.pk, ends_at__gt=at(500)))
        for loan in (first, second)
    ]
    breaking = failing(reservations_recorded, "events", first.reservation_id)
    return Case(first.uuid, breaking, done, at(340))


def dates_to_be_reminded_of() -> Case:
    loans = [ask(make_thing(loan_period=3000)) for _each in range(2)]
    sent = Message.objects.filter(kind="loan_due")
    done = [partial(is_there, sent.filter(recipient=loan.borrower.email)) for loan in loans]
    rules = LendingRules.objects.filter(venue=loans[0].venue_id)
    due_at = loans[0].due_at
    assert due_at is not None
    breaking = nonsense_in(rules, reminder_hours=[24, "soon"])
    return Case(loans[0].uuid, breaking, done, due_at - timedelta(hours=23))


def lists_of_what_is_overdue() -> Case:
    loans = [ask(make_thing(loan_period=60)) for _each in range(2)]
    for loan in loans:
        make_member(loan.venue)
    sent = Message.objects.filter(kind="staff_loan_overdue")
    done = [partial(is_there, sent.filter(venue=loan.venue_id)) for loan in loans]
    return Case(loans[0].venue_id, nowhere(loans[0].venue), done, at(1, 10))
