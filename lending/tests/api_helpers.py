"""What the tests of lending's API share."""

from typing import Any

from django.test import Client

from lending.models import Loan
from reservations.tests.api_helpers import post

THINGS, LOANS = "/api/lending/things", "/api/lending/loans"


def step(client: Client, loan: Loan | str, name: str, **body: Any) -> Any:
    return post(client, f"{LOANS}/{getattr(loan, 'uuid', loan)}/{name}", body)
