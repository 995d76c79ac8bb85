from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from common.errors import InvalidInput, UnknownAction
from common.forms import AccessibleForm
from common.keys import uuid7
from payments.selectors import returnable_amount
from reservations.domain.values import Actor
from reservations.models import Reservation
from reservations.selectors import payment_summary, payments_of
from reservations.services import record_payment, refund_payment


class MoneyForm(AccessibleForm):
    """What staff took or return; sent twice, it counts once."""

    amount = forms.DecimalField(label=_("Amount"), max_digits=12, decimal_places=4, localize=True)
    note = forms.CharField(label=_("Note (optional)"), required=False, max_length=200)
    key = forms.UUIDField(widget=forms.HiddenInput)


def offer_money_forms(reservation: Reservation) -> dict[str, Any]:
    """A form for what is due and one for what can be returned, where there is any."""
    payment = payment_summary(reservation)
    returnable = returnable_amount(payments_of(reservation))
    return {
        "payment": payment,
        "pay_form": _offer(payment.due, "pay"),
        "refund_form": _offer(payment.credit or returnable, "refund") if returnable else None,
    }


def _offer(amount: Decimal, name: str) -> MoneyForm | None:
    initial = {"amount": amount, "key": uuid7()}
    return MoneyForm(initial=initial, auto_id=f"{name}_%s") if amount else None


def settle_by_hand(data: Any, *, action: str, reservation_id: UUID, actor: Actor) -> None:
    """``pay`` or ``refund``, else ``UnknownAction``. Raises ``InvalidInput`` with the sentence to show."""
    services: dict[str, Callable[..., object]] = {"pay": record_payment, "refund": refund_payment}
    if action not in services:
        raise UnknownAction
    form = MoneyForm(data)
    if not form.is_valid():
        raise InvalidInput(" ".join(str(text) for texts in form.errors.values() for text in texts))
    try:
        services[action](reservation_id=reservation_id, actor=actor, **form.cleaned_data)
    except InvalidInput as error:
        texts = next(iter(error.fields.values()))
        raise InvalidInput(texts[0], fields=error.fields) from error
