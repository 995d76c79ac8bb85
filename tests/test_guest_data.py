"""What is stored about guests: exported and erased by a link to the address, by staff, and after a time."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from accounts.services.guests import forget_guests
from common.clock import now
from notifications.models import Message
from reservations.domain.values import Customer
from reservations.enums import Status
from reservations.models import Reservation
from resources.enums import Role
from resources.models import Resource
from tests.factories import at, book, make_member, make_resource, make_user
from waitlist.models import WaitlistEntry
from waitlist.tests.helpers import join

pytestmark = pytest.mark.django_db
EMAIL = "gwendolyn@example.com"
GUEST = Customer(None, "Gwendolyn Guest", EMAIL, "+493012345678")
PHONE_ONLY = Customer(None, "Paul Phone", "paul@example.com", "+493098765432")
LIST = "/admin/reservations/venuecustomer/"


@pytest.fixture
def room() -> Resource:
    cache.clear()
    return make_resource()


def ask(client: Client, email: str = EMAIL) -> str:
    """Asks for the link; where it leads."""
    assert client.post(reverse("guest-data-ask"), {"email": email}).status_code == 200
    found = re.search(r"http://[^/]+(/\S+)", str(mail.outbox[-1].body))
    assert found
    assert mail.outbox[-1].to == [email.lower()]
    return found[1]


def over(reservation: Reservation, days: int) -> Reservation:
    ends = at(-days)
    Reservation.objects.filter(pk=reservation.pk).update(starts_at=ends - timedelta(hours=1), ends_at=ends)
    return reservation


def is_known(email: str = EMAIL) -> bool:
    rows = (Reservation, "customer_email"), (WaitlistEntry, "customer_email"), (Message, "recipient")
    return any(model.objects.filter(**{column: email}).exists() for model, column in rows)


def test_a_guest_takes_along_and_erases_what_is_theirs(client: Client, room: Resource) -> None:
    booked, other = book(room, customer=GUEST, requests="By the window"), book(room, at(8))
    join(room, customer=GUEST)
    link = ask(client, EMAIL.upper())
    found = client.get(f"{link}download/").json()
    assert [row["requests"] for row in found["bookings"]] == ["By the window"]
    assert len(found["waitlist"]) == 1
    assert "account" not in found
    page = client.get(link).content.decode()
    assert booked.code in page
    assert client.post(link, {"understood": "on"}).status_code == 409
    assert is_known()
    done = client.post(link, {"understood": "on", "cancel_bookings": "on"})
    assert booked.code in done.content.decode()
    assert not is_known()
    booked.refresh_from_db()
    other.refresh_from_db()
    assert (booked.status, booked.customer_name) == ("cancelled", "")
    assert other.customer_name
    assert User.objects.count() == 0


def test_the_link_is_the_addresss_alone(client: Client, room: Resource) -> None:
    book(room, customer=GUEST)
    link = ask(client)
    for wrong in (link[:-3] + "xx/", link.replace("/my-data/", "/my-data/x")):
        assert client.get(wrong).status_code == 401
        assert client.post(wrong, {"understood": "on", "cancel_bookings": "on"}).status_code == 401
    make_user(EMAIL)
    assert client.get(link).status_code == 401, "an account has pages of its own"
    assert ask(client) == reverse("account-data")
    assert is_known()


def test_asking_tells_nothing_and_is_limited(client: Client, room: Resource, settings: Settings) -> None:
    book(room, customer=GUEST)
    settings.API_RATES = {"link_guest": "2/h"}
    known = client.post(reverse("guest-data-ask"), {"email": EMAIL}).content.decode().replace(EMAIL, "")
    other = client.post(reverse("guest-data-ask"), {"email": "no@example.com"}).content.decode()
    new_each_time = re.compile(r'"[\w-]{64}"|data-since="\d+"')
    assert new_each_time.sub("", known) == new_each_time.sub("", other.replace("no@example.com", ""))
    assert client.post(reverse("guest-data-ask"), {"email": EMAIL}).status_code == 429


def test_no_letter_box_is_filled_through_us(settings: Settings) -> None:
    """By one who asks from many addresses: the answer stays the same, the mails end."""
    settings.API_RATES = {"data_link": "2/d"}
    asked = [
        Client(REMOTE_ADDR=f"192.0.2.{number}").post(
            reverse("guest-data-ask"), {"email": "Victim@example.com"}
        )
        for number in range(4)
    ]
    assert {answer.status_code for answer in asked} == {200}
    assert [message.to for message in mail.outbox] == [["victim@example.com"]] * 2


def test_guests_are_forgotten_after_a_time(room: Resource, settings: Settings) -> None:
    forgotten = over(book(room, customer=GUEST), 400)
    Reservation.objects.filter(pk=forgotten.pk).update(status=Status.CHECKED_IN)  # and left unseen
    assert forget_guests(now=now()) == 0, "unless the setting says so"
    settings.GUEST_DATA_DAYS = 365
    recent = Customer(None, "Rita Recent", "rita@example.com", "")
    over(book(room, at(8), customer=recent), 400)
    book(room, at(9), customer=recent)
    account = make_user("kept@example.com")
    over(book(room, at(10), customer=Customer(None, "Kept", account.email, "")), 400)
    by_phone = over(book(room, at(11), customer=PHONE_ONLY), 400)
    Reservation.objects.filter(pk=by_phone.pk).update(customer_email="")
    assert forget_guests(now=now()) == 2
    by_phone.refresh_from_db()
    assert (by_phone.customer_name, str(by_phone.customer_phone or "")) == ("", "")
    assert [is_known(email) for email in (EMAIL, "rita@example.com", account.email)] == [False, True, True]
    assert forget_guests(now=now()) == 0


def test_managers_do_it_for_their_own_venue(client: Client, room: Resource) -> None:
    elsewhere = make_resource()
    here, there = over(book(room, customer=GUEST), 3), over(book(elsewhere, customer=GUEST), 3)
    by_phone = over(book(room, at(19), customer=PHONE_ONLY), 3)
    Reservation.objects.filter(pk=by_phone.pk).update(customer_email="")
    coming = book(room, at(20), customer=Customer(None, "Carl Coming", "carl@example.com", ""))
    owner = make_user("own@example.com")
    owned = over(book(room, at(21), customer=Customer.from_user(owner)), 3)
    client.force_login(make_member(room.venue, Role.MANAGER))
    chosen = {"_selected_action": [str(here.pk)]}
    document = client.post(LIST, {"action": "download", **chosen}).json()
    assert [row["venue"] for row in document["bookings"]] == [room.venue.name]
    everybody = {"_selected_action": [str(row.pk) for row in (here, there, coming, owned, by_phone)]}
    asked = client.post(LIST, {"action": "erase", **everybody})
    assert EMAIL in asked.content.decode()
    client.post(LIST, {"action": "erase", "confirmed": "yes", **everybody})
    names = {row.pk: row.customer_name for row in Reservation.objects.all()}
    kept = [bool(names[row.pk]) for row in (here, there, coming, owned, by_phone)]
    assert kept == [False, True, True, True, False]
    assert not Message.objects.filter(recipient=EMAIL, venue=room.venue).exists()
    client.force_login(make_member(room.venue, Role.STAFF))
    assert client.post(LIST, {"action": "download", **chosen}).status_code == 403
