"""A booking whose deposit is missing, and what its customer does about it on the pages."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from payments.tests.stripe_server import StripeServer, report, sign
from reservations.links import manage_path, token_for
from reservations.models import Reservation
from reservations.tests.depositing import room as room
from resources.models import Resource
from tests.factories import at, book


@pytest.fixture
def mine(room: Resource) -> Reservation:
    return book(room, at(7, 10))


def press_pay(client: Client, reservation: Reservation) -> Any:
    return client.post(reverse("reservation-pay", args=[reservation.pk, token_for(reservation)]))


def show(client: Client, reservation: Reservation) -> str:
    return client.get(manage_path(reservation)).content.decode()


def come_back(client: Client, stripe: StripeServer) -> str:
    answer = client.get(urlsplit(stripe.session["success_url"]).path, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def status_of(reservation: Reservation) -> str:
    reservation.refresh_from_db()
    return reservation.status


def send_report(stripe: StripeServer) -> int:
    body = report(stripe.session)
    signature = {"Stripe-Signature": sign(body)}
    return Client().post(reverse("payment-report"), body, "application/json", headers=signature).status_code
