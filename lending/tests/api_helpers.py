"""What the tests of lending's API share."""

from typing import Any

from django.test import Client

from accounts.models import User
from lending.models import Loan
from reservations.tests.api_helpers import post

THINGS, LOANS = "/api/lending/things", "/api/lending/loans"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def patch(client: Client, address: str, body: Any, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.patch(address, body, content_type="application/json", headers=named)


def step(client: Client, loan: Loan | str, name: str, **body: Any) -> Any:
    return post(client, f"{LOANS}/{getattr(loan, 'uuid', loan)}/{name}", body)
