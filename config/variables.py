"""Variables with several names: ours, and those that people bring along."""

from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured
from environ import Env


def first_of(environment: Mapping[str, str], *names: str) -> str:
    """Return the first of these that is set; ours come first."""
    return next((value for name in names if (value := environment.get(name, ""))), "")


def is_on(text: str) -> bool:
    return text.lower() in Env.BOOLEAN_TRUE_STRINGS


def number_of(environment: Mapping[str, str], name: str, *, default: float) -> float:
    """Raises ``ImproperlyConfigured`` for what is no number above zero."""
    text = environment.get(name, "")
    try:
        number = float(text) if text else default
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        raise ImproperlyConfigured(f"{name} needs a number above 0.")
    return number
