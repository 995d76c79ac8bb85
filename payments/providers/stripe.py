"""Stripe: a hosted checkout for customers, PaymentIntents for the API's tokens, refunds.

Nothing here is decided by what arrives: every answer is read from Stripe. The package is large, so it is
imported with the first request to Stripe.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from http.client import CONFLICT
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings

from payments.exceptions import PaymentRefused, PaymentUnavailable
from payments.models import Payment
from payments.providers import Checkout, PaymentOutcome, UnsignedHint

if TYPE_CHECKING:
    import stripe
    from stripe.params.checkout import SessionCreateParams

logger = logging.getLogger(__name__)
SECONDS = 10.0
"""For one request, however slowly its answer trickles."""
CHECKOUT_OPEN = timedelta(minutes=40)
"""Stripe takes no less than 30 minutes, also where a lost answer is asked for again a little later."""
OURS = "holdfast_payment"
"""The key of our id in the metadata of everything that we make there."""
PAGE = 100

# Stripe's own list, which is not that of ISO 4217 or of the currencies' users:
# ISK and UGX, among others, are written with two decimals there.
WITHOUT_DECIMALS = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()  # noqa: SIM905
)
WITH_THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


def count_minor_units(amount: Decimal, currency: str) -> int:
    """1250 for 12.50 EUR, 1250 for 1250 JPY. Raises ``PaymentRefused`` for what cannot be said exactly."""
    decimals = 0 if currency in WITHOUT_DECIMALS else 3 if currency in WITH_THREE_DECIMALS else 2
    units = amount.scaleb(decimals)
    if units != units.to_integral_value():
        raise PaymentRefused
    return int(units)


class StripeProvider:
    name = "stripe"
    checkout_duration = CHECKOUT_OPEN

    @property
    def is_listening(self) -> bool:
        return bool(settings.STRIPE_WEBHOOK_SECRET)

    def open_checkout(self, charge: Payment, *, title: str, back_url: str) -> Checkout:
        params = _describe_checkout(charge, title, back_url)
        with _answers() as client, _refusals():
            session = _create_session(client, params, str(charge.pk))
        return Checkout(session.id, session.url or "")

    def close_checkout(self, charge: Payment) -> None:
        import stripe

        with _answers() as client:
            try:
                client.v1.checkout.sessions.expire(charge.checkout_reference)
            except stripe.InvalidRequestError:
                return  # paid or expired already: the look-up says which

    def charge(self, amount: Decimal, currency: str, *, token: str, key: str) -> PaymentOutcome:
        import stripe

        with _answers() as client:
            try:
                intent = client.v1.payment_intents.create(
                    {
                        "amount": count_minor_units(amount, currency),
                        "currency": currency.lower(),
                        "payment_method": token,
                        "confirm": True,
                        # Nobody sits in front of a page to which the bank could send them.
                        "error_on_requires_action": True,
                        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                        "metadata": {OURS: key},
                    },
                    {"idempotency_key": key},
                )
            except (stripe.CardError, stripe.InvalidRequestError):
                return PaymentOutcome(succeeded=False)
        return _outcome_of_intent(intent)

    def refund(self, amount: Decimal, currency: str, *, reference: str, key: str) -> PaymentOutcome:
        import stripe

        units = count_minor_units(amount, currency)
        with _answers() as client:
            # Idempotency keys are forgotten after a day, what was made with them is not.
            made = client.v1.refunds.list({"payment_intent": reference, "limit": PAGE})
            for refund in made.auto_paging_iter():
                if _is_ours(refund, key):
                    return _outcome_of_refund(refund)
            try:
                refund = client.v1.refunds.create(
                    {"payment_intent": reference, "amount": units, "metadata": {OURS: key}},
                    {"idempotency_key": key},
                )
            except stripe.InvalidRequestError as error:
                logger.error("Stripe refuses refund %s: %s.", key, error.code)
                return PaymentOutcome(succeeded=False)
        return _outcome_of_refund(refund)

    def lookup(self, charge: Payment) -> PaymentOutcome | None:
        if charge.is_hosted:
            # Without a reference nobody was ever shown the page: nobody can have paid there.
            return self._look_up_checkout(charge) if charge.checkout_reference else None
        # A list is never behind, as a search may be by minutes.
        since = int((charge.created_at - timedelta(minutes=5)).timestamp())
        until = int((charge.created_at + timedelta(minutes=15)).timestamp())
        with _answers() as client:
            intents = client.v1.payment_intents.list({"created": {"gte": since, "lte": until}, "limit": PAGE})
            for intent in intents.auto_paging_iter():
                if _is_ours(intent, str(charge.pk)):
                    return _outcome_of_intent(intent)
        return None

    def _look_up_checkout(self, charge: Payment) -> PaymentOutcome:
        with _answers() as client:
            session = client.v1.checkout.sessions.retrieve(
                charge.checkout_reference, {"expand": ["payment_intent"]}
            )
        return _outcome_of_session(session)

    def read_hint(self, body: bytes, headers: Mapping[str, str]) -> UUID | None:
        import stripe

        try:
            stripe.WebhookSignature.verify_header(
                body, headers.get("Stripe-Signature", ""), settings.STRIPE_WEBHOOK_SECRET, tolerance=300
            )
            event = stripe.Webhook.construct_event_without_verification(body)
        except (stripe.SignatureVerificationError, ValueError, AttributeError) as error:
            raise UnsignedHint from error
        return _read_our_id(event.to_dict())


def _create_session(
    client: "stripe.StripeClient", params: "SessionCreateParams", key: str
) -> "stripe.checkout.Session":
    import stripe

    give_up_at = time.monotonic() + SECONDS
    while True:
        try:
            return client.v1.checkout.sessions.create(params, {"idempotency_key": key})
        except stripe.StripeError as error:
            # Another click is being answered at this moment, and its page is ours, too.
            if error.http_status != CONFLICT or time.monotonic() > give_up_at:
                raise
        time.sleep(0.2)


def _describe_checkout(charge: Payment, title: str, back_url: str) -> "SessionCreateParams":
    ours = {OURS: str(charge.pk)}
    return {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": charge.currency.lower(),
                    "unit_amount": count_minor_units(charge.amount, charge.currency),
                    "product_data": {"name": title},
                },
            }
        ],
        "client_reference_id": str(charge.pk),
        "metadata": ours,
        "payment_intent_data": {"metadata": ours},
        # What is shown here is what is paid there, and what goes back.
        "adaptive_pricing": {"enabled": False},
        "expires_at": int((charge.created_at + CHECKOUT_OPEN).timestamp()),
        "success_url": back_url,
        "cancel_url": back_url,
    }


def _outcome_of_session(session: "stripe.checkout.Session") -> PaymentOutcome:
    intent: Any = session.payment_intent
    reference = intent.id if intent else session.id
    if session.payment_status == "paid":
        return PaymentOutcome(True, reference)
    if session.status == "open":
        return PaymentOutcome(None, reference, is_open=True)
    # Complete without being paid: a bank's transfer is on its way, or has failed since.
    if session.status == "complete" and intent and intent.status == "processing":
        return PaymentOutcome(None, reference)
    return PaymentOutcome(False, reference)


def _outcome_of_intent(intent: "stripe.PaymentIntent") -> PaymentOutcome:
    decided = {"succeeded": True, "processing": None}
    return PaymentOutcome(decided.get(intent.status, False), intent.id)


def _outcome_of_refund(refund: "stripe.Refund") -> PaymentOutcome:
    decided = {"succeeded": True, "failed": False, "canceled": False}
    return PaymentOutcome(decided.get(refund.status or ""), refund.id)


def _is_ours(thing: Any, key: str) -> bool:
    return bool(thing.metadata) and thing.metadata.to_dict().get(OURS) == key


def _read_our_id(event: Any) -> UUID | None:
    """Other programs may share the account, and report things of any shape."""
    try:
        return UUID(event["data"]["object"]["metadata"][OURS])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


@contextmanager
def _refusals() -> Iterator[None]:
    import stripe

    try:
        yield
    except stripe.InvalidRequestError as error:
        # Less than Stripe's least amount, for example.
        logger.error("Stripe opens no checkout: %s.", error.code)
        raise PaymentRefused from error


@contextmanager
def _answers() -> "Iterator[stripe.StripeClient]":
    """A client of which all that is no answer becomes ``PaymentUnavailable``."""
    import stripe

    from payments.providers.stripe_http import HttpClient

    client = stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses={"api": settings.STRIPE_API_BASE},
        http_client=HttpClient(SECONDS),
        max_network_retries=0,
    )
    try:
        yield client
    except stripe.StripeError as error:
        # Its text may repeat what was sent; the code and the number of the request are enough to find it.
        logger.warning("Stripe: %s %s %s.", type(error).__name__, error.code, error.request_id)
        raise PaymentUnavailable from error
