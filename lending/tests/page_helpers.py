"""What tests of lending's pages share: looking at a page, and pressing a button."""

from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import User
from lending.models import Loan
from tests.factories import make_user

BROWSER = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}


def make_person() -> User:
    return make_user("ada@example.com", first_name="Ada", last_name="Lovelace")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(thing: Any) -> str:
    return reverse("lend-thing", args=[thing.venue.slug, thing.slug])


def loan_page(loan: Loan) -> str:
    return reverse("lend-loan", args=[loan.uuid])


def read(client: Client, address: str) -> str:
    answer = client.get(address, headers=BROWSER)
    assert answer.status_code == 200, address
    return " ".join(answer.content.decode().split())


def main(page: str) -> str:
    return page.split("<main")[1].split("</main>")[0]


def send(client: Client, address: str, **data: Any) -> Any:
    return client.post(address, data, headers=BROWSER)
