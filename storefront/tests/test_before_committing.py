"""What cancelling costs stands above every button that books or moves; then one page says it all."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from common.errors import Busy
from payments.models import Payment
from reservations.domain.values import Actor, Customer
from reservations.enums import Status
from reservations.models import Reservation
from reservations.services import record_payment
from resources.enums import Approval
from resources.models import Resource
from storefront.tests.page_steps import GUEST, page, post_hold
from tests.factories import (
    PASSWORD,
    at,
    book,
    hold,
    make_group,
    make_policy,
    make_resource,
    make_rules,
    make_user,
    make_venue,
    open_always,
)
from waitlist.links import entry_path
from waitlist.tests.helpers import join, offer

pytestmark = [pytest.mark.django_db, pytest.mark.once]
FEES = re.compile(r"Free cancellation until [^.]+\. After that 50% \(€12\.50\)\.")


@pytest.fixture
def room() -> Resource:
    venue = make_venue(time_zone="Europe/Berlin", city="Berlin", street="Mühlenweg 4")
    open_always(venue)
    return make_resource(
        venue, name="Blue room", cancellation_policy=make_policy(venue, (24, "100", "0"), (0, "50", "0"))
    )


def read(client: Client, address: str) -> str:
    shown: str = client.get(address).content.decode()
    return shown


def assert_before(text: str, button: str) -> None:
    found = FEES.search(text)
    assert found
    assert text.index(button, found.end())


def test_one_booking_and_several_in_the_cart(client: Client, room: Resource) -> None:
    post_hold(client, room, at(3))
    first = Reservation.objects.get()
    assert_before(read(client, page("reservation-details", first)), '<div class="actions confirm-bar">')
    post_hold(client, room, at(4))

    cart = read(client, "/cart/book/")

    assert len(FEES.findall(cart)) == 2
    assert_before(cart, "Book all 2")


def test_too_busy_for_now_brings_the_form_back(
    client: Client, room: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_values: Any) -> None:
        raise Busy

    held = hold(room, at(3))
    monkeypatch.setattr("storefront.booking.views.confirm_hold", refuse)

    led = client.post(page("reservation-details", held), GUEST, headers={"Accept": "text/html"})

    shown = client.get(led.headers["Location"], headers={"Accept": "text/html"}).content.decode()
    assert (led.status_code, 'value="Ada Lovelace"' in shown, 'data-code="busy"' in shown) == (
        303,
        True,
        True,
    )


def test_a_recurring_booking_says_it_for_each_date(client: Client, room: Resource) -> None:
    client.force_login(make_user())
    asked = f"?date={at(3).date()}&time=10:00&duration=60&party_size=1&every=day&count=2"

    shown = read(client, reverse("resource-repeat", args=[room.uuid]) + asked)

    told = shown.index("Cancellation, for each date: Full refund up to 1 day before.")
    assert shown.index("Book selected dates", told)


def test_an_offer_from_the_waitlist(client: Client, room: Resource) -> None:
    user = make_user()
    entry = join(room, customer=Customer.from_user(user), actor=Actor(user))
    offer(entry)

    assert_before(read(client, entry_path(entry)), "Confirm booking")
    client.force_login(user)
    assert_before(read(client, "/my/"), "Accept")


def test_another_time_has_its_own_deadline(client: Client, room: Resource) -> None:
    booked = book(room, at(5, 10))

    shown = read(client, f"{page('reservation-reschedule', booked)}?start={at(6, 10):%Y-%m-%dT%H:%M}Z")

    assert_before(shown, "Reschedule booking")
    until = at(5, 10).astimezone(room.venue.zone)
    assert f"Free cancellation until {until:%a, %-d %b %Y, %H:%M}. After" in shown


def test_a_booking_and_a_request_on_their_own_pages(client: Client, room: Resource) -> None:
    booked = read(client, page("reservation-manage", book(room, at(5))))
    room.rules = make_rules(room.venue, approval=Approval.MANUAL)
    room.save()
    asked = read(client, page("reservation-manage", book(room, at(6))))

    assert FEES.search(booked)
    assert "Once confirmed:" not in booked
    assert re.search(r"Once confirmed:\s*Free cancellation until", asked)


def test_the_confirmation_says_it_once_and_leads_on(client: Client, room: Resource) -> None:
    held = hold(room, at(5))

    shown = client.post(page("reservation-details", held), GUEST, follow=True).content.decode()

    assert re.search(r"<h1[^>]*>You're booked</h1>", shown)
    head = shown.split("<h1")[1].split("</section>")[0]
    for part in (
        "Blue room",
        "Mühlenweg 4",
        f"Confirmation sent to {GUEST['email']}.",
        "Directions",
        "event.ics",
    ):
        assert part in head
    assert shown.split("</main>")[0].count("button-main") == 2
    assert "toast" not in shown


def test_receipts_are_for_what_was_paid_and_tickets_for_what_is_confirmed(
    client: Client, room: Resource
) -> None:
    booked = book(room, at(5))
    assert "/receipt/" not in read(client, page("reservation-manage", booked))
    assert "<h1>Receipt" not in re.sub(r"\s+", "", read(client, page("reservation-receipt", booked)))
    record_payment(reservation_id=booked.pk, amount=booked.total_amount, actor=Actor())
    assert Payment.objects.count() == 1
    assert "/receipt/" in read(client, page("reservation-manage", booked))
    assert "<h1>Receipt" in re.sub(r"\s+", "", read(client, page("reservation-receipt", booked)))

    assert "/ticket/" in read(client, page("reservation-manage", booked))
    Reservation.objects.filter(pk=booked.pk).update(status=Status.PENDING)
    assert "/ticket/" not in read(client, page("reservation-manage", booked))
    assert client.get(page("reservation-ticket", booked)).status_code == 302


def test_a_guest_needs_a_password_alone_for_an_account(client: Client, room: Resource) -> None:
    booked = book(room, at(5), customer=Customer(None, "Ada King Lovelace", "ada@example.com"))
    shown = read(client, page("reservation-manage", booked))
    hidden: dict[str, Any] = dict(
        re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown.split('id="account"')[1])
    )
    assert hidden["next"] == page("reservation-manage", booked)

    refused = client.post(reverse("account_signup"), hidden | {"password1": "short"}).content.decode()
    client.post(reverse("account_signup"), hidden | {"password1": PASSWORD})

    assert 'value="ada@example.com"' in refused
    made = User.objects.get(email="ada@example.com")
    assert (made.first_name, made.last_name) == ("Ada King", "Lovelace")
    client.force_login(made)
    assert 'name="password1"' not in read(client, page("reservation-manage", booked))


def test_signing_up_asks_for_two_things(client: Client) -> None:
    shown = read(client, reverse("account_signup"))
    fields = re.findall(r'<input type="(?!hidden)[^"]*" name="(\w+)"', shown.split("<main")[1])
    assert fields == ["email", "password1"]


def test_a_hold_of_ones_own_leads_back_to_it(client: Client, room: Resource) -> None:
    group = make_group([room])
    post_hold(client, room, at(3))
    held = Reservation.objects.get()
    asked = f"?date={held.local_start:%Y-%m-%d}&duration=60"

    for day in (reverse("resource-day", args=[room.uuid]), reverse("group-day", args=[group.uuid])):
        shown = read(client, day + asked)
        assert f'href="{page("reservation-details", held)}"' in shown
        assert shown.count("Held for you") == 1
        assert shown.count("Overlaps your hold") in (1, 2)
        assert "Held for you" not in read(Client(), day + asked)
    released = client.post(page("reservation-release", held))
    assert released.headers["Location"] == f"{reverse('resource-day', args=[room.uuid])}{asked}&party_size=2"
    assert "Held for you" not in read(client, released.headers["Location"])


def test_another_unit_can_be_booked_beside_ones_own(client: Client, room: Resource) -> None:
    bikes = make_resource(room.venue, rules=room.rules, units=3, kind="equipment", name="Bike")
    user = make_user()
    client.force_login(user)
    hold(bikes, at(3), customer=Customer.from_user(user), actor=Actor(user))  # on another device
    day = f"{reverse('resource-day', args=[bikes.uuid])}?date={at(3).date().isoformat()}"

    shown = read(client, day)

    assert shown.count("Held for you") == 1
    assert "Book another (2 left)" in shown
    post_hold(client, bikes, at(3))
    assert "Book another (1 left)" in read(client, day)
    post_hold(client, bikes, at(3))
    assert "Book another" not in read(client, day)


def test_who_replaces_a_time_by_one_that_is_lost_keeps_it(client: Client, room: Resource) -> None:
    post_hold(client, room, at(3))
    post_hold(client, room, at(4))
    held, lost = Reservation.objects.order_by("starts_at")
    strangers = hold(room, at(5))
    client.post(page("reservation-release", lost))

    for kept in (lost.pk, strangers.pk, held.pk, "nothing"):
        answer = client.post(page("reservation-release", held), GUEST | {"keep": str(kept)}, follow=True)

        assert answer.redirect_chain[-1][0] == page("reservation-details", held)
        assert "no longer holding the other time" in answer.content.decode()
        assert f'value="{GUEST["name"]}"' in answer.content.decode()
    held.refresh_from_db()
    assert held.status == Status.HELD


def test_more_time_in_the_cart_keeps_what_was_typed(client: Client, room: Resource) -> None:
    post_hold(client, room, at(3))
    held = Reservation.objects.get()
    assert "data-countdown-more hidden" in read(client, "/cart/")

    answer = client.post(
        page("reservation-extend", held), GUEST | {"back": "cart-book", "name": "Ada Typed"}, follow=True
    )

    assert answer.redirect_chain[-1][0] == "/cart/book/"
    assert 'value="Ada Typed"' in answer.content.decode()
