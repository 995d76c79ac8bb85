"""Pages behind a link and of accounts: what they show to whom, and what changes there."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from reservations.domain.values import Actor, Customer
from reservations.enums import Status
from reservations.links import token_for
from reservations.services import record_payment
from storefront.tests.page_steps import code_of, page
from tests.factories import (
    at,
    book,
    make_policy,
    make_resource,
    make_user,
    make_venue,
    open_always,
    payments_for,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_cancelling_shows_fee_and_refund_before_and_keeps_to_it(client: Client) -> None:
    venue = make_venue()
    open_always(venue)
    policy = make_policy(venue, (48, "100", "0"), (1, "50", "2.50"))
    reservation = book(make_resource(venue, cancellation_policy=policy), at(1, 23), minutes=60)
    record_payment(reservation_id=reservation.pk, amount=reservation.total_amount, actor=Actor())

    preview = client.get(page("reservation-cancel", reservation))
    terms = preview.context["terms"]
    client.post(page("reservation-cancel", reservation), {"version": reservation.version})

    assert (str(terms.fee), str(terms.refund)) == ("15.00", "10.00")
    assert [(p.kind, str(p.amount)) for p in payments_for(reservation)] == [
        ("charge", "25.0000"),
        ("refund", "10.0000"),
    ]


def test_of_two_people_editing_the_second_is_told(client: Client) -> None:
    reservation = book(make_resource())
    stale = reservation.version
    client.post(
        page("reservation-reschedule", reservation), {"start": at(8, 9).isoformat(), "version": stale}
    )

    response = client.post(page("reservation-cancel", reservation), {"version": stale})

    assert (response.status_code, code_of(response)) == (409, "stale_version")
    reservation.refresh_from_db()
    assert reservation.status == Status.CONFIRMED


@pytest.mark.parametrize("name", ["manage", "details", "reschedule", "cancel"])
def test_a_wrong_link_is_indistinguishable_from_an_unknown_one(client: Client, name: str) -> None:
    reservation, other = book(make_resource()), book(make_resource())
    token = token_for(other)

    wrong = client.get(reverse(f"reservation-{name}", args=[reservation.pk, token]))
    unknown = client.get(reverse(f"reservation-{name}", args=[uuid4(), token]))

    assert (wrong.status_code, code_of(wrong)) == (404, "not_found")
    assert (unknown.status_code, code_of(unknown)) == (404, "not_found")
    assert reservation.code.encode() not in wrong.content


def test_a_wrong_link_cannot_cancel(client: Client) -> None:
    reservation, other = book(make_resource()), book(make_resource())

    client.post(
        reverse("reservation-cancel", args=[reservation.pk, token_for(other)]),
        {"version": reservation.version},
    )

    reservation.refresh_from_db()
    assert reservation.status == Status.CONFIRMED


def test_pages_behind_the_link_are_not_kept_anywhere(client: Client) -> None:
    response = client.get(page("reservation-manage", book(make_resource())))

    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert response.headers["Referrer-Policy"] == "same-origin"


def test_my_bookings_are_only_mine(client: Client) -> None:
    me, other = make_user(), make_user()
    room = make_resource()
    mine = book(room, at(3, 10), customer=Customer.from_user(me))
    book(room, at(3, 12), customer=Customer.from_user(other))
    client.force_login(me)

    response = client.get("/my/")

    assert [group.first.reservation.pk for group in response.context["groups"]] == [mine.pk]
    assert client.get("/my/").status_code == 200
    client.logout()
    assert client.get("/my/").status_code == 302


def test_moving_is_refused_when_the_new_time_is_taken_and_keeps_the_old(client: Client) -> None:
    room = make_resource()
    reservation = book(room, at(3, 10))
    book(room, at(3, 12))

    response = client.post(
        page("reservation-reschedule", reservation), {"start": at(3, 12).isoformat(), "version": 1}
    )

    assert (response.status_code, code_of(response)) == (409, "taken")
    reservation.refresh_from_db()
    assert reservation.starts_at == at(3, 10)
    assert reservation.allocations.get().b0 == int((at(3, 10)).timestamp()) // 60
