"""What lies outside the hours shown takes no room from what lies within: pure functions, and the page."""

from datetime import date, time
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from calendars.axis import Axis
from calendars.day_totals import find_level
from calendars.items import LEAST_STEPS, Item, Pen, assign_lanes
from calendars.selection import Selection
from calendars.tests.pages import board_of, column_of, html_of, local
from common.clock import now
from reservations.domain.values import Actor, Customer
from reservations.enums import Source
from resources.models import Resource
from scheduling.zones import day_span
from tests.factories import at, book, make_resource, make_user, make_venue, open_weekly

DAY = date(2027, 6, 1)
MIDNIGHT = day_span(DAY, "UTC")[0]
SPANS = st.lists(
    st.tuples(st.integers(-300, 1700), st.integers(1, 600)).map(lambda each: (each[0], each[0] + each[1])),
    max_size=25,
)


def make_pen(first: int = 9, last: int = 17) -> Pen:
    return Pen(Selection(AnonymousUser()), Axis((DAY,), "UTC").part([first * 60, last * 60]))


def draw(pen: Pen, start: float, end: float) -> Item:
    """Hours of the day."""
    return pen.draw("busy", DAY, MIDNIGHT + round(start * 60), MIDNIGHT + round(end * 60))


@pytest.mark.once
@pytest.mark.parametrize(
    ("start", "end", "lines"),
    [
        (6, 8, None),
        (8, 9, None),  # ends as the hours begin
        (17, 18, None),
        (18, 30, None),
        (-4, 2, None),  # from the day before
        (6, 10, (0, 12)),
        (16, 20, (84, 96)),
        (6, 20, (0, 96)),
        (-10, 40, (0, 96)),
        (0, 24, (0, 96)),
        (9, 9.1, (0, LEAST_STEPS)),
        (8.9, 9.1, (0, LEAST_STEPS)),
        (16.95, 17.2, (96 - LEAST_STEPS, 96)),
    ],
)
def test_only_what_lies_in_the_hours_shown_is_drawn(
    start: float, end: float, lines: tuple[int, int] | None
) -> None:
    item = draw(make_pen(), start, end)

    assert (item.a, item.z) == lines if lines else item.a == item.z
    assert [each.lanes for each in assign_lanes([item])] == ([1] if lines else [])


@pytest.mark.once
@given(SPANS)
def test_what_is_outside_changes_nothing_inside(spans: list[tuple[int, int]]) -> None:
    pen = make_pen()
    items = [pen.draw("busy", DAY, MIDNIGHT + start, MIDNIGHT + end) for start, end in spans]
    inside = [item for item, (start, end) in zip(items, spans, strict=True) if start < 1020 and end > 540]
    drawn = assign_lanes(items)

    assert drawn == assign_lanes(inside)
    assert len(drawn) == len(inside)
    assert all(each.a >= 0 and each.z <= pen.axis.steps and each.z - each.a >= LEAST_STEPS for each in drawn)


@pytest.mark.once
@pytest.mark.parametrize(
    ("free", "size", "left", "is_full", "level"),
    [
        (0, 0, 0, False, "shut"),
        (0, 480, 0, True, "full"),
        (0, 480, 60, True, "full"),
        (0, 480, 240, False, "none"),  # too early or too late to book: not taken
        (2, 480, 120, False, "few"),
        (3, 480, 121, False, "free"),
        (16, 480, 480, False, "free"),
        (1, 21, 1, False, "few"),
    ],
)
def test_how_full_a_day_is(free: int, size: int, left: int, is_full: bool, level: str) -> None:
    assert find_level(free, size, left, is_full=is_full) == level


@pytest.fixture
def room() -> Resource:
    venue = make_venue(name="Mill")
    open_weekly(venue, time(9), time(17))
    return make_resource(venue, name="Linden")


def take(room: Resource, *hours: int, **fields: Any) -> None:
    for hour in hours:
        book(room, local(room, f"{soon()} {hour:02}:00"), actor=Actor(source=Source.IMPORT), **fields)


def soon() -> date:
    return at(7).date()


@pytest.mark.django_db
@pytest.mark.once
@pytest.mark.usefixtures("early_2027")
def test_guests_see_no_columns_of_what_was_before_the_hours(client: Client, room: Resource) -> None:
    """A place that is always open does not decide which hours are shown beside another."""
    cellar = make_resource(room.venue, rules=room.rules, name="Cellar")
    open_weekly(room.venue, time(0), time(0), resource=cellar)
    take(cellar, 1, 3, 5, 7, 18, 20, 22)
    for view in ("day", "timeline"):
        column = column_of(board_of(client, view, soon(), venue=room.venue.slug), cellar)
        assert [each.kind for each in column.items if not each.is_quiet] == ["free"]
        assert column.lanes == 1
    for more in ({"show": "list"}, {"hours": "all"}):
        assert "05:00–06:00" in html_of(client, "day", soon(), venue=room.venue.slug, **more)


@pytest.mark.django_db
@pytest.mark.once
@pytest.mark.usefixtures("early_2027")
def test_a_board_opens_at_the_first_opening_or_at_now(client: Client, room: Resource) -> None:
    all_hours = board_of(client, "day", soon(), resource=room.uuid, hours="all")
    assert all_hours.opens == 9 * 12

    today = now().astimezone(room.venue.zone)
    board = board_of(client, "day", today.date(), resource=room.uuid, hours="all")
    assert board.opens == board.now == (today.hour * 60 + today.minute) // 5


@pytest.mark.django_db
@pytest.mark.once
@pytest.mark.usefixtures("early_2027")
def test_a_month_of_one_place_says_in_words_what_is_free(client: Client, room: Resource) -> None:
    take(room, *range(9, 17))
    response = client.get(f"/calendar/month/{soon()}/?resource={room.uuid}")
    cells = {cell.day: cell for cell in response.context["cells"]}
    html = html_of(client, "month", soon(), resource=room.uuid)

    assert cells[soon()].level == "full"
    assert '<p class="cell-state">Full</p>' in html
    assert '<p class="cell-state">15 free</p>' in html
    assert "fully booked" not in html


@pytest.mark.django_db
@pytest.mark.once
@pytest.mark.usefixtures("early_2027")
def test_a_day_that_cannot_be_booked_yet_is_not_called_full(client: Client, room: Resource) -> None:
    room.rules.max_advance_days = 5
    room.rules.save()
    take(room, *range(9, 16))
    response = client.get(f"/calendar/month/{soon()}/?resource={room.uuid}")
    assert {cell.day: cell.words for cell in response.context["cells"]}[soon()] == "0 free"


@pytest.mark.django_db
@pytest.mark.once
@pytest.mark.usefixtures("early_2027")
def test_where_it_is_always_open_what_is_busy_decides_which_hours_are_shown(client: Client) -> None:
    venue = make_venue(name="Rehearsals")
    open_weekly(venue, time(0), time(0))
    cellar = make_resource(venue)
    take(cellar, 5, 18)
    axis = board_of(client, "day", soon(), venue=venue.slug).axis
    assert (axis.first, axis.last) == (5 * 60, 19 * 60)


@pytest.mark.django_db
@pytest.mark.once
@pytest.mark.usefixtures("early_2027")
def test_a_week_of_ones_own_says_on_which_days_something_is(client: Client, room: Resource) -> None:
    user = make_user()
    client.force_login(user)
    take(room, 10, 12, customer=Customer.from_user(user))
    columns = board_of(client, "week", soon(), mine=1).columns
    assert [column.booked for column in columns] == [2, 0, 0, 0, 0, 0, 0]
    assert "2 booked" in html_of(client, "week", soon(), mine=1)
