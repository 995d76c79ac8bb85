"""The booking pages: what they show, and how they refuse."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from reservations.enums import Status
from reservations.models import Allocation, Reservation
from resources.enums import Audience
from storefront.tests.page_steps import GUEST, code_of, expire, on, page, post_hold, starts_of
from tests.factories import (
    at,
    book,
    hold,
    make_policy,
    make_resource,
    make_rules,
    make_user,
    make_venue,
    open_always,
    open_weekly,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_the_first_page_lists_free_times_of_the_day(client: Client) -> None:
    room = make_resource()
    book(room, at(3, 10))

    response = client.get("/", {"date": on(3), "party_size": "2", "duration": "60"})

    html = response.content.decode()
    assert response.status_code == 200
    assert room.name in html
    starts = starts_of(response)
    assert at(3, 10) not in starts
    assert at(3, 11) in starts


def test_a_full_day_leads_to_the_next_free_time(client: Client) -> None:
    venue = make_venue(time_zone="UTC")
    open_weekly(venue, time(10), time(11))
    room = make_resource(venue)
    book(room, at(3, 10))

    response = client.get("/", {"date": on(3), "duration": "60"})

    assert starts_of(response) == []
    assert response.context["results"].page[0].first_start == at(4, 10)
    assert b"Nothing available on this day." in response.content


@pytest.mark.parametrize(
    "query",
    [
        {"date": "tomorrow"},
        {"date": "9999-12-31"},
        {"party_size": "-1"},
        {"party_size": "many"},
        {"party_size": "9" * 30},
        {"kind": "x"},
        {"venue": "no-such"},
        {"duration": "7"},
    ],
)
def test_an_odd_search_is_answered_with_its_errors(client: Client, query: dict[str, str]) -> None:
    response = client.get("/", query)

    assert response.status_code == 400
    assert b'class="error"' in response.content


def test_the_search_costs_the_same_for_one_and_three_resources(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    venue = make_venue()
    open_always(venue)
    rules = make_rules(venue)

    def queries() -> int:
        client.get("/")
        with django_assert_max_num_queries(20) as counted:
            client.get("/")
        return len(counted)

    make_resource(venue, rules=rules)
    one = queries()
    make_resource(venue, rules=rules)
    make_resource(venue, rules=rules)
    assert queries() == one


def test_the_whole_path_of_a_guest(client: Client) -> None:
    room = make_resource()
    held = post_hold(client, room, at(3, 10), duration=90)
    reservation = Reservation.objects.get()
    assert reservation.status == Status.HELD
    assert held.headers["Location"] == page("reservation-details", reservation)

    booked = client.post(held.headers["Location"], GUEST, follow=True)
    reservation.refresh_from_db()
    assert reservation.status == Status.CONFIRMED
    assert reservation.code in booked.content.decode()
    assert "37.50" in booked.content.decode()

    new_start = at(4, 12)
    chosen = client.get(page("reservation-reschedule", reservation), {"start": new_start.isoformat()})
    assert b"The price stays the same." in chosen.content
    client.post(
        page("reservation-reschedule", reservation),
        {"start": new_start.isoformat(), "version": reservation.version},
    )
    reservation.refresh_from_db()
    assert reservation.starts_at == new_start

    client.post(page("reservation-cancel", reservation), {"version": reservation.version, "reason": "ill"})
    reservation.refresh_from_db()
    assert reservation.status == Status.CANCELLED
    assert not Allocation.objects.filter(b0__isnull=False).exists()


def past(days: int = 3) -> datetime:
    return at(-days, 10)


@pytest.mark.parametrize(
    ("start", "changes", "status", "code"),
    [
        (lambda: past(), {}, 400, "past"),
        (lambda: at(3, 3), {}, 400, "closed"),
        (lambda: at(3, 15), {"duration": 15}, 400, "too_short"),
        (lambda: at(3, 15), {"duration": 600}, 400, "too_long"),
        (lambda: at(3, 15, 10), {}, 400, "off_step"),
        (lambda: at(600, 15), {}, 400, "too_far"),
        (lambda: at(3, 15), {"party_size": 99}, 400, "party_too_large"),
        (lambda: at(3, 15), {"quantity": 2}, 409, "capacity"),
        (lambda: at(3, 15), {"start": "2027-03-14T02:30"}, 400, "nonexistent_time"),
        (lambda: at(3, 15), {"start": "2027-11-07T01:30"}, 400, "ambiguous_time"),
        (lambda: at(3, 15), {"start": "soon"}, 400, "invalid_time"),
        (lambda: at(3, 15), {"duration": "long"}, 400, "invalid"),
    ],
)
def test_bad_input_is_refused_on_the_page_with_its_code(
    client: Client, start: Callable[[], datetime], changes: dict[str, Any], status: int, code: str
) -> None:
    venue = make_venue(time_zone="America/New_York")
    open_weekly(venue, time(4), time(15))
    room = make_resource(venue)

    response = post_hold(client, room, start(), **changes)

    assert (response.status_code, code_of(response)) == (status, code)
    assert not Reservation.objects.exists()


def test_a_taken_slot_is_refused_with_free_times_nearby(client: Client) -> None:
    room = make_resource()
    book(room, at(3, 10))

    response = post_hold(client, room, at(3, 10))

    assert (response.status_code, code_of(response)) == (409, "taken")
    assert b"Other available times" in response.content


def test_a_double_click_holds_once(client: Client) -> None:
    room = make_resource()
    key = str(uuid4())

    first, second = (post_hold(client, room, at(3, 10), idempotency_key=key) for _ in range(2))

    assert first.headers["Location"] == second.headers["Location"]
    assert Reservation.objects.count() == 1


def test_a_second_click_on_book_it_books_once(client: Client) -> None:
    reservation = hold(make_resource())
    address = page("reservation-details", reservation)

    answers = [client.post(address, GUEST) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert [event.kind for event in reservation.events.all()] == ["held", "booked"]


def test_what_cancelling_costs_is_said_before_booking(client: Client) -> None:
    venue = make_venue()
    open_always(venue)
    policy = make_policy(venue, (24, "50", "0"))
    room = make_resource(venue, cancellation_policy=policy, hourly_rate=Decimal(10))

    response = client.get(page("reservation-details", hold(room)))

    assert "50% refund up to 1 day before. No refund after that" in response.content.decode()


def test_details_without_a_name_keep_what_was_typed(client: Client) -> None:
    reservation = hold(make_resource())

    response = client.post(page("reservation-details", reservation), GUEST | {"name": "", "phone": "12"})

    assert response.status_code == 400
    assert b"ada@example.com" in response.content
    assert response.content.count(b'class="error"') == 2
    reservation.refresh_from_db()
    assert reservation.status == Status.HELD


@pytest.mark.parametrize(
    ("country", "typed", "kept"),
    [("DE", "030 12345678", "+493012345678"), ("US", "(212) 555-2368", "+12125552368"), ("DE", "", "")],
)
def test_a_phone_number_is_given_as_one_dials_it_at_the_venue(
    client: Client, country: str, typed: str, kept: str
) -> None:
    venue = make_venue(country=country)
    open_always(venue)
    reservation = hold(make_resource(venue))

    assert client.post(page("reservation-details", reservation), GUEST | {"phone": typed}).status_code == 302

    reservation.refresh_from_db()
    assert str(reservation.customer_phone) == kept


def test_the_example_of_a_phone_number_is_one_of_the_venues_country(client: Client) -> None:
    venue = make_venue(country="DE")
    open_always(venue)
    reservation = hold(make_resource(venue))
    response = client.post(page("reservation-details", reservation), GUEST | {"phone": "12"})
    assert "Enter a phone number like 030 123456, or one with country code." in response.content.decode()


def test_a_hold_that_ran_out_is_booked_if_still_free_and_refused_if_taken(client: Client) -> None:
    room = make_resource()
    free, lost = hold(room, at(3, 10)), hold(room, at(3, 12))
    expire(free)
    expire(lost)
    book(room, at(3, 12))

    assert client.post(page("reservation-details", free), GUEST).status_code == 302
    refused = client.post(page("reservation-details", lost), GUEST)

    assert (refused.status_code, code_of(refused)) == (409, "hold_expired")
    lost.refresh_from_db()
    assert lost.status == Status.HELD


def test_a_hold_can_be_given_back(client: Client) -> None:
    reservation = hold(make_resource())

    client.post(page("reservation-release", reservation))

    reservation.refresh_from_db()
    assert reservation.status == Status.EXPIRED
    assert not Allocation.objects.filter(b0__isnull=False).exists()


def test_unknown_and_inactive_resources_are_not_found(client: Client) -> None:
    hidden = make_resource(is_active=False)

    for uuid in (uuid4(), hidden.uuid):
        response = client.get(reverse("resource-day", args=[uuid]))
        assert (response.status_code, code_of(response)) == (404, "not_found")


def test_resources_for_account_holders_lead_to_sign_in(client: Client) -> None:
    venue = make_venue()
    open_always(venue)
    room = make_resource(venue, rules=make_rules(venue, audience=Audience.SIGNED_IN))

    response = post_hold(client, room, at(3, 10))
    assert response.headers["Location"].startswith("/accounts/login/?next=/resources/")

    user = make_user()
    client.force_login(user)
    post_hold(client, room, at(3, 10))
    assert Reservation.objects.get().customer == user


def test_a_form_without_its_token_is_refused_clearly() -> None:
    strict = Client(enforce_csrf_checks=True)
    response = post_hold(strict, make_resource(), at(3, 10))

    assert (response.status_code, code_of(response)) == (403, "csrf_failed")


def test_days_in_the_past_offer_nothing(client: Client) -> None:
    room = make_resource()
    yesterday = (at(0) - timedelta(days=2)).date().isoformat()

    response = client.get(reverse("resource-day", args=[room.uuid]), {"date": yesterday})

    assert {slot.reason for slot in response.context["slots"]} == {"past"}
