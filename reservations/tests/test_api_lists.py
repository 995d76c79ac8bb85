"""The list of reservations, one's own, and what both cost."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from reservations.domain.values import Actor, Customer
from reservations.models import Reservation
from reservations.services import cancel_reservation
from resources.enums import ResourceKind
from resources.models import Feature, Resource
from tests.factories import at, book, hold, make_member, make_resource, make_user, make_venue, open_always

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Resource:
    return make_resource()


@pytest.fixture
def staff(room: Resource) -> User:
    return make_member(room.venue)


def codes(client: Client, query: str = "") -> list[str]:
    answer = client.get(f"/api/reservations{query}")
    assert answer.status_code == 200, answer.content
    return [row["code"] for row in answer.json()["results"]]


@pytest.mark.once
def test_guests_are_told_to_sign_in(client: Client) -> None:
    for address in ("/api/reservations", "/api/reservations/my", "/api/reservations/my/"):
        answer = client.get(address)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_everybody_sees_their_own_and_staff_the_venues(client: Client, room: Resource, staff: User) -> None:
    customer = make_user()
    mine = book(room, at(7, 10), customer=Customer.from_user(customer))
    others = book(room, at(7, 12))
    elsewhere = book(make_resource(), at(7, 12))

    client.force_login(customer)
    assert codes(client) == [mine.code]
    client.force_login(staff)
    assert codes(client) == [mine.code, others.code]
    client.force_login(make_user(is_superuser=True))
    assert set(codes(client)) == {mine.code, others.code, elsewhere.code}


def test_filters(client: Client, room: Resource, staff: User) -> None:
    customer = make_user(first_name="Grace", last_name="Hopper")
    table = make_resource(room.venue, rules=room.rules, kind=ResourceKind.TABLE, capacity=2)
    table.features.add(Feature.objects.create(venue=room.venue, name="Window", slug="window"))
    first = book(room, at(7, 10), customer=Customer.from_user(customer))
    second = book(table, at(8, 10), party_size=2)
    cancel_reservation(reservation_id=second.pk, actor=Actor())
    third = book(table, at(9, 10))
    client.force_login(staff)
    day = f"{first.local_start:%Y-%m-%d}"

    expected = {
        f"date={day}": [first],
        f"date_from={third.local_start:%Y-%m-%d}": [third],
        f"start_date={second.local_start:%Y-%m-%d}&end_date={second.local_start:%Y-%m-%d}": [second],
        "status=cancelled": [second],
        "status=cancelled,confirmed": [first, second, third],
        f"resource_id={table.uuid}": [second, third],
        f"resource_id={table.slug},{room.slug}": [first, second, third],
        f"venue={room.venue.slug}": [first, second, third],
        f"venue={make_venue().uuid}": [],
        f"user={customer.pk}": [first],
        f"user_id={customer.email.upper()}": [first],
        "kind=table": [second, third],
        "type=room": [first],
        "features=window": [second, third],
        "capacity=3": [first],
        "q=hopp": [first],
        f"q={third.code.lower()[:6]}": [third],
        f"code={third.code.lower()}": [third],
        "upcoming=true": [first, second, third],
        "upcoming=false": [],
        "source=staff": [],
        "purpose=booking": [first, second, third],
        f"starts_before={at(8, 10).isoformat().replace('+00:00', 'Z')}": [first],
        f"ends_after={at(8, 12).isoformat().replace('+00:00', 'Z')}": [third],
    }
    for query, rows in expected.items():
        assert codes(client, f"?{query}") == [row.code for row in rows], query


@pytest.mark.once
@pytest.mark.parametrize(
    "query",
    [
        "date=tomorrow",
        "date=2027-02-30",
        "date_from=1999-01-01",
        "status=lost",
        "kind=spaceship",
        "user_id=me",
        "upcoming=perhaps",
        "ordering=secret",
        "series_id=1",
        "capacity=-1",
        "starts_before=2027-01-01",
        "page=0",
        "resource_id=" + ",".join(f"r{number}" for number in range(51)),
    ],
)
def test_nonsense_is_refused(client: Client, staff: User, query: str) -> None:
    client.force_login(staff)
    answer = client.get(f"/api/reservations?{query}")
    assert answer.status_code == 400, answer.content


def test_sorting_is_stable(client: Client, room: Resource, staff: User) -> None:
    other = make_resource(room.venue, rules=room.rules)
    late = book(room, at(9, 10), minutes=120)
    early = book(room, at(7, 10))
    same = book(other, at(7, 10))
    client.force_login(staff)

    tied = [row.code for row in sorted((early, same), key=lambda row: row.pk.hex)]
    assert codes(client) == [*tied, late.code]
    assert codes(client, "?ordering=-date")[0] == late.code
    assert codes(client, "?ordering=created_at") == [late.code, early.code, same.code]
    assert codes(client, "?ordering=-price")[0] == late.code
    assert codes(client, "?ordering=status") == [*tied, late.code], "those of one status by date"
    assert codes(client, "?ordering=-status") == [late.code, *tied]


def test_pages(client: Client, room: Resource, staff: User) -> None:
    made = [book(room, at(7 + day, 10)) for day in range(3)]
    client.force_login(staff)

    first = client.get("/api/reservations?page_size=2").json()
    second = client.get(first["next"]).json()

    assert first["count"] == 3
    assert [row["code"] for row in first["results"] + second["results"]] == [row.code for row in made]
    assert (first["previous"], second["next"]) == (None, None)


def test_what_is_worked_out_for_each_is_asked_for(client: Client, room: Resource, staff: User) -> None:
    client.force_login(staff)
    booked = book(room, at(7, 10))
    whole = client.get(f"/api/reservations/{booked.pk}").json()

    (short,) = client.get("/api/reservations").json()["results"]
    (some,) = client.get("/api/reservations", {"expand": "payment, allowed_actions"}).json()["results"]

    worked_out = {"payment", "cancellation_preview", "allowed_actions"}
    assert short == {name: value for name, value in whole.items() if name not in worked_out}
    assert some == {name: value for name, value in whole.items() if name != "cancellation_preview"}
    assert client.get("/api/reservations", {"expand": "everything"}).status_code == 400


def test_my_reservations(client: Client, room: Resource) -> None:
    customer = make_user()
    soon = book(room, at(7, 10), customer=Customer.from_user(customer))
    later = book(room, at(9, 10), customer=Customer.from_user(customer))
    past = book(room, at(10, 10), customer=Customer.from_user(customer))
    Reservation.objects.filter(pk=past.pk).update(starts_at=at(-2, 10), ends_at=at(-2, 11))
    book(room, at(11, 10))
    called_off = book(room, at(12, 10), customer=Customer.from_user(customer))
    cancel_reservation(reservation_id=called_off.pk, actor=Actor(customer))
    hold(room, at(13, 10), customer=Customer.from_user(customer))
    client.force_login(customer)

    mine = client.get("/api/reservations/my").json()

    assert [row["code"] for row in mine["upcoming"]] == [soon.code, later.code]
    assert [row["code"] for row in mine["past"]] == [called_off.code, past.code]
    assert (mine["upcoming_count"], mine["past_count"]) == (2, 2)
    assert mine["upcoming"][0]["allowed_actions"] == ["cancel", "reschedule"]
    assert client.get("/api/reservations/my?limit=1").json()["upcoming_count"] == 2
    assert client.get("/api/reservations/my?limit=0").status_code == 400


@pytest.mark.parametrize("address", ["/api/reservations", "/api/reservations/my"])
def test_the_number_of_queries_is_constant(
    client: Client, room: Resource, address: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    customer = make_user()
    book(room, at(7, 10), customer=Customer.from_user(customer))
    client.force_login(customer)
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for day in range(3):
        other = make_resource()
        open_always(other.venue, other)
        book(other, at(8 + day, 10), customer=Customer.from_user(customer))
    with django_assert_num_queries(len(one)):
        assert str(client.get(address).content).count("confirmation_code") == 4


def test_cross_zone_dates_are_each_venues_own(client: Client) -> None:
    customer = make_user()
    auckland, honolulu = (
        make_resource(make_venue(time_zone=zone)) for zone in ("Pacific/Auckland", "Pacific/Honolulu")
    )
    for each in (auckland, honolulu):
        open_always(each.venue)
    start = at(7, 11)  # around midnight in Auckland, in the small hours in Honolulu
    there, here = (book(each, start, customer=Customer.from_user(customer)) for each in (auckland, honolulu))
    client.force_login(customer)

    for row in (there, here):
        same_day = [r.code for r in (there, here) if r.local_start.date() == row.local_start.date()]
        assert set(codes(client, f"?date={row.local_start:%Y-%m-%d}")) == set(same_day)


@pytest.mark.once
def test_the_list_of_everything_is_read_in_its_order_not_sorted() -> None:
    """A page of a million reservations takes an index's first rows; as SQLite's plan says it."""
    plan = Reservation.objects.order_by("starts_at", "id")[:50].explain()
    assert "reservation_by_start" in plan
    assert "TEMP B-TREE" not in plan
