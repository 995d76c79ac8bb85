"""Recurring bookings on pages: the dry run, its choices, and booking all of them in one step."""

import re
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from reservations.enums import Status
from reservations.models import Reservation, ReservationSeries
from resources.models import Question, Resource
from storefront.tests.page_steps import GUEST, code_of, page
from tests.factories import book, make_resource, make_user, make_venue, open_weekly

pytestmark = [pytest.mark.django_db, pytest.mark.once]
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def room() -> Resource:
    venue = make_venue(time_zone="Europe/Berlin")
    open_weekly(venue, time(8), time(20))
    return make_resource(venue, name="Blue room")


@pytest.fixture
def user(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


def local(days: int, hour: int = 10) -> datetime:
    day = datetime.now(BERLIN) + timedelta(days=days)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


def address(room: Resource, **fields: Any) -> str:
    asked = {
        "date": local(7).date().isoformat(),
        "time": "10:00",
        "duration": "60",
        "party_size": "2",
        "every": "day",
        "count": "3",
        **fields,
    }
    query = "&".join(f"{name}={value}" for name, value in asked.items() if value is not None)
    return f"{reverse('resource-repeat', args=[room.uuid])}?{query}"


def starts() -> list[datetime]:
    return [row.local_start for row in Reservation.objects.filter(series__isnull=False)]


def test_the_form_begins_with_what_the_day_page_asked(client: Client, room: Resource) -> None:
    plain = client.get(reverse("resource-repeat", args=[room.uuid]))
    asked = client.get(reverse("resource-repeat", args=[room.uuid]), {"duration": "90", "time": "11:30"})

    assert (plain.status_code, "rows" in plain.context) == (200, False)
    assert b'value="90"' in asked.content
    assert b'value="11:30"' in asked.content


def test_the_dry_run_shows_every_date_and_books_nothing(client: Client, room: Resource) -> None:
    book(room, local(8))

    shown = client.get(address(room))

    rows = shown.context["rows"]
    assert [bool(row.usual) for row in rows] == [True, False, True]
    assert str(rows[1].message) == "This time is already taken."
    assert [row.chosen is None for row in rows] == [False, True, False]
    assert {option.start for option in rows[1].others} >= {local(8, 9), local(8, 11)}
    assert (shown.context["chosen"], shown.context["total"]) == (2, Decimal(50))
    assert b"Sign in to book" in shown.content
    assert Reservation.objects.count() == 1


def test_the_dry_run_costs_the_same_for_few_and_many(
    client: Client, room: Resource, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def queries(count: int) -> int:
        with django_assert_max_num_queries(27) as counted:
            client.get(address(room, count=count))
        return len(counted)

    queries(1)
    assert queries(2) == queries(60)


def test_dates_are_left_out_or_moved_and_the_rest_is_booked(
    client: Client, room: Resource, user: User
) -> None:
    book(room, local(8))
    other = client.get(address(room)).context["rows"][1].others[0]
    chosen = {f"on-{local(7).date()}": "skip", f"on-{local(8).date()}": other.value}

    review = client.post(address(room), GUEST | chosen | {"review": "1"})
    answer = client.post(address(room), GUEST | chosen, follow=True)

    assert (review.context["chosen"], Reservation.objects.filter(series=None).count()) == (2, 1)
    assert starts() == [other.start, local(9)]
    assert b"You&#x27;re booked for 2 dates." in answer.content
    for row in Reservation.objects.filter(series__isnull=False):
        assert page("reservation-manage", row) in answer.content.decode()
        assert (row.customer, row.status) == (user, Status.CONFIRMED)


def test_what_is_taken_meanwhile_is_explained_and_nothing_is_booked(
    client: Client, room: Resource, user: User
) -> None:
    book(room, local(8))

    refused = client.post(address(room), GUEST)

    assert (refused.status_code, code_of(refused)) == (409, "series_refused")
    assert refused.content.decode().count("This time is already taken.") == 2  # in the note and at its date
    assert b'value="Ada Lovelace"' in refused.content
    assert starts() == []
    assert not ReservationSeries.objects.exists()


def test_what_cannot_be_had_is_made_up_for_at_the_end(client: Client, room: Resource, user: User) -> None:
    book(room, local(8))
    book(room, local(10))
    asked = address(room, fill="on")

    shown = client.get(asked)
    book(room, local(13))  # what comes after the dates that were shown does not matter
    form = GUEST | {each.name: "book" if each.usual else "skip" for each in shown.context["rows"]}
    client.post(asked, form | {"dates": "5"})

    assert [each.on for each in shown.context["rows"]] == [local(days).date() for days in range(7, 12)]
    assert shown.context["chosen"] == 3
    assert b'name="dates" value="5"' in shown.content
    assert starts() == [local(7), local(9), local(11)]


def test_making_up_ends_where_nothing_can_be_booked(client: Client, room: Resource) -> None:
    room.rules.max_advance_days = 9
    room.rules.save()

    rows = client.get(address(room, fill="on", count=5)).context["rows"]

    assert len(rows) == 5
    assert sum(1 for each in rows if each.usual) <= 3
    assert client.get(address(room, fill="on", count=None, until=local(9).date())).status_code == 400


@pytest.mark.usefixtures("early_2027")
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"every": "week"}, "Every Monday, 10:00 to 11:00, 3 times until Mon 25 Jan"),
        ({"every": "2weeks"}, "Every other Monday, 10:00 to 11:00, 3 times until Mon 8 Feb"),
        ({"count": "1"}, "Every day, 10:00 to 11:00, 1 time until Mon 11 Jan"),
        (
            {"weekdays": "MO&weekdays=FR"},
            "Every Monday and Friday, 10:00 to 11:00, 3 times until Mon 18 Jan",
        ),
        ({"every": "month"}, "Every month on day 11, 10:00 to 11:00, 2 times until Thu 11 Feb"),
    ],
)
def test_a_sentence_says_what_will_be_booked(
    client: Client, room: Resource, fields: dict[str, str], sentence: str
) -> None:
    room.rules.max_advance_days = 60
    room.rules.save()

    shown = client.get(address(room, date="2027-01-11", **fields))

    assert shown.context["sentence"] == sentence
    assert sentence in shown.content.decode()


def test_the_usual_lengths_are_offered(client: Client, room: Resource) -> None:
    shown = client.get(address(room, duration="90", date=None)).content.decode()

    assert '<option value="90" selected>1 hour 30 minutes</option>' in shown
    assert '<option value="60">1 hour</option>' in shown


def test_a_second_click_books_once(client: Client, room: Resource, user: User) -> None:
    found = re.search(r'name="idempotency_key" value="([^"]+)"', client.get(address(room)).content.decode())
    assert found
    form = GUEST | {"idempotency_key": found[1]}

    answers = [client.post(address(room), form) for _click in range(2)]

    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert len(starts()) == 3


def test_questions_are_asked_for_all_dates_at_once(client: Client, room: Resource, user: User) -> None:
    question = Question.objects.create(venue=room.venue, text="Chairs?", is_required=True)

    refused = client.post(address(room), GUEST)
    client.post(address(room), GUEST | {f"answer_{question.pk}": "4"})

    assert refused.status_code == 400
    assert refused.content.count(b'class="error"') == 1
    assert [row.answers[0]["answer"] for row in Reservation.objects.all()] == ["4", "4", "4"]


def test_guests_sign_in_first_and_come_back(client: Client, room: Resource) -> None:
    answer = client.post(address(room), GUEST)

    assert answer.headers["Location"].startswith("/accounts/login/?next=/resources/")
    assert "every%3Dday" in answer.headers["Location"]
    assert not Reservation.objects.exists()


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"date": "soon"}, 400),
        ({"date": "9999-12-31"}, 400),
        ({"time": "25:00"}, 400),
        ({"time": "10:00:30"}, 400),
        ({"duration": "9" * 30}, 400),
        ({"party_size": "-1"}, 400),
        ({"every": "century"}, 400),
        ({"count": "0"}, 400),
        ({"count": "100000"}, 400),
        ({"count": None}, 400),
        ({"until": local(30).date().isoformat()}, 400),
        ({"count": None, "until": local(1).date().isoformat()}, 400),
        ({"count": None, "until": "2101-01-01"}, 400),
        ({"weekdays": "XX"}, 400),
        ({"weekdays": "MO", "every": "month"}, 400),
        ({"duration": "1500"}, 400),
        ({"weekdays": "MO&weekdays=FR"}, 200),
        ({"every": "2weeks", "weekdays": "MO"}, 200),
        ({"every": "month", "count": "12"}, 200),
        ({"date": local(-3).date().isoformat()}, 200),
        ({"party_size": "99"}, 200),
    ],
)
def test_odd_patterns_are_answered(
    client: Client, room: Resource, fields: dict[str, Any], status: int
) -> None:
    assert client.get(address(room, **fields)).status_code == status
    assert (
        client.get(reverse("resource-repeat", args=[make_resource(is_active=False).uuid])).status_code == 404
    )


def test_odd_choices_are_refused(client: Client, room: Resource, user: User) -> None:
    for choice in ("x", "2027-13-01T10:00", "9" * 400, "0001-01-01T00:00"):
        answer = client.post(address(room), GUEST | {f"on-{local(7).date()}": choice})
        assert 400 <= answer.status_code < 500
    skip = {f"on-{local(day).date()}": "skip" for day in (7, 8, 9)}
    assert client.post(address(room), GUEST | skip).status_code == 400
    assert starts() == []
