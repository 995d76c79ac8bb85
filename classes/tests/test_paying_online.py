"""Instalments and passes by the provider: with a token, on its own page, and when its answer is lost."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from pytest_django import Settings

from classes import services
from classes.models import Pass, PassKind, SeatBooking
from classes.policies.plans import Term
from classes.tests.helpers import House, make_house, take
from common.clock import now
from payments.exceptions import NothingDue, PaymentRefused, PaymentUnavailable
from payments.services import look_up_payment
from payments.tests.fake_provider import FakeProvider
from payments.tests.stripe_server import StripeServer, listening, stripe
from reservations.domain.values import Actor
from tests.factories import at, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
__all__ = ["listening", "stripe"]
PLAN = (Term(Decimal(40), days_before=30), Term(Decimal(60), days_before=5))


@pytest.fixture
def fake(settings: Settings) -> Iterator[None]:
    settings.PAYMENT_PROVIDER = "payments.tests.fake_provider.FakeProvider"
    FakeProvider.moved.clear()
    yield
    FakeProvider.moved.clear()


def plan_seat(house: House) -> SeatBooking:
    return take(house.add_session(at(40), plan=PLAN, price=Decimal("99.99")), pays_plan=True)


def buy(house: House) -> Pass:
    kind = PassKind.objects.create(venue=house.venue, name="Five", credits=5, price=Decimal("50.01"))
    user = make_user()
    return services.sell_pass(kind_id=kind.pk, customer=user, actor=Actor(user))


def states(seat: SeatBooking) -> list[str]:
    return [part.status for part in seat.instalments.all()]


def test_with_a_token(fake: None) -> None:
    house = make_house()
    seat, sold = plan_seat(house), buy(house)
    first, second = seat.instalments.all()
    with pytest.raises(PaymentRefused):
        services.pay_instalment(instalment_id=first.pk, token="bad", actor=Actor())
    assert states(seat) == ["open", "open"]
    paid = services.pay_instalment(instalment_id=first.pk, token="good", actor=Actor())
    assert (paid.amount, states(seat)) == (Decimal("40.00"), ["paid", "open"])
    with pytest.raises(NothingDue):
        services.pay_instalment(instalment_id=first.pk, token="good", actor=Actor())
    rest = services.pay_instalment(instalment_id=second.pk, token="good", actor=Actor())
    assert rest.amount == Decimal("59.99")
    assert states(seat) == ["paid", "paid"]
    # The answer is lost: what became of it is looked up, and the pass is good then.
    with pytest.raises(PaymentUnavailable):
        services.pay_pass(pass_id=sold.pk, token="lost", actor=Actor())
    assert Pass.objects.get().paid_at is None
    charge = Pass.objects.get().bill.payments.get()  # type: ignore[union-attr]
    look_up_payment(charge.pk, now=now() + timedelta(minutes=6))
    assert Pass.objects.get().paid_at is not None
    with pytest.raises(NothingDue):
        services.pay_pass(pass_id=sold.pk, token="good", actor=Actor())


def test_on_the_providers_page(stripe: StripeServer) -> None:
    house = make_house()
    seat, sold = plan_seat(house), buy(house)
    first = seat.instalments.first()
    assert first is not None

    def back(payment_id: object) -> str:
        return f"https://us.example/{payment_id}"

    opened = services.start_instalment_checkout(instalment_id=first.pk, back_url=back, actor=Actor())
    again = services.start_instalment_checkout(instalment_id=first.pk, back_url=back, actor=Actor())
    assert (opened.url, opened.charge.amount) == (again.url, Decimal("40.00"))
    stripe.pay(stripe.session)
    look_up_payment(opened.charge.pk, now=now())
    assert states(seat) == ["paid", "open"]
    page = services.start_pass_checkout(pass_id=sold.pk, back_url=back, actor=Actor())
    stripe.pay(stripe.session)
    look_up_payment(page.charge.pk, now=now())
    assert Pass.objects.get().paid_at is not None
