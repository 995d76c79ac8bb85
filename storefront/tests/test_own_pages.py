"""What customers do with their bookings: list, cancel, receipt, details, lost links."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from common.templatetags.holdfast import moment
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.enums import Status
from reservations.fee_schedule import list_fee_steps
from reservations.links import token_for
from reservations.models import Reservation
from reservations.series import Pattern, book_series
from reservations.services import record_payment
from resources.models import PriceRule, Resource
from tests.factories import at, book, hold, make_policy, make_resource, make_user, make_venue, open_always

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def page(name: str, reservation: Reservation) -> str:
    return reverse(f"reservation-{name}", args=[reservation.pk, token_for(reservation)])


@pytest.fixture
def me(client: Client) -> User:
    user = make_user("clara@example.com", first_name="Clara")
    client.force_login(user)
    return user


@pytest.fixture
def room() -> Resource:
    venue = make_venue(name="Alte Mühle", city="Berlin", street="Mühlenweg 12", postal_code="13187")
    open_always(venue)
    return make_resource(venue, name="Linden room")


def listed(client: Client, **query: Any) -> list[UUID]:
    response = client.get("/my/", query)
    assert response.status_code == 200
    return [
        row.reservation.pk for group in response.context["groups"] for row in (group.first, *group.others)
    ]


def test_upcoming_and_past(client: Client, me: User, room: Resource) -> None:
    mine = Customer.from_user(me)
    later, sooner, over = (book(room, at(days), customer=mine) for days in (9, 3, 5))
    Reservation.objects.filter(pk=over.pk).update(starts_at=at(-5), ends_at=at(-5) + timedelta(hours=1))
    dropped = book(room, at(12), customer=mine)
    client.post(page("cancel", dropped), {"version": dropped.version})
    held = hold(room, at(20), customer=mine)
    lapsed = hold(room, at(21), customer=mine)
    Reservation.objects.filter(pk=lapsed.pk).update(expires_at=at(-1))

    assert listed(client) == [sooner.pk, later.pk, held.pk]
    assert listed(client, show="past") == [dropped.pk, over.pk]
    assert client.get("/my/").context["counts"] == {"upcoming": 3, "past": 2}


def test_searching_and_narrowing_down(client: Client, me: User, room: Resource) -> None:
    other = make_resource(name="Studio")
    mine = Customer.from_user(me)
    first, second = book(room, customer=mine), book(other, customer=mine)

    assert listed(client, q=first.code.lower()) == [first.pk]
    assert listed(client, q="STUDIO") == [second.pk]
    assert listed(client, q="mühle") == [first.pk] or listed(client, q="Mühle") == [first.pk]
    assert listed(client, venue=other.venue.slug) == [second.pk]
    assert listed(client, q="nowhere") == []
    assert "No bookings found." in client.get("/my/", {"q": "nowhere"}).content.decode()


@pytest.mark.parametrize(
    "query", [{"show": "x"}, {"venue": "x"}, {"q": "\x00"}, {"q": "x" * 101}, {"venue": "\x00"}]
)
def test_odd_searches_are_refused(client: Client, me: User, query: dict[str, str]) -> None:
    assert client.get("/my/", query).status_code == 400


@pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 40, ""])
def test_odd_pages_are_the_nearest(client: Client, me: User, room: Resource, number: str) -> None:
    mine = book(room, customer=Customer.from_user(me))
    assert listed(client, page=number) == [mine.pk]


def test_the_list_costs_the_same_for_one_and_three(
    client: Client, me: User, django_assert_max_num_queries: Any
) -> None:
    def queries() -> int:
        with django_assert_max_num_queries(25) as counted:
            client.get("/my/")
        return len(counted)

    mine = Customer.from_user(me)
    for days in (7, 8):  # two places: from then on there is a choice of them
        book(make_resource(), at(days), customer=mine)
    one = queries()
    for days in (9, 10):
        book(make_resource(), at(days), customer=mine)
    assert queries() == one


def test_dates_of_a_series_stand_together(client: Client, me: User, room: Resource) -> None:
    first = at(3).astimezone(room.venue.zone)
    pattern = Pattern(
        room.venue_id,
        (ItemRequest(room.pk),),
        first.date(),
        first.time(),
        timedelta(hours=1),
        "FREQ=DAILY;COUNT=3",
    )
    book_series(pattern=pattern, customer=Customer.from_user(me), actor=Actor(me))
    book(room, at(4, 15), customer=Customer.from_user(me))

    groups = client.get("/my/").context["groups"]

    assert [(len(group.others), group.dates) for group in groups] == [(2, 3), (0, 0)]
    assert "2 more dates of this series" in client.get("/my/").content.decode()


def test_both_clocks_where_they_differ(client: Client, me: User, room: Resource) -> None:
    book(room, at(3), customer=Customer.from_user(me))
    assert "For you" not in client.get("/my/").content.decode()

    User.objects.filter(pk=me.pk).update(time_zone="Europe/Paris")  # another name, the same clock
    assert "For you" not in client.get("/my/").content.decode()

    User.objects.filter(pk=me.pk).update(time_zone="America/New_York")
    assert re.search(r"in your time zone \(New York time\)", client.get("/my/").content.decode())


def test_what_cancelling_costs_now_and_later(client: Client, room: Resource) -> None:
    room.cancellation_policy = make_policy(room.venue, (48, "100", "0"), (2, "50", "0"))
    room.save()
    mine = book(room, at(4, 10))

    steps = list_fee_steps(mine, now=at(0))

    assert [(str(each.fee), each.percent) for each in steps] == [("0.00", 0), ("12.50", 50), ("25.00", 100)]
    assert [each.until for each in steps] == [at(2, 10), at(4, 8), at(4, 10)]
    assert [str(each.fee) for each in list_fee_steps(mine, now=at(4, 8))] == ["12.50", "25.00"]
    html = client.get(page("cancel", mine)).content.decode()
    assert "€12.50 (50 %)" in html
    assert "€25.00 (full price)" in html
    free, half = (moment(step.until) for step in steps[:2])
    told = f"Free cancellation until {free}. Then 50% (€12.50) until {half}. After that"
    assert told in client.get(page("manage", mine)).content.decode()
    held = client.get(page("details", hold(room, at(5, 10)))).content.decode()
    assert held.index("Free cancellation until") < held.index('<div class="actions confirm-bar">')


def test_after_cancelling_the_money_is_explained(client: Client, room: Resource) -> None:
    room.cancellation_policy = make_policy(room.venue, (0, "40", "0"))
    room.save()
    paid, unpaid = book(room, at(3)), book(room, at(4))
    record_payment(reservation_id=paid.pk, amount=paid.total_amount, actor=Actor())

    after = client.post(page("cancel", paid), {"version": paid.version}, follow=True).content.decode()
    assert "refund €10.00" in after
    assert "The cancellation fee of €15.00" in after
    after = client.post(page("cancel", unpaid), {"version": unpaid.version}, follow=True).content.decode()
    assert "A cancellation fee of €15.00 is due" in after


def test_the_receipt_says_what_was_paid_and_returned(client: Client, room: Resource) -> None:
    room.cancellation_policy = make_policy(room.venue, (0, "40", "0"))
    room.save()
    room.venue.phone = "+493023125100"
    room.venue.save()
    mine = book(room, at(3))
    record_payment(reservation_id=mine.pk, amount=mine.total_amount, actor=Actor())
    client.post(page("cancel", mine), {"version": mine.version})

    response = client.get(page("receipt", mine))

    html = response.content.decode()
    for text in (mine.code, "Mühlenweg 12", "13187 Berlin", "Ada Lovelace", "€25.00", "−€10.00", "€15.00"):
        assert text in html
    assert "+49 30 23125100" in html
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["X-Robots-Tag"] == "noindex"


def test_a_hold_has_no_receipt(client: Client, room: Resource) -> None:
    assert client.get(page("receipt", hold(room))).status_code == 302


@pytest.mark.parametrize("name", ["receipt", "edit"])
def test_a_wrong_link_opens_nothing(client: Client, room: Resource, name: str) -> None:
    mine, other = book(room, at(3)), book(room, at(4))
    wrong = reverse(f"reservation-{name}", args=[mine.pk, token_for(other)])

    assert client.get(wrong).status_code == 404
    assert client.post(wrong, {}).status_code in (404, 405)


DETAILS = {"name": "Ada King", "email": "ada@example.com", "phone": "", "requests": "A quiet corner"}


def test_contact_and_requests_can_be_changed(client: Client, room: Resource) -> None:
    mine = book(room, at(3))
    form = DETAILS | {"party_size": 1, "version": mine.version}

    assert client.post(page("edit", mine), form).status_code == 302

    mine.refresh_from_db()
    assert (mine.customer_name, mine.requests, mine.starts_at) == ("Ada King", "A quiet corner", at(3))
    assert client.post(page("edit", mine), form | {"name": "Eve"}).status_code == 409  # of an old version


def test_another_price_is_shown_before_it_is_agreed_to(client: Client, room: Resource) -> None:
    rule = PriceRule.objects.create(venue=room.venue, name="Each", amount=Decimal(5), basis="person")
    rule.resources.add(room)
    mine = book(room, at(3))
    form = DETAILS | {"party_size": 3, "version": mine.version}

    asked = client.post(page("edit", mine), form)
    assert "new total is €40.00 (€10.00 more)" in asked.content.decode()
    assert Reservation.objects.get(pk=mine.pk).party_size == 1
    client.post(page("edit", mine), form | {"agreed": "12"})
    assert Reservation.objects.get(pk=mine.pk).party_size == 1
    client.post(page("edit", mine), form | {"agreed": "40.00"})

    mine.refresh_from_db()
    assert (mine.party_size, str(mine.total_amount), mine.requests) == (3, "40.0000", "A quiet corner")


@pytest.mark.parametrize(("people", "status"), [("0", 400), ("9", 400), ("9" * 30, 400), ("x", 400)])
def test_too_many_people_are_refused(client: Client, room: Resource, people: str, status: int) -> None:
    mine = book(room, at(3))
    form = DETAILS | {"party_size": people, "version": mine.version}

    assert client.post(page("edit", mine), form).status_code == status
    assert Reservation.objects.get(pk=mine.pk).customer_name == "Ada Lovelace"


def test_what_is_over_is_not_edited(client: Client, room: Resource) -> None:
    mine = book(room, at(3))
    Reservation.objects.filter(pk=mine.pk).update(status=Status.CANCELLED)
    assert client.get(page("edit", mine)).status_code == 302


def test_asking_for_links_is_limited(client: Client, settings: Settings) -> None:
    settings.API_RATES = {"link_guest": "2/m"}
    cache.clear()
    guess = {"email": "ada@example.com", "code": "XXXXXXXXXX"}

    statuses = [client.post("/find-my-booking/", guess).status_code for _ in range(4)]

    assert 429 in statuses
    assert "Retry-After" in client.post("/find-my-booking/", guess).headers


@pytest.mark.parametrize("given", [{}, {"email": "x", "code": "1"}, {"email": "a@b.de", "code": "\x00"}])
def test_odd_questions_for_links_are_refused(client: Client, given: dict[str, str]) -> None:
    assert client.post("/find-my-booking/", given).status_code == 400
