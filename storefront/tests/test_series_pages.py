"""A series by the link of one of its dates: looking, cancelling and moving with a choice of scope."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.enums import Status
from reservations.links import token_for
from reservations.models import Reservation
from reservations.series import Pattern, book_series
from resources.models import Resource
from storefront.tests.page_steps import code_of, page
from tests.factories import at, book, make_policy, make_resource, make_user, make_venue, open_always

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CANCEL, MOVE = "reservation-series-cancel", "reservation-series-move"


@pytest.fixture
def room() -> Resource:
    venue = make_venue(time_zone="UTC")
    open_always(venue)
    return make_resource(venue, cancellation_policy=make_policy(venue, (24, "80", "0")))


@pytest.fixture
def dates(room: Resource) -> list[Reservation]:
    """Three days in a row, at ten."""
    pattern = Pattern(
        venue_id=room.venue_id,
        items=(ItemRequest(room.pk),),
        first_on=at(7).date(),
        at=at(7).time(),
        duration=timedelta(hours=1),
        rule="FREQ=DAILY;COUNT=3",
    )
    series, _skipped = book_series(pattern=pattern, customer=Customer.from_user(make_user()), actor=Actor())
    return list(series.reservations.order_by("starts_at"))


def states(dates: list[Reservation]) -> list[str]:
    return [Reservation.objects.get(pk=each.pk).status for each in dates]


def hours(dates: list[Reservation]) -> list[int]:
    return [Reservation.objects.get(pk=each.pk).starts_at.hour for each in dates]


def test_every_date_is_listed_with_its_link(client: Client, dates: list[Reservation]) -> None:
    shown = client.get(page("reservation-series", dates[1])).content.decode()

    assert [each.code in shown and page("reservation-manage", each) in shown for each in dates] == [True] * 3
    assert shown.partition("<footer")[0].count('aria-current="true"') == 1
    manage = client.get(page("reservation-manage", dates[1])).content.decode()
    assert page("reservation-series", dates[1]) in manage


@pytest.mark.parametrize(
    ("scope", "left"),
    [
        ("this", [Status.CONFIRMED, Status.CANCELLED, Status.CONFIRMED]),
        ("following", [Status.CONFIRMED, Status.CANCELLED, Status.CANCELLED]),
        ("all", [Status.CANCELLED] * 3),
    ],
)
def test_cancelling_shows_the_cost_first(
    client: Client, dates: list[Reservation], scope: str, left: list[str]
) -> None:
    preview = client.get(page(CANCEL, dates[1]), {"scope": scope})
    assert states(dates) == [Status.CONFIRMED] * 3
    assert len(preview.context["preview"]) == left.count(Status.CANCELLED)
    assert str(preview.context["fee"]) == f"{left.count(Status.CANCELLED) * 5}.00"

    done = client.post(page(CANCEL, dates[1]), {"scope": scope, "reason": "Flu"})

    assert done.headers["Location"] == page("reservation-series", dates[1])
    assert states(dates) == left
    assert Reservation.objects.get(pk=dates[1].pk).cancel_reason == "Flu"


@pytest.mark.parametrize(("scope", "moved"), [("this", [10, 16, 10]), ("following", [10, 16, 16])])
def test_moving_shows_where_to_first(
    client: Client, dates: list[Reservation], scope: str, moved: list[int]
) -> None:
    wanted = {"scope": scope, "time": "16:00", "shift_days": ""}

    preview = client.get(page(MOVE, dates[1]), wanted)
    assert hours(dates) == [10, 10, 10]
    assert [each.starts_at.hour for _before, each in preview.context["preview"]] == moved[
        1 : 1 + moved.count(16)
    ]
    client.post(page(MOVE, dates[1]), wanted)

    assert hours(dates) == moved


def test_moving_by_days_into_their_own_old_times(client: Client, dates: list[Reservation]) -> None:
    client.post(page(MOVE, dates[0]), {"scope": "all", "time": "", "shift_days": "1"})

    days = [Reservation.objects.get(pk=each.pk).starts_at - each.starts_at for each in dates]
    assert days == [timedelta(days=1)] * 3


def test_what_is_in_the_way_is_named_and_nothing_moves(
    client: Client, room: Resource, dates: list[Reservation]
) -> None:
    book(room, at(8, 16))

    for ask in (client.get, client.post):
        refused: Any = ask(page(MOVE, dates[0]), {"scope": "all", "time": "16:00"})
        assert (refused.status_code, code_of(refused)) == (409, "series_refused")
        assert refused.content.decode().count("This time is already taken.") == 1
    assert hours(dates) == [10, 10, 10]


def test_nothing_left_to_change_is_told(client: Client, dates: list[Reservation]) -> None:
    client.post(page(CANCEL, dates[0]), {"scope": "all"})

    again = client.post(page(CANCEL, dates[0]), {"scope": "all"})

    assert (again.status_code, code_of(again)) == (404, "not_found")
    assert "Cancel dates" not in client.get(page("reservation-series", dates[0])).content.decode()


@pytest.mark.parametrize("name", ["reservation-series", CANCEL, MOVE])
def test_a_wrong_link_and_a_single_booking_have_no_series(
    client: Client, room: Resource, dates: list[Reservation], name: str
) -> None:
    single = book(room, at(20))
    for id_, token in (
        (dates[0].pk, token_for(dates[1])),
        (uuid4(), token_for(dates[0])),
        (single.pk, token_for(single)),
    ):
        assert client.get(reverse(name, args=[id_, token])).status_code == 404
        assert client.post(reverse(name, args=[id_, token]), {"scope": "all"}).status_code in (404, 405)
    assert states(dates) == [Status.CONFIRMED] * 3


def test_a_date_that_was_given_to_somebody_else_opens_no_other(
    client: Client, dates: list[Reservation]
) -> None:
    Reservation.objects.filter(pk=dates[2].pk).update(customer_email="other@example.com")

    for each in dates:
        assert client.get(page("reservation-series", each)).status_code == 404
        assert client.post(page(CANCEL, each), {"scope": "all"}).status_code == 404
    assert states(dates) == [Status.CONFIRMED] * 3


@pytest.mark.parametrize(
    "fields",
    [
        {"scope": "some"},
        {"scope": "all"},
        {"scope": "all", "time": "25:00"},
        {"scope": "all", "shift_days": "9" * 30},
        {"scope": "all", "shift_days": "0"},
    ],
)
def test_odd_wishes_are_answered(client: Client, dates: list[Reservation], fields: dict[str, str]) -> None:
    assert client.get(page(MOVE, dates[0]), fields).status_code == 400
    assert client.post(page(MOVE, dates[0]), fields).status_code == 400
    assert hours(dates) == [10, 10, 10]
