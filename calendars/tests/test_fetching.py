"""Asking other servers: as seldom as possible, never inside our own network, and with patience."""

from datetime import timedelta

import pytest
from django.db import connection
from pytest_django import Settings

from calendars import fetching
from calendars.models import ExternalCalendar
from calendars.services import add_calendar, change_calendar, fetch_due_calendars, fetch_external_calendar
from calendars.services.importing import LEASE
from calendars.tests.server import CalendarServer, calendar_server
from calendars.tests.test_import import blocks, event, look
from common.background import Queue
from common.clock import now
from resources.models import Resource
from tests.factories import at, make_resource

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def room() -> Resource:
    return make_resource()


@pytest.fixture
def calendar(room: Resource, server: CalendarServer) -> ExternalCalendar:
    server.serve(event("a", at(7, 10)), etag='"1"')
    return look(add_calendar(resource=room, name="Club", url=server.url))


def test_the_server_is_asked_whether_anything_changed(
    room: Resource, calendar: ExternalCalendar, server: CalendarServer
) -> None:
    assert "if-none-match" not in server.requests[0]
    look(calendar)
    assert server.requests[1]["if-none-match"] == '"1"'
    assert server.answered == [200, 304]
    assert blocks(room) == [(at(7, 10), at(7, 11))]
    server.serve(event("a", at(7, 12)), etag='"2"')
    look(calendar)
    assert blocks(room) == [(at(7, 12), at(7, 13))]
    assert calendar.etag == '"2"'


def test_on_another_day_repeated_events_are_written_out_again(room: Resource, server: CalendarServer) -> None:
    server.serve(event("a", at(1, 10), RRULE="FREQ=WEEKLY"), etag='"1"')
    calendar = look(add_calendar(resource=room, name="Club", url=server.url))
    before = len(blocks(room))
    look(calendar, now() + timedelta(weeks=2))
    assert server.answered == [200, 200]
    assert len(blocks(room)) == before + 2


@pytest.mark.parametrize("status", [404, 500, 403, 204])
def test_after_a_failure_the_last_good_state_stands(
    room: Resource, calendar: ExternalCalendar, server: CalendarServer, status: int
) -> None:
    server.status, server.body = status, b""
    look(calendar)
    assert calendar.failures == 1
    assert calendar.last_error
    assert blocks(room) == [(at(7, 10), at(7, 11))]
    server.serve(etag='"3"')
    look(calendar)
    assert (calendar.failures, calendar.last_error) == (0, "")
    assert blocks(room) == []


def test_a_broken_file_is_told_and_changes_nothing(
    room: Resource, calendar: ExternalCalendar, server: CalendarServer
) -> None:
    server.body, server.etag = b"<html>Please sign in</html>", ""
    look(calendar)
    assert "not an iCalendar" in calendar.last_error
    assert len(blocks(room)) == 1


def test_too_much_and_too_slow_are_failures(
    room: Resource, calendar: ExternalCalendar, server: CalendarServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.body, server.etag = b"x" * (fetching.MOST_BYTES + 1), ""
    look(calendar)
    assert "longer than" in calendar.last_error
    monkeypatch.setattr(fetching, "SECONDS", 0.3)
    server.serve()
    server.delay = 1
    look(calendar)
    assert calendar.failures == 2
    assert len(blocks(room)) == 1


def test_redirects_are_followed_and_loops_are_not(
    room: Resource, calendar: ExternalCalendar, server: CalendarServer
) -> None:
    with calendar_server() as other:
        other.serve(event("b", at(8, 10)))
        server.status, server.location, server.etag = 302, other.url, ""
        look(calendar)
        assert blocks(room) == [(at(8, 10), at(8, 11))]
        server.location = server.url
        look(calendar)
        assert "redirects" in calendar.last_error


def test_a_redirect_into_our_own_network_is_refused(
    calendar: ExternalCalendar, server: CalendarServer, settings: Settings
) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = False
    settings.OUTGOING_PORTS = [server.port]
    asked = len(server.requests)
    look(calendar)
    assert "public" in calendar.last_error
    assert len(server.requests) == asked


def test_pauses_grow_with_failures_up_to_a_day(calendar: ExternalCalendar, server: CalendarServer) -> None:
    server.status = 500
    pauses = []
    for _turn in range(9):
        at_ = now()
        look(calendar, at_)
        pauses.append((calendar.next_fetch_at - at_) // timedelta(minutes=1))
    assert pauses[:4] == [30, 60, 120, 240]
    assert pauses[-1] == 1440


def test_the_address_is_nowhere_to_be_read(calendar: ExternalCalendar, server: CalendarServer) -> None:
    server.status = 500
    look(calendar)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM calendars_externalcalendar")
        assert "secret-token" not in str(cursor.fetchall())
    assert fetching.masked_address(calendar) == "http://127.0.0.1/…"
    assert fetching.address_of(calendar) == server.url


def test_only_one_worker_looks_at_a_time(calendar: ExternalCalendar) -> None:
    started = now()
    ExternalCalendar.objects.update(claimed_until=started + LEASE)
    assert not fetch_external_calendar(calendar_id=calendar.pk, now=started)
    assert fetch_external_calendar(
        calendar_id=calendar.pk, now=started + LEASE + timedelta(seconds=1)
    )  # the other one died
    assert ExternalCalendar.objects.get().claimed_until is None


def test_what_is_due_is_looked_at_once(calendar: ExternalCalendar, server: CalendarServer) -> None:
    asked = len(server.requests)
    assert fetch_due_calendars(now=now()) == 0
    later = calendar.next_fetch_at
    assert fetch_due_calendars(now=later) == 1
    assert fetch_due_calendars(now=later) == 0
    assert len(server.requests) == asked + 1


def test_with_workers_looks_are_only_queued(
    calendar: ExternalCalendar, server: CalendarServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Queue, "embedded", True)
    asked, later = len(server.requests), calendar.next_fetch_at
    assert fetch_due_calendars(now=later) == 1
    assert len(server.requests) == asked
    assert fetch_due_calendars(now=later + timedelta(minutes=6)) == 1  # nobody came


def test_another_address_is_read_afresh(
    room: Resource, calendar: ExternalCalendar, server: CalendarServer
) -> None:
    with calendar_server() as other:
        other.serve(event("b", at(8, 10)), etag='"1"')
        change_calendar(calendar_id=calendar.pk, changes={"url": other.url})
        calendar.refresh_from_db()
        look(calendar)
        assert other.answered == [200]
        assert blocks(room) == [(at(8, 10), at(8, 11))]
