"""Which class takes money online."""

from importlib.util import find_spec

from django.core.exceptions import ImproperlyConfigured

STRIPE = "payments.providers.stripe.StripeProvider"


def find_provider(name: str, stripe_key: str) -> str:
    """Return the dotted path of what PAYMENT_PROVIDER names; nothing takes no money online."""
    if name != "stripe":
        return name
    if not stripe_key:
        raise ImproperlyConfigured("PAYMENT_PROVIDER=stripe needs STRIPE_SECRET_KEY.")
    if not find_spec("stripe"):
        raise ImproperlyConfigured("PAYMENT_PROVIDER=stripe needs: pip install -r requirements-stripe.txt")
    return STRIPE
