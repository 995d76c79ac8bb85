"""Roles rest until their owner has a second factor, where ``STAFF_NEED_SECOND_FACTOR`` is on.

Until then they are a customer like any other, and whatever is refused to them says what is missing.
"""

from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions

from common.errors import DomainError, Forbidden, NotFound

if TYPE_CHECKING:
    from accounts.models import User

SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
REFUSALS = (Forbidden, NotFound, PermissionDenied, Http404, exceptions.PermissionDenied, exceptions.NotFound)
REFUSED = ("forbidden", "not_found", "permission_denied")
RESTING, WITHHELD = "_roles_rest", "_roles_withheld"


class SecondFactorNeeded(DomainError):
    code = "second_factor_needed"
    status = 403
    message = _("Your role requires two-step verification. Turn it on for your account, then try again.")


def has_second_factor(user: "User") -> bool:
    """Recovery codes alone are none."""
    return bool(is_mfa_enabled(user, SECOND_FACTORS))


def are_roles_resting(user: "User | AnonymousUser") -> bool:
    """Whether there are roles that do not count for now."""
    if not settings.STAFF_NEED_SECOND_FACTOR or isinstance(user, AnonymousUser):
        return False
    # Kept on the user, who lives for one request: a page asks dozens of times.
    if RESTING not in user.__dict__:
        user.__dict__[RESTING] = _has_role(user) and not is_mfa_enabled(user, SECOND_FACTORS)
    return bool(user.__dict__[RESTING])


def _has_role(user: "User") -> bool:
    return user.is_superuser or user.is_staff or user.memberships.exists()


def withhold_roles(user: "User | AnonymousUser") -> bool:
    """Whether roles that are asked for rest; what is refused then is refused for that reason."""
    if are_roles_resting(user):
        user.__dict__[WITHHELD] = True
    return WITHHELD in user.__dict__


def is_administrator(user: "User | AnonymousUser") -> bool:
    """Whether ``user`` may do everything everywhere, now."""
    return user.is_superuser and not withhold_roles(user)


def require_roles(user: "User | AnonymousUser") -> None:
    """Where only roles let anybody see anything. Raises ``SecondFactorNeeded``."""
    if are_roles_resting(user):
        raise SecondFactorNeeded


def explain_refusal(error: Exception, user: object) -> Exception:
    """What is missing, if a role that rests would have counted; else ``error``."""
    if not isinstance(error, REFUSALS) or not getattr(user, "__dict__", {}).get(WITHHELD):
        return error
    code = getattr(getattr(error, "detail", error), "code", "forbidden")
    return SecondFactorNeeded() if code in REFUSED else error
