"""Ways to take and return money.

``manual`` is always there: cash, card terminal or invoice, recorded by staff. One provider that moves
money itself may be named by ``PAYMENT_PROVIDER`` (the dotted path of its class).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from payments.exceptions import PaymentUnavailable


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a provider answered; ``reference`` is its own name for the payment."""

    succeeded: bool
    reference: str = ""


class Provider(Protocol):
    """Moves money; called outside transactions. ``key`` names the payment: with it nothing happens twice.

    All three raise ``PaymentUnavailable`` when the answer is not known.
    """

    name: str

    def charge(self, amount: Decimal, currency: str, *, token: str, key: str) -> Outcome: ...

    def refund(self, amount: Decimal, currency: str, *, reference: str, key: str) -> Outcome: ...

    def lookup(self, key: str) -> Outcome | None:
        """What became of the charge or refund with this key; None when it was never received."""


MANUAL = "manual"


def online_provider() -> Provider:
    """Raises ``PaymentUnavailable`` where none is configured."""
    if not settings.PAYMENT_PROVIDER:
        raise PaymentUnavailable
    found: Provider = import_string(settings.PAYMENT_PROVIDER)()
    return found
