"""Addresses whose domain has letters beyond ASCII: two spellings, one address, and its mail leaves."""

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import User
from common.addresses import normal_email
from notifications.channels.email import build_mail
from notifications.models import Message
from reservations.models import Reservation
from reservations.tests.api_helpers import CUSTOMER_INFO, post, wanted
from resources.models import Venue
from tests.factories import PASSWORD, make_resource
from waitlist.tests.helpers import joined

SPELLINGS = ("Info@Käse.de", "info@xn--kse-qla.de")
KEPT = "info@xn--kse-qla.de"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        *((spelling, KEPT) for spelling in SPELLINGS),
        (" Ada@Example.COM ", "ada@example.com"),
        ("a@straße.de", "a@xn--strae-oqa.de"),
        ("ada", "ada"),
        ("", ""),
        ("a@-ü-.de", "a@-ü-.de"),
    ],
)
def test_one_spelling(typed: str, kept: str) -> None:
    assert normal_email(typed) == kept


@pytest.mark.django_db
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_bookings_and_waitlist_know_one_address(client: Client, spelling: str) -> None:
    room = make_resource()
    Venue.objects.update(email="haus@käse.de")
    customer = {"customer_info": CUSTOMER_INFO | {"email": spelling}}
    assert post(client, "/api/reservations", wanted(room, **customer)).status_code == 201
    assert joined(client, room, contact_info=customer["customer_info"])
    assert Reservation.objects.get().customer_email == KEPT
    message = Message.objects.select_related("venue").filter(recipient=KEPT).first()
    assert message
    sent = build_mail(message)
    sent.send()
    assert KEPT in sent.message()["To"]
    assert sent.message()["Reply-To"] == "haus@xn--kse-qla.de"
    client.post(reverse("find-my-booking"), {"code": Reservation.objects.get().code, "email": SPELLINGS[0]})
    assert Message.objects.filter(recipient=KEPT, kind="link").exists()


@pytest.mark.django_db
def test_an_account_is_one_by_either_spelling() -> None:
    cache.clear()
    for spelling, status in zip(SPELLINGS, (201, 400), strict=True):
        answer = post(Client(), "/api/auth/register", {"email": spelling, "password": PASSWORD})
        assert answer.status_code == status
    assert User.objects.get().email == KEPT
    for spelling in SPELLINGS:
        signed_in = post(Client(), "/api/auth/login", {"login": spelling, "password": PASSWORD})
        assert signed_in.status_code == 200, spelling
        page = Client().post("/accounts/login/", {"login": spelling, "password": PASSWORD})
        assert page.status_code == 302, spelling
        mail.outbox.clear()
        post(Client(), "/api/auth/password/reset", {"email": spelling})
        assert [message.to for message in mail.outbox] == [[KEPT]], spelling
        assert "/password/reset/key/" in mail.outbox[0].body
        mail.outbox.clear()
        Client().post(reverse("account_reset_password"), {"email": spelling})
        assert "/password/reset/key/" in mail.outbox[0].body
        Client().post(reverse("account_signup"), {"email": spelling, "password1": PASSWORD})
    assert User.objects.count() == 1
