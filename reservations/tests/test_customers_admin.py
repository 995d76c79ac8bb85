"""Managers look at the customers of their own venue, as its bookings know them."""

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.privacy import erase_person, person_of
from common.templatetags.holdfast import moment
from reservations.domain.values import Customer
from reservations.models import Reservation, VenueCustomer
from reservations.tests.api_helpers import local
from resources.enums import Role
from resources.models import Resource, VenueMembership
from tests.factories import book, hold, make_member, make_resource, make_user, make_venue, open_always

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LIST = "/admin/reservations/venuecustomer/"
ADA = Customer(name="Ada Lovelace", email="ada@example.com", phone="+493012345678")
CALLER = Customer(name="Bob", email="caller@example.com", phone="+493087654321")


@pytest.fixture
def room() -> Resource:
    venue = make_venue(name="Ours")
    open_always(venue)
    return make_resource(venue)


@pytest.fixture
def elsewhere(boss: User) -> Resource:
    """At a venue where the manager is staff."""
    venue = make_venue(name="Theirs")
    open_always(venue)
    VenueMembership.objects.create(venue=venue, user=boss, role=Role.STAFF)
    return make_resource(venue)


@pytest.fixture
def boss(client: Client, room: Resource) -> User:
    user = make_member(room.venue, Role.MANAGER)
    client.force_login(user)
    return user


def customers(client: Client, **query: str) -> list[tuple[str, int]]:
    rows = client.get(LIST, query).context["cl"].result_list
    return [(row.customer_name, row.counted) for row in rows]


def test_each_customer_stands_there_once_with_their_bookings(
    client: Client, boss: User, room: Resource, elsewhere: Resource
) -> None:
    first = book(room, local(7, 9), customer=ADA)
    second = book(room, local(8, 9), customer=Customer(name="Ada King", email=ADA.email))
    book(room, local(9, 9), customer=CALLER)
    book(room, local(10, 9), customer=CALLER)
    Reservation.objects.filter(customer_email=CALLER.email).update(customer_email="")  # as one who phones
    hold(room, local(11, 9), customer=Customer(name="Undecided", email="perhaps@example.com"))
    away = book(elsewhere, local(7, 9), customer=ADA)
    book(elsewhere, local(8, 9), customer=Customer(name="Zoe", email="zoe@example.com"))

    assert customers(client) == [("Bob", 2), ("Ada King", 2)]
    assert customers(client, q="ada@") == [("Ada King", 2)]
    assert customers(client, q="030 87654321") == [("Bob", 2)]
    page = client.get(f"{LIST}{second.pk}/change/").content.decode()
    assert first.code in page
    assert second.code in page
    assert away.code not in page, "what is booked elsewhere is nobody's business here"
    assert client.get(f"{LIST}{away.pk}/change/").status_code == 302


def test_nothing_of_the_account_is_shown(client: Client, boss: User, room: Resource) -> None:
    account = make_user("own@example.com", first_name="Private", phone="+493011111111")
    booked = book(room, customer=Customer(account, "Ada", "ada@example.com", ""))
    for address in (LIST, f"{LIST}{booked.pk}/change/"):
        page = client.get(address).content.decode()
        assert "ada@example.com" in page
        assert "own@example.com" not in page
        assert "Private" not in page
        assert "11111111" not in page


def test_it_is_for_managers_to_look_at(client: Client, boss: User, room: Resource) -> None:
    booked = book(room, customer=ADA)
    row = f"{LIST}{booked.pk}/change/"
    assert client.post(row, {"customer_name": "Eve"}).status_code == 403
    assert client.post(f"{LIST}{booked.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.get(f"{LIST}{booked.pk}/history/").status_code == 200
    assert Reservation.objects.get().customer_name == "Ada Lovelace"
    for role in (Role.STAFF, Role.FACILITATOR):
        client.force_login(make_member(room.venue, role))
        assert client.get(LIST).status_code == client.get(row).status_code == 403
    client.force_login(make_user())
    assert client.get(LIST).status_code == 302
    client.force_login(make_user(is_staff=True, is_superuser=True))
    assert customers(client) == [("Ada Lovelace", 1)]


def test_the_list_asks_as_often_for_three_as_for_one(client: Client, boss: User, room: Resource) -> None:
    counted = []
    for number in range(3):
        book(room, local(7 + number, 9), customer=Customer(name="N", email=f"n{number}@example.com"))
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counted.append(len(queries))
    assert counted[1] == counted[2]
    assert VenueCustomer.objects.latest_of_each().count() == 3


def test_whoever_has_been_erased_is_no_customer_any_more(client: Client, boss: User, room: Resource) -> None:
    account = make_user(ADA.email)
    EmailAddress.objects.create(user=account, email=ADA.email, verified=True)
    booked = book(room, customer=ADA)
    assert customers(client) == [("Ada Lovelace", 1)]
    erase_person(person_of(account))
    for searched in ("", "Ada", ADA.email, "030 12345678"):
        assert customers(client, q=searched) == []
    assert client.get(f"{LIST}{booked.pk}/change/").status_code == 302


def test_the_latest_booking_is_shown_by_the_clock_of_its_venue(client: Client, room: Resource) -> None:
    far = make_venue(name="Attic", time_zone="America/New_York")
    open_always(far)
    booked = book(make_resource(far), customer=ADA)
    client.force_login(make_user(is_superuser=True))
    page = client.get(LIST).content.decode()
    assert f"{moment(booked.local_start)} E" in page, "EST or EDT: the page says UTC"
