"""Moving a booking on its page: a month of days, times with prices, the step before the move."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from reservations.availability import moment_now
from reservations.domain.values import Actor, ItemRequest
from reservations.links import token_for
from reservations.models import Reservation
from reservations.policies import Booker
from reservations.services import reschedule_reservation
from resources.enums import Approval
from resources.models import PriceRule, Resource
from storefront.manage.new_times import DayChoice, NewTimes
from tests.factories import (
    at,
    book,
    make_policy,
    make_resource,
    make_rules,
    make_venue,
    make_whole,
    open_always,
    open_weekly,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def room() -> Resource:
    """Open from eight to ten, in steps of an hour."""
    venue = make_venue(time_zone="UTC")
    open_weekly(venue, time(8), time(10))
    rules = make_rules(venue, slot_step=60, min_duration=60, default_duration=60, max_advance_days=60)
    return make_resource(venue, rules=rules)


def address(reservation: Reservation) -> str:
    return reverse("reservation-reschedule", args=[reservation.pk, token_for(reservation)])


def days_of(reservation: Reservation, month: date) -> dict[date, DayChoice]:
    return {day.on: day for day in NewTimes(reservation, Booker(), month, moment_now()).days}


def test_each_day_says_how_many_times_it_has_or_why_none(room: Resource) -> None:
    start = at(20, 8)
    mine = book(room, start)
    full = start + timedelta(days=1)
    book(room, full)
    book(room, full + timedelta(hours=1))
    closed = (start + timedelta(days=2)).date()
    room.venue.overrides.create(starts_on=closed, ends_on=closed, reason="Works")

    days: dict[date, DayChoice] = {}
    for month in {on.replace(day=1) for on in (start.date(), full.date(), closed, at(90).date())}:
        days |= days_of(mine, month)

    assert (days[start.date()].state, days[start.date()].count) == ("free", 1)  # its own time is no choice
    assert days[start.date()].is_present
    assert (days[full.date()].state, days[full.date()].count) == ("full", 0)
    assert days[closed].state == "closed"
    assert days[at(90).date()].state == "outside"


def test_what_is_shown_can_be_had_and_nothing_else(room: Resource) -> None:
    """Every start of a month, moved to on trial: shown or refused."""
    mine = book(room, at(20, 8))
    book(room, at(21, 9))
    day = at(21).date()
    moving = NewTimes(mine, Booker(), day, moment_now())

    assert [each.start for each in moving.times(day)] == [at(21, 8)]
    assert moving.offers(int(at(21, 8).timestamp()) // 60)
    assert not moving.offers(int(at(21, 9).timestamp()) // 60)
    reschedule_reservation(reservation_id=mine.pk, start=at(21, 8), end=at(21, 9), actor=Actor())


def test_several_resources_move_together(room: Resource) -> None:
    other = make_resource(room.venue, rules=room.rules)
    both = [ItemRequest(room.pk), ItemRequest(other.pk)]
    mine = book(room, at(20, 8), items=both)
    book(other, at(21, 8))
    day = at(21).date()

    moving = NewTimes(mine, Booker(), day, moment_now())

    assert [each.start for each in moving.times(day)] == [at(21, 9)]


def test_a_hall_and_one_of_its_courts_need_room_for_both() -> None:
    venue = make_venue(time_zone="UTC")
    open_always(venue)
    rules = make_rules(venue, slot_step=60, min_duration=60)
    courts = [make_resource(venue, rules=rules, units=2) for _ in range(2)]
    hall = make_whole(courts, units=2)
    mine = book(hall, at(20, 8), items=[ItemRequest(hall.pk), ItemRequest(courts[0].pk)])
    book(courts[0], at(21, 8))
    day = at(21).date()

    shown = {each.start for each in NewTimes(mine, Booker(), day, moment_now()).times(day)}

    assert at(21, 8) not in shown
    assert at(21, 10) in shown


def test_prices_of_other_times(client: Client, room: Resource) -> None:
    peak = {"weekdays": str(at(22).weekday()), "start_time": time(9), "end_time": time(10)}
    rule = PriceRule.objects.create(venue=room.venue, name="Peak", amount=30, basis="hour", **peak)
    rule.resources.add(room)
    mine = book(room, at(20, 8))

    html = client.get(address(mine), {"date": at(22).date().isoformat()}).content.decode()

    assert "Same price" in html
    assert "€5.00 more" in html


def test_the_month_costs_the_same_for_one_and_three_resources(
    client: Client, room: Resource, django_assert_max_num_queries: Any
) -> None:
    others = [make_resource(room.venue, rules=room.rules) for _ in range(2)]
    alone = book(room, at(20, 8))
    together = book(room, at(20, 9), items=[ItemRequest(each.pk) for each in (room, *others)])

    def queries(reservation: Reservation) -> int:
        client.get(address(reservation))
        with django_assert_max_num_queries(20) as counted:
            client.get(address(reservation))
        return len(counted)

    assert queries(alone) == queries(together)


def test_a_time_that_is_gone_is_answered_with_others(client: Client, room: Resource) -> None:
    other = make_resource(room.venue, rules=room.rules)
    mine = book(room, at(20, 8), items=[ItemRequest(room.pk), ItemRequest(other.pk)])
    book(other, at(21, 8))
    form = {"start": at(21, 8).isoformat(), "version": mine.version}

    chosen = client.get(address(mine), {"start": at(21, 8).isoformat()})
    moved = client.post(address(mine), form)

    assert (chosen.status_code, moved.status_code) == (409, 409)
    html = moved.content.decode()
    assert "Other available times" in html
    assert f"?start={at(21, 9).isoformat().replace(':', '%3A').replace('+', '%2B')}" in html
    mine.refresh_from_db()
    assert mine.starts_at == at(20, 8)


def test_whoever_must_agree_to_the_new_time_is_named(client: Client, room: Resource) -> None:
    mine = book(room, at(20, 8))
    room.rules.approval = Approval.MANUAL
    room.rules.save()

    html = client.get(address(mine), {"start": at(21, 8).isoformat()}).content.decode()
    moved = client.post(
        address(mine), {"start": at(21, 8).isoformat(), "version": mine.version}, follow=True
    ).content.decode()

    assert "has to approve the new time" in html
    assert "while the venue decides" in moved


def test_too_late_is_said_at_once(client: Client, room: Resource) -> None:
    room.cancellation_policy = make_policy(room.venue, (24 * 40, "100", "0"))
    room.save()
    mine = book(room, at(20, 8))

    html = client.get(address(mine)).content.decode()

    assert 'data-code="too_late_to_change"' in html
    assert 'class="month"' not in html


@pytest.mark.parametrize(
    "query",
    [
        {"month": "2026-13"},
        {"month": "0000-01"},
        {"month": "soon"},
        {"month": "9999-12"},
        {"date": "2026-02-30"},
        {"date": "9999-12-31"},
        {"start": "soon"},
        {"start": "2027-03-28T99:00"},
        {"month": "\x00"},
    ],
)
def test_odd_questions_are_refused(client: Client, room: Resource, query: dict[str, str]) -> None:
    assert client.get(address(book(room, at(20, 8))), query).status_code == 400


@pytest.mark.parametrize("month", ["2000-01", "2100-12"])
def test_the_edges_of_time_offer_nothing_and_do_not_break(client: Client, room: Resource, month: str) -> None:
    response = client.get(address(book(room, at(20, 8))), {"month": month})

    assert response.status_code == 200
    assert not [day for week in response.context["weeks"] for day in week if day and day.count]
