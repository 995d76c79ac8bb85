"""The cart: what one holds, booked together or given back."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from reservations.domain.values import Actor, Customer
from reservations.enums import Source, Status
from reservations.links import token_for
from reservations.models import Reservation
from reservations.services import renew_link
from resources.models import Question, Resource
from storefront.tests.page_steps import GUEST, code_of, expire, page, post_hold
from tests.factories import at, book, hold, make_resource, make_rules, make_user, make_venue, open_always

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CART, BOOK = "/cart/", "/cart/book/"


@pytest.fixture
def room() -> Resource:
    return make_resource(name="Blue room")


def take(client: Client, resource: Resource, days: int = 3) -> Reservation:
    """Holds through the page."""
    post_hold(client, resource, at(days))
    return Reservation.objects.latest("created_at")


def everything(*held: Reservation, **fields: Any) -> dict[str, Any]:
    return GUEST | {"hold": [str(each.pk) for each in held]} | fields


def test_an_empty_cart(client: Client) -> None:
    assert b"Your cart is empty" in client.get(CART).content
    assert client.get(BOOK).headers["Location"] == CART
    assert client.post(BOOK, GUEST).headers["Location"] == CART


def test_a_second_hold_leads_to_the_cart_with_totals_per_currency(client: Client, room: Resource) -> None:
    dollars = make_venue(currency="USD")
    open_always(dollars)
    first = take(client, room)
    second = take(client, make_resource(dollars, name="Green room"), 4)

    details = client.get(page("reservation-details", second)).content.decode()
    cart = client.get(CART)

    assert "2 times in your cart." in details
    assert [row.reservation.pk for row in cart.context["rows"]] == [first.pk, second.pk]
    assert cart.content.decode().count('class="price">') == 4
    assert [(currency, str(amount)) for currency, amount in cart.context["totals"]] == [
        ("EUR", "25.0000"),
        ("USD", "25.0000"),
    ]
    assert cart.context["cart_count"] == 2


def test_a_cart_is_its_sessions_and_its_accounts(client: Client, room: Resource) -> None:
    user = make_user()
    take(client, room)
    elsewhere = hold(room, at(4), customer=Customer.from_user(user), actor=Actor(user))
    hold(room, at(5), customer=Customer.from_user(make_user()))
    hold(room, at(6), customer=Customer.from_user(user), actor=Actor(user, Source.WAITLIST))
    stranger = Client()

    assert stranger.get(CART).context["rows"] == []
    assert len(client.get(CART).context["rows"]) == 1
    client.force_login(user)
    assert elsewhere.pk in [row.reservation.pk for row in client.get(CART).context["rows"]]
    assert len(client.get(CART).context["rows"]) == 2


def test_one_alone_is_booked_on_its_own_page(client: Client, room: Resource) -> None:
    first = take(client, room)
    alone = client.get(CART).content.decode()
    second = take(client, room, 4)
    both = client.get(CART).content.decode()

    assert alone.count(page("reservation-details", first)) == 1
    assert BOOK not in alone
    assert BOOK in both
    assert all(page("reservation-details", each) in both for each in (first, second))


def test_all_are_booked_with_one_form(client: Client, room: Resource) -> None:
    first, second = take(client, room), take(client, room, 4)

    answer = client.post(BOOK, everything(first, second, requests="Window"), follow=True)

    rows = Reservation.objects.all()
    assert {row.status for row in rows} == {Status.CONFIRMED}
    assert {row.requests for row in rows} == {"Window"}
    for row in rows:
        assert row.code in answer.content.decode()
        assert page("reservation-manage", row) in answer.content.decode()
    assert client.get(CART).context["rows"] == []
    again = client.post(BOOK, everything(first, second))  # the back button and a second click
    assert again.headers["Location"] == "/cart/booked/"
    assert [event.kind for event in first.events.all()] == ["held", "booked"]


def test_what_was_booked_here_is_not_shown_here_once_it_is_somebody_elses(
    client: Client, room: Resource
) -> None:
    """A link that was renewed, because somebody else had it or has the booking now, is renewed here, too."""
    kept, handed_on = take(client, room), take(client, room, 4)
    client.post(BOOK, everything(kept, handed_on))
    renewed = renew_link(reservation_id=handed_on.pk)

    shown = client.get("/cart/booked/").content.decode()
    client.post(BOOK, everything(handed_on))

    assert kept.code in shown
    assert handed_on.code not in shown
    assert token_for(renewed) not in shown + client.get("/cart/booked/").content.decode()


def test_one_that_is_lost_stops_all_and_is_named(client: Client, room: Resource) -> None:
    first, lost = (
        take(client, room),
        take(client, make_resource(room.venue, rules=room.rules, name="Attic"), 4),
    )
    expire(lost)
    book(lost.items.get().resource, at(4))

    refused = client.post(BOOK, everything(first, lost))

    assert (refused.status_code, code_of(refused)) == (409, "cart_refused")
    assert b"<strong>Attic</strong>" in refused.content
    assert b'value="Ada Lovelace"' in refused.content
    first.refresh_from_db()
    assert (first.status, first.customer_name) == (Status.HELD, "")
    assert client.post(BOOK, everything(first)).headers["Location"] == "/cart/booked/"


def test_questions_and_terms_of_all_are_asked_once(client: Client, room: Resource) -> None:
    other = make_resource(room.venue, rules=make_rules(room.venue))
    room.venue.terms = "Be kind."
    room.venue.save()
    general = Question.objects.create(venue=room.venue, text="First visit?", kind="yes_no", is_required=True)
    own = Question.objects.create(venue=room.venue, resource=other, text="Balls?", kind="number")
    held = take(client, room), take(client, other, 4)

    form = client.get(BOOK).content.decode()
    refused = client.post(BOOK, everything(*held, **{f"answer_{own.pk}": "many"}))
    said = {f"answer_{general.pk}": "yes", f"answer_{own.pk}": "3", "accept_terms": "on"}
    client.post(BOOK, everything(*held, **said))

    assert (form.count("First visit?"), form.count("Balls?"), form.count("Be kind.")) == (1, 1, 1)
    assert refused.status_code == 400
    assert refused.content.count(b'class="error"') == 3
    answers = [[each["answer"] for each in row.answers] for row in Reservation.objects.order_by("starts_at")]
    assert answers == [["yes"], ["yes", "3"]]


def test_only_ones_own_holds_can_be_named(client: Client, room: Resource) -> None:
    mine, foreign = take(client, room), hold(room, at(5))

    for ids in ([str(foreign.pk)], ["", "x" * 99, "0"]):
        assert client.post(BOOK, GUEST | {"hold": ids}).headers["Location"] == CART
    client.post(BOOK, everything(mine, foreign))

    foreign.refresh_from_db()
    assert foreign.status == Status.HELD
    mine.refresh_from_db()
    assert mine.status == Status.CONFIRMED


def test_one_is_taken_out(client: Client, room: Resource) -> None:
    mine = take(client, room)

    answer = client.post(page("reservation-release", mine), {"back": "cart"})

    assert answer.headers["Location"] == CART
    assert client.get(CART).context["rows"] == []


def test_what_ran_out_is_no_longer_in_the_cart(client: Client, room: Resource) -> None:
    expire(take(client, room))

    assert client.get(CART).context["rows"] == []


def test_the_cart_costs_the_same_for_one_and_three(
    client: Client, room: Resource, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def queries(address: str) -> int:
        client.get(address)
        with django_assert_max_num_queries(20) as counted:
            client.get(address)
        return len(counted)

    take(client, room)
    one = queries(CART), queries(BOOK)
    take(client, room, 4)
    take(client, room, 5)
    assert (queries(CART), queries(BOOK)) == one


def test_pages_of_visitors_who_hold_nothing_ask_nothing_for_the_count(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(1) as asked:  # which products the menu names
        assert client.get("/no-such-page/").context["cart_count"] == 0
    assert not [query for query in asked if "reservations_" in query["sql"]]


def test_links_of_the_cart_are_secret(client: Client, room: Resource) -> None:
    mine = take(client, room)
    cart = client.get(CART)

    assert token_for(mine) in cart.content.decode()
    assert "no-store" in cart.headers["Cache-Control"]
    assert reverse("cart") == CART
