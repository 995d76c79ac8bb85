"""Paying online, in races: one page, one charge, whoever clicks, reports or cancels at the same moment."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.test import Client

from payments.models import Payment
from payments.signals import payments_recorded
from payments.tests.stripe_server import StripeServer, listening, stripe
from reservations.enums import Status
from reservations.links import manage_path
from reservations.models import Reservation
from reservations.services import expire_unpaid
from reservations.tests.api_helpers import post
from storefront.tests.paying import come_back, mine, press_pay, room, send_report
from tests.factories import payments_for
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["listening", "mine", "room", "stripe"]


def token_of(reservation: Reservation) -> str:
    return manage_path(reservation).rstrip("/").rsplit("/", 1)[1]


def test_two_clicks_at_once_lead_to_one_page(stripe: StripeServer, mine: Reservation) -> None:
    """The first is being answered when the second asks."""
    stripe.faults = ["busy"]
    answers: list[Any] = race(2, lambda _: press_pay(Client(), mine))

    assert stripe.asked_again.is_set()
    assert [(each.status_code, each.headers["Location"]) for each in answers] == [
        (303, stripe.session["url"])
    ] * 2
    assert (len(stripe.sessions), payments_for(mine).count()) == (1, 1)


def test_a_page_and_a_token_never_charge_twice(stripe: StripeServer, mine: Reservation) -> None:
    token = {"X_Reservation_Token": token_of(mine)}

    def pay(number: int) -> int:
        if number % 2:
            return int(press_pay(Client(), mine).status_code)
        body = {"payment": {"token": "pm_good"}}
        address = f"/api/reservations/{mine.pk}/confirm"
        return int(post(Client(), address, body, **token).status_code)

    answers = race(6, pay)

    assert {answer for answer in answers if not isinstance(answer, int)} == set()
    for session in stripe.sessions.values():
        if session["status"] == "open":
            stripe.pay(session)
            send_report(stripe)
    mine.refresh_from_db()
    assert (mine.status, stripe.balance) == (Status.CONFIRMED, 1000)
    assert payments_for(mine).filter(status="succeeded").count() == 1


@pytest.fixture
def told() -> Iterator[list[str]]:
    """What became of payments, as often as it was told."""
    heard: list[str] = []

    def listen(*, payments: Sequence[Payment], **kwargs: object) -> None:
        heard.extend(each.status for each in payments)

    payments_recorded.connect(listen)
    yield heard
    payments_recorded.disconnect(listen)


def test_report_return_and_expiry_settle_once(
    stripe: StripeServer, mine: Reservation, told: list[str]
) -> None:
    client = Client()
    press_pay(client, mine)
    stripe.pay(stripe.session)
    late = mine.created_at.replace(year=mine.created_at.year + 1)
    rivals: list[Callable[[], object]] = [
        *(lambda: send_report(stripe),) * 2,
        lambda: come_back(client, stripe),
        lambda: expire_unpaid(now=late),
    ]

    answers = race(len(rivals), lambda number: rivals[number]())

    assert [answer for answer in answers if isinstance(answer, BaseException)] == []
    mine.refresh_from_db()
    assert (mine.status, stripe.balance) == (Status.CONFIRMED, 1000)
    assert mine.events.filter(kind="confirmed").count() == 1
    assert told == ["succeeded"]


def test_paid_while_it_is_cancelled_comes_back(stripe: StripeServer, mine: Reservation) -> None:
    press_pay(Client(), mine)
    stripe.pay(stripe.session)
    token = {"X_Reservation_Token": token_of(mine)}

    def rival(number: int) -> int:
        if number:
            return send_report(stripe)
        return int(post(Client(), f"/api/reservations/{mine.pk}/cancel", **token).status_code)

    assert race(2, rival) == [200, 200]

    mine.refresh_from_db()
    assert (mine.status, stripe.balance) == (Status.CANCELLED, 0)
