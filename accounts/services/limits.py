"""allauth's rate limits, as errors of ours."""

from allauth.core import ratelimit
from allauth.core.internal.ratelimit import get_rates
from django.http import HttpRequest

from accounts.exceptions import TooManyAttempts
from accounts.models import User


def count_attempt(
    request: HttpRequest, action: str, *, key: str | None = None, user: User | None = None
) -> None:
    """Pages and allauth's API share the count. Raises ``TooManyAttempts``."""
    if not ratelimit.consume(request, action=action, key=key, user=user):
        raise too_many_attempts(action)


def too_many_attempts(action: str) -> TooManyAttempts:
    # The longest window of the action is the time to wait.
    return TooManyAttempts(
        max(int(rate.duration) for rate in get_rates(app="allauth.account", action=action))
    )
