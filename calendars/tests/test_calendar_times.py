"""Where things stand in time: days of 23, 25 and other hours, midnight, stays of days, dozens at once."""

from datetime import UTC, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from calendars.boards import Board
from calendars.items import Item
from calendars.tests.pages import address, board_of, column_of, html_of, local, said
from common.clock import now
from reservations.domain.values import Actor, Customer
from reservations.enums import Source
from resources.enums import ResourceKind, Role
from resources.models import Resource
from tests.factories import book, make_member, make_resource, make_rules, make_venue, open_always

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("early_2027"), pytest.mark.once]
BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
NO_LIMITS = {"min_duration": 5, "slot_step": 5, "max_duration": 20_000}


def make_room(zone: str = BERLIN, **fields: Any) -> Resource:
    venue = make_venue(time_zone=zone)
    open_always(venue)
    return make_resource(venue, rules=make_rules(venue, **NO_LIMITS), **fields)


def staff(room: Resource) -> Client:
    client = Client()
    client.force_login(make_member(room.venue, Role.STAFF))
    return client


def take(room: Resource, start: str, end: str, **fields: Any) -> None:
    first, last = (local(room, each).astimezone(UTC) for each in (start, end))
    minutes = (last - first) // timedelta(minutes=1)
    book(room, first, minutes, actor=Actor(source=Source.IMPORT), **fields)


def booked(board: Board) -> list[Item]:
    return [each for column in board.columns for each in column.items if each.kind == "booking"]


def hours(item: Item) -> tuple[float, float]:
    """Where it stands, in hours along what is shown."""
    return item.a / 12, item.z / 12


@pytest.mark.parametrize("view", ["day", "timeline"])
@pytest.mark.parametrize(
    ("zone", "day", "length", "readings"),
    [
        (BERLIN, "2027-03-28", 23, ["01:00", "03:00"]),
        (BERLIN, "2027-10-31", 25, ["02:00+02:00", "02:00+01:00"]),
        (NEW_YORK, "2027-03-14", 23, ["01:00", "03:00"]),
        (NEW_YORK, "2027-11-07", 25, ["01:00-04:00", "01:00-05:00"]),
        (LORD_HOWE, "2027-10-03", 23.5, ["01:00", "02:30"]),
        (LORD_HOWE, "2027-04-04", 24.5, ["01:00", "01:30+10:30"]),
    ],
)
def test_a_day_shows_the_hours_it_has(
    zone: str, day: str, length: float, readings: list[str], view: str
) -> None:
    room = make_room(zone)
    found = board_of(staff(room), view, day, venue=room.venue.slug)

    shown = [label + offset for _at, label, offset in found.ticks]
    at = shown.index(readings[0])
    assert shown[at : at + 2] == readings
    assert found.axis.steps == length * 12


def test_the_two_hours_of_one_name_are_apart() -> None:
    room = make_room()
    take(room, "2027-10-31 02:00", "2027-10-31 02:30")
    take(room, "2027-10-31 02:00*", "2027-10-31 02:30*")
    client = staff(room)

    first, second = booked(board_of(client, "day", "2027-10-31", resource=room.uuid, hours="all"))
    assert (hours(first), hours(second)) == ((2, 2.5), (3, 3.5))
    assert said(first) == "02:00 +02:00–02:30 +02:00 Ada Lovelace"
    assert said(second) == "02:00 +01:00–02:30 +01:00 Ada Lovelace"
    week = booked(board_of(client, "week", "2027-10-31", resource=room.uuid, hours="all"))
    assert [hours(each) for each in week] == [(2, 2.5), (3, 3.5)]


def test_the_days_of_a_week_with_25_hours_share_their_lines() -> None:
    room = make_room()
    for day in (30, 31):
        take(room, f"2027-10-{day} 10:00", f"2027-10-{day} 11:00")
    found = board_of(staff(room), "week", "2027-10-31", resource=room.uuid, hours="all")

    assert [hours(each) for each in booked(found)] == [(11, 12), (11, 12)]
    gaps = [[hours(each) for each in column.items if each.kind == "gap"] for column in found.columns]
    assert gaps == [[(3, 4)]] * 6 + [[]]


def test_midnight_belongs_to_both_days() -> None:
    room = make_room()
    take(room, "2027-06-01 22:00", "2027-06-02 01:30")
    client = staff(room)

    for day, place, words in (
        ("2027-06-01", (22, 24), "22:00–Wed 2 Jun, 01:30"),
        ("2027-06-02", (0, 1.5), "Tue 1 Jun, 22:00–01:30"),
    ):
        (item,) = booked(board_of(client, "day", day, resource=room.uuid, hours="all"))
        assert (hours(item), said(item)) == (place, f"{words} Ada Lovelace")
    week = booked(board_of(client, "week", "2027-06-02", resource=room.uuid, hours="all"))
    assert [hours(each) for each in week] == [(22, 24), (0, 1.5)]


def test_what_ends_at_midnight_is_of_one_day() -> None:
    room = make_room()
    take(room, "2027-06-01 22:00", "2027-06-02 00:00")
    client = staff(room)

    (item,) = booked(board_of(client, "day", "2027-06-01", resource=room.uuid))
    assert said(item) == "22:00–24:00 Ada Lovelace"
    assert booked(board_of(client, "day", "2027-06-02", resource=room.uuid)) == []


@pytest.mark.parametrize("view", ["week", "month"])
def test_a_stay_is_on_all_of_its_days(view: str) -> None:
    room = make_room(kind=ResourceKind.LODGING)
    take(room, "2027-06-01 15:00", "2027-06-04 11:00")
    shown = [room.uuid] if view == "month" else [room.uuid, other(room).uuid]
    response = staff(room).get(address(view, "2027-06-02", resource=shown))

    cells = response.context["cells"] if view == "month" else response.context["rows"][0].cells
    with_stay = {cell.day.day for cell in cells if cell.items}
    assert with_stay == {1, 2, 3, 4}


def other(room: Resource) -> Resource:
    return make_resource(room.venue, rules=room.rules, position=9)


def test_the_hours_shown_are_those_that_matter() -> None:
    """A stay over several days matters only where it begins and ends."""
    room = make_room(kind=ResourceKind.LODGING)
    take(room, "2027-06-01 15:00", "2027-06-04 11:00")
    client = staff(room)
    first, middle, last = (
        board_of(client, "day", f"2027-06-0{day}", venue=room.venue.slug).axis for day in (1, 2, 4)
    )

    assert (first.first, first.last) == (15 * 60, 24 * 60 - 3 * 60)
    assert (middle.first, middle.last) == (0, 24 * 60)
    assert last.first == 10 * 60


def test_dozens_at_once_stand_side_by_side() -> None:
    room = make_room(units=60)
    for _number in range(30):
        take(room, "2027-06-01 10:00", "2027-06-01 11:00")
    column = column_of(board_of(staff(room), "day", "2027-06-01", resource=room.uuid), room)
    found = [each for each in column.items if each.kind == "booking"]

    assert len({each.lane for each in found}) == 30
    assert column.lanes == 31, "and one for what is still free"
    assert (column.peak, column.limit) == (30, 60)


def test_short_ones_have_room_for_their_words() -> None:
    room = make_room()
    take(room, "2027-06-01 10:00", "2027-06-01 10:05")
    take(room, "2027-06-01 10:05", "2027-06-01 10:10")
    first, second = booked(board_of(staff(room), "day", "2027-06-01", resource=room.uuid))

    assert first.z - first.a == second.z - second.a == 4
    assert first.lane != second.lane


def test_today_and_now_are_marked(client: Client) -> None:
    room = make_room()
    today = now().astimezone(room.venue.zone).date()
    found = board_of(client, "week", today, resource=room.uuid, hours="all")

    assert [column.day == found.today for column in found.columns].count(True) == 1
    assert found.now is not None
    assert 'aria-current="date"' in html_of(client, "month", today, resource=room.uuid)
    later = board_of(client, "day", today + timedelta(days=1), resource=room.uuid, hours="all")
    assert later.now is None


def test_ones_own_times_are_told_on_their_own_clock() -> None:
    """Bookings in two zones share one calendar; where the zone is another one, its time is said, too."""
    user = User.objects.create_user("zoe@example.com", "x", time_zone=BERLIN)
    for zone in (BERLIN, NEW_YORK):
        take(make_room(zone), "2027-06-01 10:00", "2027-06-01 11:00", customer=Customer.from_user(user))
    client = Client()
    client.force_login(user)
    found = board_of(client, "day", "2027-06-01", mine=1)

    items = [each for column in found.columns for each in column.items]
    assert [(each.starts, each.note) for each in items] == [
        ("10:00", ""),
        ("16:00", "10:00 in America/New_York"),
    ]
