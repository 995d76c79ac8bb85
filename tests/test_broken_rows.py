"""One broken row stops no other, in any periodic job: broken by real data, or by a receiver that fails."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Q, QuerySet
from django.dispatch import Signal
from pytest_django import Settings

from accounts.models import User
from accounts.services.guests import sweep_key
from calendars.models import ExternalCalendar
from calendars.services import add_calendar
from calendars.tests.server import calendar_server, vcalendar
from common import clock
from common.models import Job, JobStatus, SweepFailure
from common.periodic import jobs, register_job, run_all_jobs
from common.sealing import seal
from common.sweeping import LONGEST_PAUSE, Sweep
from lending.models import LendingRules, Loan
from lending.signals import loans_changed
from lending.tests.helpers import ask, make_thing
from notifications.models import Message
from payments.selectors import UNDER_WAY
from payments.signals import payments_recorded
from reservations.domain.values import Actor, Customer
from reservations.enums import Source, Status
from reservations.models import ReminderMark, Reservation
from reservations.retention import HistoryPart, history_parts
from reservations.services.deposits import begin_deposit
from reservations.signals import reservations_recorded
from resources.models import BookingRules, Resource, Venue
from tests.factories import (
    at,
    book,
    hold,
    make_member,
    make_resource,
    make_rules,
    make_user,
    make_venue,
    open_always,
)
from waitlist.enums import WaitlistStatus
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.services import expire_entries
from waitlist.signals import entries_changed
from waitlist.tests.helpers import join, offer
from webhooks.models import WebhookDelivery, WebhookEndpoint
from webhooks.services import create_endpoint
from webhooks.tests.receiver import receiving

pytestmark = pytest.mark.django_db(transaction=True)
A_LITTLE, AN_HOUR = timedelta(seconds=61), timedelta(hours=1)


@dataclass
class Case:
    """Two rows of a job, the broken one first in line."""

    key: object
    broken: AbstractContextManager[None]
    are_done: Sequence[Callable[[], bool]]
    at: datetime | None = None
    """When the job runs, if not now."""
    lease: timedelta = A_LITTLE
    """After so long the broken row is due again."""

    def done(self) -> list[bool]:
        return [ask() for ask in self.are_done]


@contextmanager
def failing(signal: Signal, name: str, pk: object) -> Iterator[None]:
    """Whoever hears of this row fails."""

    def fail(**kwargs: Any) -> None:
        for about in kwargs[name]:
            row = getattr(about, "entry", getattr(about, "loan", about))
            if pk in (row.pk, getattr(row, "reservation_id", None), getattr(row, "uuid", None)):
                raise RuntimeError("a receiver fails")

    signal.connect(fail, weak=False)
    try:
        yield
    finally:
        signal.disconnect(fail)


@contextmanager
def nowhere(venue: Venue) -> Iterator[None]:
    """Its time zone is none that exists."""
    _set_zone(venue, "Europe/Nowhere")
    try:
        yield
    finally:
        _set_zone(venue, "Europe/Berlin")


def _set_zone(venue: Venue, zone: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE resources_venue SET time_zone = %s WHERE id = %s", [zone, venue.pk])


@contextmanager
def nonsense_in(rows: Any, **values: Any) -> Iterator[None]:
    before = rows.values(*values).get()
    rows.update(**values)
    try:
        yield
    finally:
        rows.update(**before)


def status_of(row: Any, *statuses: str) -> Callable[[], bool]:
    return lambda: type(row).objects.get(pk=row.pk).status in statuses


def is_there(rows: QuerySet[Any]) -> bool:
    return rows.all().count() == 1


def two(first: Reservation, second: Reservation, status: str, when: datetime) -> Case:
    breaking = failing(reservations_recorded, "events", first.pk)
    return Case(first.pk, breaking, [status_of(each, status) for each in (first, second)], when)


def overdue_holds() -> Case:
    room = make_resource()
    held = hold(room, at(7, 10)), hold(room, at(7, 14))
    return two(*held, Status.EXPIRED, clock.now() + AN_HOUR)


def no_shows() -> Case:
    venue = make_venue()
    open_always(venue)
    rules = make_rules(venue, release_after=15)
    rooms = make_resource(venue, rules=rules), make_resource(venue, rules=rules)
    booked = book(rooms[0], at(7, 10), minutes=480), book(rooms[1], at(7, 11), minutes=480)
    return two(*booked, Status.NO_SHOW, at(7, 12))


def with_deposit() -> Resource:
    room = make_resource()
    room.rules.deposit_percent = 40
    room.rules.save()
    return room


def unpaid_requests() -> Case:
    room = with_deposit()
    asked = book(room, at(7, 10)), book(room, at(7, 14))
    return two(*asked, Status.EXPIRED, clock.now() + timedelta(minutes=31))


def payments_nobody_heard_of() -> Case:
    room = with_deposit()
    booked = [book(room, at(7, hour)) for hour in (10, 14)]
    first, second = (begin_deposit(each.pk, "fake", Actor(), clock.now()) for each in booked)
    done = [status_of(each, "failed") for each in (first, second)]
    breaking = failing(payments_recorded, "payments", first.pk)
    return Case(first.pk, breaking, done, clock.now() + UNDER_WAY)


def offers_nobody_answered() -> Case:
    offers = [offer(join(make_resource())) for _each in range(2)]
    done = [partial(is_there, WaitlistOffer.objects.filter(pk=each.pk, outcome="expired")) for each in offers]
    breaking = failing(entries_changed, "changes", offers[0].entry_id)
    return Case(offers[0].pk, breaking, done, at=clock.now() + AN_HOUR)


def days_that_are_over() -> Case:
    entries = [join(make_resource()) for _each in range(2)]
    done = [status_of(each, WaitlistStatus.EXPIRED) for each in entries]
    return Case(entries[0].venue_id, nowhere(entries[0].venue), done, at=at(10))


def people_who_wait() -> Case:
    first = make_resource()
    entries = [join(room) for room in (first, make_resource(first.venue))]
    done = [status_of(each, WaitlistStatus.CONTACTED) for each in entries]
    return Case(entries[0].pk, failing(entries_changed, "changes", entries[0].pk), done)


def reminders() -> Case:
    names = [Customer(name=name, email=f"{name}@example.com") for name in ("ada", "grace")]
    booked = [book(make_resource(), at(7, 10), customer=each) for each in names]
    ReminderMark.objects.create(until=at(6, 9))
    sent = Message.objects.filter(kind="reminder")
    done = [partial(is_there, sent.filter(recipient=each.email)) for each in names]
    first = BookingRules.objects.filter(venue=booked[0].venue_id)
    return Case(booked[0].pk, nonsense_in(first, reminder_hours=[24, "soon"]), done, at=at(6, 10))


def messages() -> Case:
    booked = [book(make_resource()) for _each in range(2)]
    rows = [Message.objects.get(venue=each.venue_id) for each in booked]
    done = [status_of(each, "sent") for each in rows]
    return Case(rows[0].pk, nowhere(booked[0].venue), done, lease=timedelta(minutes=6))


def deliveries(url: str) -> Case:
    rooms = [make_resource() for _each in range(2)]
    for room in rooms:
        create_endpoint(venue=room.venue, url=url)
        book(room)
    rows = [WebhookDelivery.objects.get(endpoint__venue=room.venue) for room in rooms]
    endpoint = WebhookEndpoint.objects.filter(venue=rooms[0].venue)
    done = [status_of(each, "sent") for each in rows]
    return Case(rows[0].pk, nonsense_in(endpoint, secret=seal("whsec_x")), done)


def long_requests() -> Case:
    fields = {"user": make_user(), "origin": "http://localhost", "path": "/api/schedule/closures"}
    rows = [Job.objects.create(**fields, body=seal({}), created_at=clock.now()) for _each in range(2)]
    done = [status_of(each, JobStatus.DONE, JobStatus.FAILED) for each in rows]
    breaking = nonsense_in(Job.objects.filter(pk=rows[0].pk), body="sealed by nobody")
    return Case(rows[0].pk, breaking, done, lease=timedelta(minutes=21))


def guests_to_forget() -> Case:
    guests = [Customer(name=name, email=f"{name}@example.com") for name in ("ada", "grace")]
    entries = [join(make_resource(), customer=guest) for guest in guests]
    rows = [WaitlistEntry.objects.filter(pk=entry.pk, customer_email="") for entry in entries]
    breaking = failing(entries_changed, "changes", entries[0].pk)
    return Case(sweep_key(guests[0].email), breaking, [partial(is_there, each) for each in rows], at=at(400))


@contextmanager
def part_failing_for(pk: UUID) -> Iterator[None]:
    """An app cannot let go of what it keeps beside this booking."""

    def fail(ids: Collection[UUID]) -> None:
        if pk in ids:
            raise ValueError("a part fails")

    history_parts.register("tests", HistoryPart(lambda: Q(pk__in=()), fail))
    try:
        yield
    finally:
        history_parts.unregister("tests")


def history() -> Case:
    room = make_resource()
    first, second = (book(room, at(7, hour)) for hour in (10, 11))
    rows = [partial(is_there, Venue.objects.exclude(reservations=each.pk)) for each in (first, second)]
    return Case(first.pk, part_failing_for(first.pk), rows, at=at(100))


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


CASES: dict[str, Callable[..., Case]] = {
    "lending.end_leases": leases_that_run_out,
    "lending.expire_requests": dates_nobody_decided,
    "lending.begin_dated": dates_that_begin,
    "lending.watch_overdue": overdue_things,
    "lending.warn_of_clashes": things_wanted_next,
    "lending.drop_inactive": ready_for_somebody_suspended,
    "lending.roll_on": loans_without_an_end,
    "lending.remind": dates_to_be_reminded_of,
    "lending.tell_overdue": lists_of_what_is_overdue,
    "reservations.expire_holds": overdue_holds,
    "reservations.release_no_shows": no_shows,
    "reservations.expire_unpaid": unpaid_requests,
    "payments.settle": payments_nobody_heard_of,
    "waitlist.expire_offers": offers_nobody_answered,
    "waitlist.expire_entries": days_that_are_over,
    "waitlist.offer_freed_capacity": people_who_wait,
    "reservations.write_reminders": reminders,
    "notifications.deliver": messages,
    "webhooks.deliver": deliveries,
    "common.run_jobs": long_requests,
    "accounts.forget_guests": guests_to_forget,
    "reservations.remove_history": history,
}
ONE_STATEMENT = {
    "live.forget_tickets",
    "accounts.forget_security_events",
    "accounts.forget_sessions",
    "common.forget_failures",
    "common.forget_jobs",
    "live.forget_changes",
    "notifications.forget_texts",
    "resources.forget_invitations",
    "common.forget_answers",
    "webhooks.forget",
}
"""Look at no single row."""
OWN_COUNT = {"calendars.fetch", "common.sweep_files", "lending.serve_queues"}
"""Rows of the one count their failures themselves; the other finds again what it could not delete. Whom the
third cannot serve is passed over with that reason and asked again (``lending/tests/test_queueing.py``)."""


def test_every_job_is_tried() -> None:
    assert set(jobs.names()) == {*CASES, *ONE_STATEMENT, *OWN_COUNT}


@pytest.fixture
def receiver(settings: Settings) -> Iterator[str]:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    settings.GUEST_DATA_DAYS = 365
    settings.HISTORY_MONTHS = 1
    settings.PAYMENT_PROVIDER = "payments.tests.fake_provider.FakeProvider"
    with receiving() as found:
        yield found.url


def run(job: str, when: datetime) -> int:
    with time_machine.travel(when, tick=False):
        return jobs[job].perform(clock.now())


@pytest.mark.parametrize("job", CASES)
def test_a_broken_row_is_tried_again_later_and_stops_no_other(
    job: str, receiver: str, caplog: pytest.LogCaptureFixture
) -> None:
    case = CASES[job](receiver) if job == "webhooks.deliver" else CASES[job]()
    began = case.at or clock.now()
    with case.broken:
        run(job, began)
        assert case.done() == [False, True]
        assert f"{job}: row {case.key} failed (attempt 1)" in caplog.text
        failure = SweepFailure.objects.get()
        assert (failure.job, failure.key, failure.attempts) == (job, str(case.key), 1)
        run(job, began + timedelta(seconds=30))
        assert SweepFailure.objects.get().attempts == 1
        run(job, began + case.lease)
        again = SweepFailure.objects.get()
        assert (again.attempts, case.done()) == (2, [False, True])
        assert again.retry_at - (began + case.lease) >= timedelta(minutes=2)
    run(job, began + 3 * AN_HOUR)
    assert case.done() == [True, True]
    assert not SweepFailure.objects.exists()


def test_a_calendar_that_cannot_be_applied_counts_its_failures_itself(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    with calendar_server() as server:
        server.body = vcalendar().encode()
        rooms = [make_resource() for _each in range(2)]
        first, second = (add_calendar(resource=room, name="Club", url=server.url) for room in rooms)
        with nowhere(rooms[0].venue):
            run("calendars.fetch", clock.now())
        rows = {row.pk: row for row in ExternalCalendar.objects.all()}
        assert (rows[first.pk].failures, rows[second.pk].failures) == (1, 0)
        assert rows[second.pk].last_success_at is not None
        assert f"External calendar {first.pk}" in caplog.text
        run("calendars.fetch", rows[first.pk].next_fetch_at)
        assert ExternalCalendar.objects.get(pk=first.pk).last_success_at is not None


def test_a_row_that_stays_broken_is_tried_later_and_later_after_all_others() -> None:
    def fail(key: int) -> None:
        raise RuntimeError("broken")

    now, pauses = clock.now(), []
    for _turn in range(9):
        Sweep("tests.sweep", now=now).attempt(1, fail)
        failure = SweepFailure.objects.get()
        pauses.append(failure.retry_at - now)
        assert Sweep("tests.sweep", now=now).in_turn([1, 2]) == [2]
        now = failure.retry_at
        assert Sweep("tests.sweep", now=now).in_turn([1, 2]) == [2, 1]
    assert pauses[:3] == [timedelta(minutes=each) for each in (1, 2, 4)]
    assert pauses[-1] == LONGEST_PAUSE


def test_failures_take_no_other_rows_place() -> None:
    first, second = (join(make_resource()) for _each in range(2))
    Sweep("waitlist", now=clock.now()).attempt(first.pk, lambda pk: 1 / 0)
    ids = WaitlistEntry.objects.order_by("created_at").values_list("pk", flat=True)
    assert Sweep("waitlist", now=clock.now()).first(ids, 1) == [second.pk]
    assert expire_entries(now=at(10)) == 2


@pytest.fixture
def broken_jobs() -> Iterator[list[int]]:
    """One fails as a whole, one in one of its venues; the venues that the second has done."""
    done: list[int] = []

    def fail(*, now: datetime) -> int:
        raise RuntimeError("the job is broken")

    def per_venue(*, now: datetime, venue_id: int) -> int:
        done.append(10 // venue_id)
        return 1

    register_job("tests.fails", fail)
    register_job("tests.per_venue", per_venue, venues=lambda: [0, 1, 2])
    yield done
    jobs.unregister("tests.fails")
    jobs.unregister("tests.per_venue")


def test_a_job_or_a_venue_that_fails_stops_no_other(
    broken_jobs: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    report = run_all_jobs(clock.now())
    assert (report.failed, report.done["tests.per_venue"], report.waiting) == (["tests.fails"], 2, 1)
    assert broken_jobs == [10, 5]
    assert "The job tests.fails failed" in caplog.text
    assert "tests.per_venue: row 0 failed (attempt 1)" in caplog.text
    assert set(jobs.names()) - set(report.done) == {"tests.fails"}


def test_the_command_says_what_failed(broken_jobs: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError, match=r"Failed: tests\.fails"):
        call_command("tick")
    said = capsys.readouterr().out
    assert "tests.per_venue: 2" in said
    assert "tried again later: 1" in said
