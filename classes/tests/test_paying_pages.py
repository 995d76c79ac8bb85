"""Passes and instalments paid by the buttons of pages, on the provider's page or at the studio."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from classes.enums import Attendance
from classes.models import Pass, PassKind
from classes.owed import list_late
from classes.policies.plans import Term
from classes.services import (
    cancel_booking,
    end_pass,
    order_pass,
    record_attendance,
    record_instalment,
    record_pass_payment,
    start_pass_checkout,
)
from classes.services.sweeping import complete_sessions
from classes.tests.helpers import STAFF, House, make_house, take
from common.clock import now
from payments.services import look_up_payment
from payments.tests.stripe_server import StripeServer, listening, stripe
from reservations.domain.values import Actor, Customer
from reservations.links import manage_path, token_for
from tests.factories import at, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
__all__ = ["listening", "stripe"]
MINE = "/my/"
PLAN = (Term(Decimal(40), days_before=30), Term(Decimal(60), days_before=5))


@pytest.fixture
def house() -> House:
    return make_house()


@pytest.fixture
def ada() -> User:
    return make_user("ada@example.com")


@pytest.fixture
def client(ada: User) -> Client:
    found = Client()
    found.force_login(ada)
    return found


@pytest.fixture
def kind(house: House) -> PassKind:
    return PassKind.objects.create(venue=house.venue, name="Ten classes", credits=10, price=Decimal(180))


def passes_of(house: House) -> str:
    return reverse("classes-passes", args=[house.venue.slug])


def buy(client: Client, house: House, kind: Any) -> Any:
    return client.post(reverse("classes-buy-pass", args=[house.venue.slug]), {"kind": kind})


def read_answer(client: Client, house: House, kind: Any) -> str:
    return client.get(buy(client, house, kind).headers["Location"]).content.decode()


def test_a_pass_is_paid_on_the_providers_page(
    stripe: StripeServer, house: House, kind: PassKind, client: Client
) -> None:
    assert passes_of(house) in client.get(reverse("classes-venue", args=[house.venue.slug])).content.decode()
    begun, again = buy(client, house, kind.pk), buy(client, house, kind.pk)
    assert (begun.status_code, begun.headers["Location"]) == (303, again.headers["Location"])
    owned = Pass.objects.get()
    pay = reverse("classes-pay-pass", args=[owned.pk])
    for page in (passes_of(house), MINE):
        assert pay in client.get(page).content.decode()
    stripe.pay(stripe.session)
    assert owned.bill
    back = client.get(reverse("payment-back", args=[owned.bill.payments.get().pk]), follow=True)
    assert back.redirect_chain[-1][0] == passes_of(house)
    text = back.content.decode()
    assert "Thank you, your payment has arrived." in text
    assert "10 of 10 left" in text
    assert "Nothing is due right now." in client.post(pay, follow=True).content.decode()


def test_where_nobody_pays_online_it_is_ordered(house: House, kind: PassKind, client: Client) -> None:
    assert "Pay for your pass at" in read_answer(client, house, kind.pk)
    assert Pass.objects.get().paid_at is None
    PassKind.objects.filter(pk=kind.pk).update(price=0)
    assert "You can use your pass now." in read_answer(client, house, kind.pk)
    PassKind.objects.filter(pk=kind.pk).update(is_active=False)
    for wrong in (kind.pk, "", "x", "²", "9" * 30, -1):
        assert "Choose one of the passes." in read_answer(client, house, wrong)
    assert Pass.objects.count() == 2


def test_only_whose_it_is_pays(house: House, kind: PassKind, client: Client, ada: User) -> None:
    ordered = order_pass(kind_id=kind.pk, customer=ada, actor=Actor(ada))
    seat = take(house.add_session(at(40), plan=PLAN, price=Decimal("99.99")), ada, pays_plan=True)
    part = seat.instalments.all()[0]
    paths = [
        reverse("classes-pay-pass", args=[ordered.pk]),
        reverse("classes-pay-instalment", args=[part.pk]),
    ]
    other = Client()
    for path in paths:
        assert other.post(path).headers["Location"].startswith("/accounts/login/")
        assert other.get(path).status_code == 405
    other.force_login(make_user())
    assert [other.post(path).status_code for path in paths] == [404, 404]
    far = reverse("classes-pay-instalment", args=[2**70])
    assert client.post(far).status_code == 404


def test_an_instalment_is_paid_from_ones_bookings(
    stripe: StripeServer, house: House, client: Client, ada: User
) -> None:
    seat = take(house.add_session(at(40), plan=PLAN, price=Decimal("99.99")), ada, pays_plan=True)
    first, second = seat.instalments.all()
    pay = reverse("classes-pay-instalment", args=[first.pk])
    assert pay in client.get(MINE).content.decode()
    assert client.post(pay).status_code == 303
    stripe.pay(stripe.session)
    seat.reservation.refresh_from_db()
    assert seat.reservation.bill
    back = client.get(reverse("payment-back", args=[seat.reservation.bill.payments.get().pk]), follow=True)
    text = back.content.decode()
    assert (pay in text, reverse("classes-pay-instalment", args=[second.pk]) in text) == (False, True)


def test_a_guest_pays_each_instalment_by_the_link_of_the_booking(stripe: StripeServer, house: House) -> None:
    guest = Customer(name="Eve", email="eve@example.com")
    session = house.add_session(at(40), plan=PLAN, price=Decimal("99.99"))
    seat, other = take(session, guest, pays_plan=True), take(session, pays_plan=True)
    client, page = Client(), manage_path(seat.reservation)
    token = token_for(seat.reservation)

    def path(number: int, of: UUID = seat.reservation.pk) -> str:
        return reverse("reservation-pay-part", args=[of, token, number])

    text = client.get(page).content.decode()
    assert (path(0) in text, path(1) in text) == (True, True)
    assert "Pay €40.00" in text
    assert "Pay €99.99 up to here" in text
    assert client.post(path(0)).status_code == 303
    stripe.pay(stripe.session)
    seat.reservation.refresh_from_db()
    assert seat.reservation.bill
    back = reverse("payment-back", args=[seat.reservation.bill.payments.get().pk])
    assert client.get(back, follow=True).redirect_chain[-1][0] == page
    # Late by then, and the class is over: it is owed all the same.
    with time_machine.travel(session.ends_at + timedelta(days=1)):
        complete_sessions(now=now())
        record_attendance(session_id=session.pk, marks={seat.pk: Attendance.PRESENT}, actor=STAFF)
        seat.reservation.refresh_from_db()
        assert seat.reservation.status == "completed"
        text = client.get(page).content.decode()
        assert (path(0) in text, path(1) in text, "Overdue" in text) == (False, True, True)
        assert "Nothing is due right now." in client.post(path(0), follow=True).content.decode()
        assert client.post(path(1)).status_code == 303
        stripe.pay(stripe.session)
    assert [client.post(path(number)).status_code for number in (2, 2**70)] == [404, 404]
    assert client.post(path(0, of=other.reservation.pk)).status_code == 404
    assert [part.status for part in other.instalments.all()] == ["open", "open"]


@pytest.mark.parametrize("end", [record_pass_payment, end_pass])
def test_nobody_pays_online_for_a_pass_that_staff_have_settled(
    stripe: StripeServer,
    house: House,
    kind: PassKind,
    ada: User,
    end: Any,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    ordered = order_pass(kind_id=kind.pk, customer=ada, actor=Actor(ada))
    start_pass_checkout(pass_id=ordered.pk, back_url=str, actor=Actor(ada))
    with django_capture_on_commit_callbacks(execute=True):
        end(pass_id=ordered.pk, actor=STAFF)
    assert stripe.session["status"] == "expired"


def test_what_was_paid_of_a_booking_that_has_ended_is_not_owed_again(house: House) -> None:
    seat = take(house.add_session(at(40), plan=PLAN, price=Decimal("99.99")), pays_plan=True)
    first = seat.instalments.all()[0]
    record_instalment(instalment_id=first.pk, actor=STAFF)
    cancel_booking(booking_id=seat.pk, actor=STAFF)
    assert {part.status for part in seat.instalments.all()} == {"cancelled"}
    with time_machine.travel(at(35)):
        assert not list_late(house.venue, now()).exists()


def test_what_is_paid_after_it_was_ended_goes_back(
    stripe: StripeServer, house: House, kind: PassKind, ada: User
) -> None:
    ordered = order_pass(kind_id=kind.pk, customer=ada, actor=Actor(ada))
    page = start_pass_checkout(pass_id=ordered.pk, back_url=str, actor=Actor(ada))
    end_pass(pass_id=ordered.pk, actor=STAFF)
    stripe.pay(stripe.session)
    look_up_payment(page.charge.pk, now=now())
    assert ordered.bill
    assert sum(payment.amount for payment in ordered.bill.payments.filter(kind="refund")) == Decimal(180)
