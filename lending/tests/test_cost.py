"""What asking and giving back cost, in statements: the same however many wait."""

import os
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lending import services
from lending.models import Loan
from lending.tests.helpers import NOBODY, ask, make_thing
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LOCK = 2 * (connection.vendor == "postgresql")
"""PostgreSQL locks the rows of leaves, and then reads the stamp, by statements of their own."""
CONTROL = re.compile(r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b")


def count(act: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        act()
    found = [query["sql"] for query in captured if not CONTROL.match(query["sql"])]
    if os.environ.get("SHOW_STATEMENTS"):
        for number, sql in enumerate(found, 1):
            print(number, re.sub(r"SELECT .{60,}? FROM", "SELECT … FROM", sql)[:200])
    return len(found)


def give_back(loan: Loan) -> int:
    return count(lambda: services.return_loan(loan_id=loan.uuid, actor=NOBODY))


def test_statements() -> None:
    thing = make_thing()
    first, second = make_user(), make_user()
    give_back(ask(thing))
    assert count(lambda: ask(thing, first)) <= 15 + LOCK  # given at once: a booking and the loan
    assert count(lambda: ask(thing, second)) <= 13 + LOCK  # waits
    assert give_back(Loan.objects.get(borrower=first)) <= 26 + LOCK  # and the next is served
    assert give_back(Loan.objects.get(borrower=second)) <= 15 + LOCK


def test_a_long_queue_costs_no_more() -> None:
    def release(waiting: int) -> int:
        thing = make_thing()
        out = ask(thing)
        for _ in range(waiting):
            ask(thing)
        return give_back(out)

    assert release(3) == release(60)
