"""One broken row stops no other, in any periodic job."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from pytest_django import Settings

from calendars.models import ExternalCalendar
from calendars.services import add_calendar
from calendars.tests.server import calendar_server, vcalendar
from common import clock
from common.errors import Busy
from common.models import SweepFailure
from common.periodic import jobs, register_job, run_all_jobs
from common.sweeping import LONGEST_PAUSE, Sweep
from tests import broken_classes, broken_loans, broken_rows
from tests.broken_rows import AN_HOUR, Case, nowhere
from tests.factories import at, make_resource
from waitlist.models import WaitlistEntry
from waitlist.services import expire_entries
from waitlist.tests.helpers import join
from webhooks.tests.receiver import receiving

pytestmark = pytest.mark.django_db(transaction=True)
CASES: dict[str, Callable[..., Case]] = {
    "lending.end_leases": broken_loans.leases_that_run_out,
    "lending.expire_requests": broken_loans.dates_nobody_decided,
    "lending.begin_dated": broken_loans.dates_that_begin,
    "lending.watch_overdue": broken_loans.overdue_things,
    "lending.warn_of_clashes": broken_loans.things_wanted_next,
    "lending.drop_inactive": broken_loans.ready_for_somebody_suspended,
    "lending.roll_on": broken_loans.loans_without_an_end,
    "lending.remind": broken_loans.dates_to_be_reminded_of,
    "lending.tell_overdue": broken_loans.lists_of_what_is_overdue,
    "classes.complete_sessions": broken_classes.sessions_that_are_over,
    "classes.check_minimum": broken_classes.sessions_with_too_few_people,
    "classes.close_waitlists": broken_classes.lines_that_close,
    "classes.end_other_waits": broken_classes.waits_of_people_with_a_seat,
    "classes.remind_of_instalments": broken_classes.instalments_that_are_due,
    "classes.tell_of_tomorrow": broken_classes.rosters_of_tomorrow,
    "classes.warn_of_passes": broken_classes.passes_that_expire,
    "reservations.expire_holds": broken_rows.overdue_holds,
    "reservations.release_no_shows": broken_rows.no_shows,
    "reservations.expire_unpaid": broken_rows.unpaid_requests,
    "payments.settle": broken_rows.payments_nobody_heard_of,
    "waitlist.expire_offers": broken_rows.offers_nobody_answered,
    "waitlist.expire_entries": broken_rows.days_that_are_over,
    "waitlist.offer_freed_capacity": broken_rows.people_who_wait,
    "reservations.write_reminders": broken_rows.reminders,
    "notifications.deliver": broken_rows.messages,
    "webhooks.deliver": broken_rows.deliveries,
    "common.run_jobs": broken_rows.long_requests,
    "accounts.forget_guests": broken_rows.guests_to_forget,
    "reservations.remove_history": broken_rows.history,
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


def test_a_busy_database_breaks_no_row(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever waited too long for others to write is dealt with next time, without a pause."""
    turns = []

    def wait_in_vain(key: int) -> int:
        turns.append(key)
        if len(turns) == 1:
            raise Busy
        return key

    run = Sweep("some job", now=clock.now())
    assert [run.attempt(key, wait_in_vain) for key in (1, 2)] == [None, 2]
    assert not SweepFailure.objects.exists()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
