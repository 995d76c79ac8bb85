"""Ways to take and return money.

``manual`` is cash, card terminal or invoice, recorded by staff. ``PAYMENT_PROVIDER`` may name the class of
one provider that moves money itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Protocol, runtime_checkable
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from payments.exceptions import PaidAtVenue, PaymentUnavailable
from payments.models import Payment


@dataclass(frozen=True, slots=True)
class PaymentOutcome:
    """``reference`` is the provider's own name for the payment.

    ``succeeded`` is None while it is not decided; ``is_open`` where that is because the customer is still at
    the checkout or has left it.
    """

    succeeded: bool | None
    reference: str = ""
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Checkout:
    """The provider's page for one charge: its name for it, and where it is."""

    reference: str
    url: str


class UnsignedHint(Exception):
    """Nobody who knows the secret has sent this."""


class Provider(Protocol):
    """Moves money, outside transactions; the same ``key`` never moves it twice.

    Each method raises ``PaymentUnavailable`` when the answer is not known.
    """

    name: str

    def charge(self, amount: Decimal, currency: str, *, token: str, key: str) -> PaymentOutcome: ...

    def refund(self, amount: Decimal, currency: str, *, reference: str, key: str) -> PaymentOutcome: ...

    def lookup(self, charge: Payment) -> PaymentOutcome | None:
        """What became of it; None when it was never received."""


@runtime_checkable
class CheckoutProvider(Provider, Protocol):
    """Has a page of its own, on which customers pay."""

    is_listening: bool
    """Whether what it reports can be told from what others send."""
    checkout_duration: timedelta
    """How long after its charge was begun a page closes."""

    def open_checkout(self, charge: Payment, *, title: str, back_url: str) -> Checkout:
        """The page for this charge, the same each time. Raises ``PaymentRefused``, too."""

    def close_checkout(self, charge: Payment) -> None:
        """Let nobody pay there any more, unless somebody has."""

    def read_hint(self, body: bytes, headers: Mapping[str, str]) -> UUID | None:
        """Which payment the report is about, None when it is none of ours. Raises ``UnsignedHint``."""


MANUAL = "manual"


def online_provider() -> Provider:
    """Raises ``PaymentUnavailable`` where none is configured."""
    if not settings.PAYMENT_PROVIDER:
        raise PaymentUnavailable
    provider: Provider = import_string(settings.PAYMENT_PROVIDER)()
    return provider


def charging_provider() -> Provider:
    """For whoever wants to pay. Raises ``PaidAtVenue``: where there is none, trying again does not help."""
    if not settings.PAYMENT_PROVIDER:
        raise PaidAtVenue
    return online_provider()


def find_checkout_provider() -> CheckoutProvider | None:
    """None where customers cannot pay on a page."""
    provider = online_provider() if settings.PAYMENT_PROVIDER else None
    return provider if isinstance(provider, CheckoutProvider) else None
