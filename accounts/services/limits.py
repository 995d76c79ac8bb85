"""allauth's rate limits, as errors of ours."""

from allauth.core import ratelimit
from allauth.core.internal.ratelimit import get_rates
from django.http import HttpRequest

from accounts.exceptions import TooManyAttempts
from accounts.models import User


def limit(request: HttpRequest, action: str, *, key: str | None = None, user: User | None = None) -> None:
    """Counts one attempt; pages and allauth's API count the same. Raises ``TooManyAttempts``."""
    if not ratelimit.consume(request, action=action, key=key, user=user):
        raise too_many(action)


def too_many(action: str) -> TooManyAttempts:
    """With the longest window of the action as the time to wait."""
    return TooManyAttempts(
        max(int(rate.duration) for rate in get_rates(app="allauth.account", action=action))
    )
