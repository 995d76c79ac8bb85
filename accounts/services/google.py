"""Signing in with what Google says, when somebody else's page or app has asked it."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.internal.flows.login import complete_login
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.exceptions import InvalidCredentials, InvalidIdToken
from accounts.id_tokens import use_up
from accounts.models import User
from accounts.provider import CheckedProvider, find_google
from accounts.security_log import Kind, record_event, record_refusal
from accounts.services.limits import count_attempt
from accounts.services.signing_in import check_second_factor, open_session
from common.addresses import normal_email
from common.errors import Conflict
from common.transactions import lock_name


def sign_in_with_google(
    request: HttpRequest,
    *,
    credential: str,
    google_id: str = "",
    email: str = "",
    name: str = "",
    code: str = "",
) -> User:
    """Open a new session for whom Google's ID token is about, whose account is made if there is none.

    ``google_id`` and ``email`` have to be those of the token; ``name`` is a new account's, where the token
    has none. Raises ``InvalidIdToken``, ``InvalidCredentials``, ``MfaRequired``, ``InvalidCode``,
    ``EmailNotVerified``, ``TooManyAttempts``, ``Conflict``, ``GoogleNotConfigured`` and ``ProviderAway``.
    """
    count_attempt(request, "login")
    google = find_google(request)
    claims = _read_claims(google, credential, google_id, email)
    user = _find_account(google, claims)
    if user is not None and not user.is_active:
        record_refusal("", user, "closed")
        raise InvalidCredentials(_("This account is closed."))
    second = check_second_factor(user, code) if user else None
    use_up(credential)
    return open_session(request, second, lambda: _log_in(request, google, {"name": name, **claims}))


def _read_claims(google: CheckedProvider, credential: str, google_id: str, email: str) -> dict[str, Any]:
    try:
        claims = google.read_token(credential)
        if google_id not in ("", claims["sub"]) or normal_email(email or claims["email"]) != normal_email(
            claims["email"]
        ):
            raise InvalidIdToken
    except InvalidIdToken:
        record_event(Kind.REFUSED, details="ID token")
        raise
    return claims


def _find_account(google: CheckedProvider, claims: dict[str, Any]) -> User | None:
    """By the person at Google, whatever their address has become; else by the address."""
    known = SocialAccount.objects.filter(provider=google.sub_id, uid=claims["sub"]).select_related("user")
    account = known.first()
    if account is not None:
        return account.user  # type: ignore[no-any-return]
    return User.objects.filter(email=normal_email(claims["email"])).first()


def _log_in(request: HttpRequest, google: CheckedProvider, claims: dict[str, Any]) -> None:
    """Two of one person at once make one account."""
    email = normal_email(claims["email"])
    try:
        with transaction.atomic():
            lock_name(f"account of {email}")
            # Nobody who has not proved that an address is theirs keeps its owner out.
            EmailAddress.objects.filter(email=email, verified=False).exclude(user__email=email).delete()
            complete_login(request, google.sociallogin_from_response(request, claims), raises=True)
    except IntegrityError as error:  # registered with a password in this very moment
        request.session.flush()
        raise Conflict from error
