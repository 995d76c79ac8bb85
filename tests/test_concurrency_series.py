"""Series, and whatever else takes several times at once, in races: all of it or none of it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.test import Client

from accounts.models import User
from common.errors import Conflict
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.enums import Status
from reservations.exceptions import SeriesRefused
from reservations.models import Reservation, ReservationSeries
from reservations.series import Pattern, SeriesChange, SeriesScope, book_series, cancel_series, change_series
from reservations.services import cancel_reservation
from reservations.tests.api_helpers import local, post
from resources.enums import Role
from resources.models import OpeningHours, Resource
from tests.factories import book, make_member, make_resource, make_user
from tests.racing import assert_never_overbooked, race

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 10


def series_of(room: Resource, user: User, *, hour: int = 10, days: int = 7) -> ReservationSeries:
    first = local(days, hour)
    pattern = Pattern(
        venue_id=room.venue_id,
        items=(ItemRequest(room.pk),),
        first_on=first.date(),
        at=first.time(),
        duration=timedelta(hours=1),
        rule=f"FREQ=DAILY;COUNT={COUNT}",
    )
    return book_series(pattern=pattern, customer=Customer.from_user(user), actor=Actor(user))[0]


def starts(count: int = COUNT) -> list[datetime]:
    return [local(7 + day, 10) for day in range(count)]


def test_of_two_series_that_meet_one_wins_completely() -> None:
    room, user = make_resource(), make_user()

    results = race(8, lambda number: series_of(room, user, days=7 + number % 3))

    won = [each for each in results if isinstance(each, ReservationSeries)]
    assert {type(each) for each in results if each not in won} == {SeriesRefused}
    assert ReservationSeries.objects.count() == len(won) == 1
    assert Reservation.objects.filter(series=won[0]).count() == Reservation.objects.count() == COUNT
    assert_never_overbooked()


def test_a_series_against_single_bookings() -> None:
    room, user = make_resource(), make_user()

    def rival(number: int) -> Any:
        return series_of(room, user) if number == 0 else book(room, starts()[number % COUNT])

    series, *singles = race(21, rival)

    booked = [each for each in singles if isinstance(each, Reservation)]
    assert {type(each).__mro__[1] for each in [*singles, series] if isinstance(each, Exception)} <= {Conflict}
    if isinstance(series, ReservationSeries):
        assert booked == []
    else:
        assert isinstance(series, SeriesRefused)
        assert len(booked) == COUNT
    assert Reservation.objects.count() == COUNT
    assert_never_overbooked()


def test_two_series_moved_onto_the_same_times() -> None:
    room, user = make_resource(), make_user()
    known = [series_of(room, user, hour=hour) for hour in (10, 12)]

    def move(number: int) -> Any:
        change = SeriesChange(at=local(7, 14).time())
        return change_series(
            series_id=known[number].pk, anchor=None, scope=SeriesScope.ALL, change=change, actor=Actor(user)
        )

    results = race(2, move)

    assert sorted(type(each).__name__ for each in results) == ["SeriesRefused", "list"]
    hours = [each.local_start.hour for each in Reservation.objects.select_related("venue")]
    assert sorted(hours.count(hour) for hour in (10, 12, 14)) == [0, COUNT, COUNT]
    assert_never_overbooked()


def test_a_series_cancelled_beside_each_of_its_reservations(circles: list[OperationalError]) -> None:
    room, user = make_resource(), make_user()
    known = series_of(room, user)
    ids = list(Reservation.objects.filter(series=known).values_list("pk", flat=True))

    def rival(number: int) -> Any:
        if number % 2:
            return cancel_reservation(reservation_id=ids[number % COUNT], actor=Actor(user))
        return cancel_series(series_id=known.pk, anchor=None, scope=SeriesScope.ALL, actor=Actor(user))

    results = race(8, rival)

    assert {getattr(each, "code", "done") for each in results} <= {"done", "not_found"}
    assert circles == []
    assert set(Reservation.objects.values_list("status", flat=True)) == {Status.CANCELLED}
    assert_never_overbooked()


def repeated(user: User, address: str, body: dict[str, Any]) -> list[Any]:
    """Ten requests at once with one key, and what they were answered."""
    key = str(uuid4())

    def send(number: int) -> tuple[int, Any]:
        client = Client()
        client.force_login(user)
        answer = post(client, address, body, Idempotency_Key=key)
        return answer.status_code, answer.json()

    return race(10, send)


def test_one_key_makes_one_series() -> None:
    room, user = make_resource(), make_user()
    first = starts()[0]
    body = {"resource_id": str(room.uuid), "date": f"{first:%Y-%m-%d}", "time": "10:00"}

    answers = repeated(user, "/api/series", body | {"duration": 60, "rule": "FREQ=DAILY;COUNT=4"})

    assert [status for status, _body in answers] == [201] * 10
    assert all(answer == answers[0] for answer in answers)
    assert ReservationSeries.objects.count() == 1
    assert Reservation.objects.count() == 4


def test_one_key_makes_one_set_of_weekly_hours() -> None:
    room = make_resource()
    manager = make_member(room.venue, Role.MANAGER)
    body = {"resource_id": str(room.uuid), "start_time": "09:00", "end_time": "17:00", "days_of_week": [0, 1]}

    answers = repeated(manager, "/api/timeslots", body)

    assert [status for status, _body in answers] == [201] * 10
    assert all(answer == answers[0] for answer in answers)
    assert OpeningHours.objects.filter(resource=room).count() == 2
