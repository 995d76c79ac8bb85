"""Ways to take and return money.

``manual`` is cash, card terminal or invoice, recorded by staff. ``PAYMENT_PROVIDER`` may name the class of
one provider that moves money itself.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from payments.exceptions import PaymentUnavailable


@dataclass(frozen=True, slots=True)
class PaymentOutcome:
    """``reference`` is the provider's own name for the payment."""

    succeeded: bool
    reference: str = ""


class Provider(Protocol):
    """Moves money, outside transactions; the same ``key`` never moves it twice.

    Each method raises ``PaymentUnavailable`` when the answer is not known.
    """

    name: str

    def charge(self, amount: Decimal, currency: str, *, token: str, key: str) -> PaymentOutcome: ...

    def refund(self, amount: Decimal, currency: str, *, reference: str, key: str) -> PaymentOutcome: ...

    def lookup(self, key: str) -> PaymentOutcome | None:
        """What became of the payment with this key; None when it was never received."""


MANUAL = "manual"


def online_provider() -> Provider:
    """Raises ``PaymentUnavailable`` where none is configured."""
    if not settings.PAYMENT_PROVIDER:
        raise PaymentUnavailable
    provider: Provider = import_string(settings.PAYMENT_PROVIDER)()
    return provider
