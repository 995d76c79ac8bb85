"""External calendars block a resource, follow what changes there, and never touch a booking."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from calendars.models import ExternalCalendar, ExternalEvent
from calendars.services import (
    add_calendar,
    change_calendar,
    fetch_due_calendars,
    fetch_external_calendar,
    remove_calendar,
)
from calendars.tests.server import CalendarServer, vevent
from common.clock import now
from common.errors import DomainError
from notifications.models import Message
from notifications.services.delivering import deliver_message
from reservations.domain.values import Actor
from reservations.enums import OCCUPYING, Purpose, Source
from reservations.exceptions import SlotTaken
from reservations.models import Reservation
from reservations.services import cancel_reservation, release_no_shows
from resources.enums import Role
from resources.models import Resource
from scheduling.zones import to_minute
from tests.factories import at, book, make_member, make_resource, make_rules, make_venue, make_whole

pytestmark = pytest.mark.django_db


def utc(when: datetime) -> str:
    return f":{when:%Y%m%dT%H%M%SZ}"


def event(uid: str, start: datetime, minutes: int = 60, **more: str) -> str:
    return vevent(uid, utc(start), utc(start + timedelta(minutes=minutes)), **more)


def blocks(resource: Resource) -> list[tuple[datetime, datetime]]:
    rows = Reservation.objects.filter(
        items__resource=resource, purpose=Purpose.BLOCK, status__in=OCCUPYING
    ).order_by("starts_at")
    return [(row.starts_at, row.ends_at) for row in rows]


def look(calendar: ExternalCalendar, when: datetime | None = None) -> ExternalCalendar:
    assert fetch_external_calendar(calendar_id=calendar.pk, now=when)
    calendar.refresh_from_db()
    return calendar


@pytest.fixture
def room() -> Resource:
    return make_resource(name="Court")


@pytest.fixture
def calendar(room: Resource, server: CalendarServer) -> ExternalCalendar:
    server.serve()
    return add_calendar(resource=room, name="Club", url=server.url)


def test_a_new_event_blocks_the_time(
    room: Resource, calendar: ExternalCalendar, server: CalendarServer
) -> None:
    server.serve(event("a", at(7, 10), SUMMARY="Secret training"))
    look(calendar)
    (block,) = Reservation.objects.all()
    assert (block.starts_at, block.ends_at) == (at(7, 10), at(7, 11))
    assert (block.purpose, block.source, block.title) == (Purpose.BLOCK, Source.IMPORT, "Club")
    (row,) = calendar.events.all()
    assert (row.reservation, row.uids, row.summary, row.conflict) == (block, ["a"], "Secret training", "")
    with pytest.raises(SlotTaken):
        book(room, at(7, 10))


def test_blocks_follow_their_events(
    room: Resource, calendar: ExternalCalendar, server: CalendarServer
) -> None:
    server.serve(event("a", at(7, 10)), event("b", at(8, 10)))
    look(calendar)
    first = Reservation.objects.get(starts_at=at(7, 10))
    server.serve(event("a", at(7, 15), 90), event("b", at(8, 10)))
    look(calendar)
    first.refresh_from_db()
    assert (first.starts_at, first.ends_at) == (at(7, 15), at(7, 16, 30))
    server.serve(event("b", at(8, 10)))
    look(calendar)
    assert blocks(room) == [(at(8, 10), at(8, 11))]
    book(room, at(7, 15))


def test_events_that_trade_places_do_not_stand_in_each_others_way(
    room: Resource, calendar: ExternalCalendar, server: CalendarServer
) -> None:
    server.serve(event("a", at(7, 10)), event("b", at(7, 12)))
    look(calendar)
    server.serve(event("a", at(7, 12), 120), event("b", at(7, 10), 90))
    look(calendar)
    assert blocks(room) == [(at(7, 10), at(7, 11, 30)), (at(7, 12), at(7, 14))]
    assert not calendar.events.exclude(conflict="").exists()
    assert calendar.events.count() == 2


def test_looking_again_changes_nothing(
    room: Resource, calendar: ExternalCalendar, server: CalendarServer
) -> None:
    server.serve(event("a", at(7, 10)), event("b", at(7, 10, 30), 90))
    look(calendar)
    before = list(Reservation.objects.values()), list(ExternalEvent.objects.values())
    for _turn in range(2):
        ExternalCalendar.objects.update(content_hash="", expanded_on=None)
        look(calendar)
    assert (list(Reservation.objects.values()), list(ExternalEvent.objects.values())) == before


def test_events_that_overlap_or_adjoin_are_one_block(
    room: Resource, calendar: ExternalCalendar, server: CalendarServer
) -> None:
    server.serve(event("a", at(7, 10)), event("b", at(7, 10, 30)), event("c", at(7, 11, 30), 30))
    look(calendar)
    assert blocks(room) == [(at(7, 10), at(7, 12))]
    assert calendar.events.get().uids == ["a", "b", "c"]


def test_a_booking_is_never_touched_and_told_as_a_conflict(
    room: Resource, calendar: ExternalCalendar, server: CalendarServer
) -> None:
    booked = book(room, at(7, 11))
    server.serve(event("a", at(7, 10), 180))
    look(calendar)
    assert blocks(room) == [(at(7, 10), at(7, 11)), (at(7, 12), at(7, 13))]
    (conflict,) = calendar.events.exclude(conflict="")
    assert (conflict.starts_at, conflict.ends_at, conflict.reservation) == (at(7, 11), at(7, 12), None)
    booked.refresh_from_db()
    assert booked.status == "confirmed"
    cancel_reservation(reservation_id=booked.pk, actor=Actor())
    look(calendar)
    assert blocks(room) == [(at(7, 10), at(7, 13))]
    assert not calendar.events.exclude(conflict="").exists()


def test_staff_are_told_of_each_conflict_once(
    room: Resource, calendar: ExternalCalendar, server: CalendarServer
) -> None:
    person = make_member(room.venue, Role.STAFF)
    book(room, at(7, 11))
    book(room, at(8, 11))
    told = Message.objects.filter(kind="staff_calendar_conflict")
    server.serve(event("a", at(7, 10), 180))
    for _look in range(2):
        look(calendar)
    message = told.get()
    assert (message.recipient, message.subject_id) == (person.email, str(calendar.pk))
    deliver_message(message.pk)
    message.refresh_from_db()
    assert f"{at(7, 11).astimezone(room.venue.zone):%H:%M}" in message.text
    assert "Court" in message.subject
    server.serve(event("a", at(7, 10), 180), event("b", at(8, 11)))
    look(calendar)
    assert told.count() == 2
    newest = told.order_by("-created_at").first()
    assert newest
    assert newest.payload["times"] == [[to_minute(at(8, 11)), to_minute(at(8, 12))]]


def test_what_was_left_out_is_said_until_it_can_be_read(
    calendar: ExternalCalendar, server: CalendarServer
) -> None:
    server.serve(event("a", at(7, 10)), vevent("b", ":soon", SUMMARY="Choir"))
    look(calendar)
    assert (calendar.problems, calendar.failures, calendar.last_error) == ([["event", "Choir"]], 0, "")
    look(calendar)  # the file is as it was
    assert calendar.problems == [["event", "Choir"]]
    server.serve(event("a", at(7, 10)))
    look(calendar)
    assert calendar.problems == []
    server.serve(vevent("b", ":soon"))
    look(calendar)
    assert (calendar.failures, calendar.last_error) == (1, "None of the events in the file could be read.")
    assert calendar.events.count() == 1


def test_west_of_greenwich_an_event_of_today_blocks_until_midnight_there(server: CalendarServer) -> None:
    room = make_resource(make_venue(time_zone="America/Los_Angeles"))
    calendar = add_calendar(resource=room, name="Club", url=server.url)
    # Just after midnight UTC, when it is still the day before in California.
    tomorrow = now().astimezone(UTC).replace(hour=0, minute=15, second=0, microsecond=0) + timedelta(days=1)
    today_there = tomorrow.astimezone(room.venue.zone).date()
    server.serve(vevent("a", f";VALUE=DATE:{today_there:%Y%m%d}"))
    with time_machine.travel(tomorrow, tick=True):
        look(calendar, tomorrow)
        ((begins, ends),) = blocks(room)
    assert begins <= tomorrow + timedelta(minutes=2)
    assert ends.astimezone(room.venue.zone).date() == today_there + timedelta(days=1)


def test_buffers_of_bookings_stand_in_the_way_too(server: CalendarServer) -> None:
    room = make_resource()
    room.rules.buffer_after = 15
    room.rules.save()
    calendar = add_calendar(resource=room, name="Club", url=server.url)
    book(room, at(7, 10))
    server.serve(event("a", at(7, 9), 180))
    look(calendar)
    assert blocks(room) == [(at(7, 9), at(7, 10)), (at(7, 11, 15), at(7, 12))]


def test_a_whole_is_blocked_by_its_leaves(server: CalendarServer) -> None:
    courts = [make_resource() for _ in range(1)]
    courts.append(make_resource(courts[0].venue, rules=courts[0].rules))
    hall = make_whole(courts)
    calendar = add_calendar(resource=hall, name="Club", url=server.url)
    server.serve(event("a", at(7, 10)))
    look(calendar)
    with pytest.raises(SlotTaken):
        book(courts[1], at(7, 10))


def test_two_calendars_do_not_conflict_and_cover_for_each_other(
    room: Resource, calendar: ExternalCalendar, server: CalendarServer
) -> None:
    other = add_calendar(resource=room, name="School", url=server.url)
    server.serve(event("a", at(7, 10)))
    look(calendar)
    look(other)
    assert blocks(room) == [(at(7, 10), at(7, 11))]
    assert not ExternalEvent.objects.exclude(conflict="").exists()
    server.serve()
    look(calendar)
    server.serve(event("a", at(7, 10)))
    look(other)
    assert blocks(room) == [(at(7, 10), at(7, 11))]


def test_what_staff_cancelled_comes_back_as_long_as_it_stands_there(
    room: Resource, calendar: ExternalCalendar, server: CalendarServer
) -> None:
    server.serve(event("a", at(7, 10)))
    look(calendar)
    cancel_reservation(reservation_id=Reservation.objects.get().pk, actor=Actor(None, Source.STAFF))
    assert blocks(room) == []
    look(calendar)
    assert blocks(room) == [(at(7, 10), at(7, 11))]
    assert calendar.events.count() == 1


def test_a_running_event_blocks_the_rest_and_shrinks(
    room: Resource, calendar: ExternalCalendar, server: CalendarServer
) -> None:
    start = now().replace(second=0, microsecond=0) - timedelta(hours=1)
    server.serve(event("a", start, 240))
    look(calendar)
    ((begins, ends),) = blocks(room)
    assert start < begins <= now() + timedelta(minutes=1)
    assert ends == start + timedelta(hours=4)
    look(calendar, now() + timedelta(minutes=5))
    assert blocks(room) == [(begins, ends)]
    server.serve(event("a", start, 180))
    look(calendar, now() + timedelta(minutes=10))
    assert [end for _start, end in blocks(room)] == [start + timedelta(hours=3)]


def test_nobody_has_to_check_in_to_a_block(server: CalendarServer) -> None:
    room = make_resource()
    room.rules.release_after = 10
    room.rules.save()
    calendar = add_calendar(resource=room, name="Club", url=server.url)
    start = now().replace(second=0, microsecond=0) + timedelta(minutes=5)
    server.serve(event("a", start, 120))
    look(calendar)
    assert release_no_shows(now=start + timedelta(minutes=30)) == 0
    assert len(blocks(room)) == 1


def test_our_own_events_do_not_come_back(
    room: Resource, calendar: ExternalCalendar, server: CalendarServer
) -> None:
    booked = book(room, at(7, 10))
    server.serve(event(f"{booked.pk}@localhost", at(7, 10)), event("x@localhost.example", at(8, 10)))
    look(calendar)
    assert calendar.events.count() == 1
    assert not calendar.events.exclude(conflict="").exists()


def test_removing_a_calendar_gives_its_times_back(
    room: Resource, calendar: ExternalCalendar, server: CalendarServer
) -> None:
    server.serve(event("a", at(7, 10)), event("b", at(8, 10)))
    look(calendar)
    remove_calendar(calendar_id=calendar.pk)
    assert blocks(room) == []
    assert not ExternalCalendar.objects.exists()
    assert Reservation.objects.count() == 2  # history stays
    book(room, at(7, 10))


def test_a_calendar_that_rests_is_not_looked_at_and_keeps_its_blocks(
    room: Resource, calendar: ExternalCalendar, server: CalendarServer
) -> None:
    server.serve(event("a", at(7, 10)))
    look(calendar)
    change_calendar(calendar_id=calendar.pk, changes={"is_active": False})
    asked = len(server.requests)
    assert not fetch_external_calendar(calendar_id=calendar.pk)
    fetch_due_calendars(now=now() + timedelta(days=2))
    assert len(server.requests) == asked
    assert len(blocks(room)) == 1


def test_the_resource_needs_a_public_address(room: Resource) -> None:
    for url in (
        "http://127.0.0.1/x.ics",
        "file:///etc/passwd",
        "webcal://localhost/x.ics",
        "ftp://example.com/x",
        "",
    ):
        with pytest.raises(DomainError) as refused:
            add_calendar(resource=room, name="Club", url=url)
        assert refused.value.code == "address_refused"


def test_rules_of_the_resource_do_not_bind_the_venue(server: CalendarServer) -> None:
    """Off the steps, shorter than any booking, and soon."""
    room = make_resource()
    room.rules = make_rules(room.venue, slot_step=60, min_duration=60, min_notice=10_000)
    room.save()
    calendar = add_calendar(resource=room, name="Club", url=server.url)
    start = now().astimezone(UTC).replace(second=30, microsecond=0) + timedelta(minutes=13)
    server.serve(event("a", start, 7))
    look(calendar)
    assert blocks(room) == [(start.replace(second=0), start.replace(second=0) + timedelta(minutes=8))]
