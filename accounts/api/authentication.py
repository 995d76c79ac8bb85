"""Who sends a request: the bearer of an access token or of an API key."""

from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.exceptions import InvalidToken
from accounts.models import ApiKey, User
from accounts.services.keys import MARK, find_key
from accounts.tokens import claims_of_session, user_of_access_token, user_of_claims
from common.clock import now

LONGEST_TOKEN = 4096


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer <access token or API key>``, or ``X-API-Key``.

    ``request.auth`` becomes the token's claims or the ``ApiKey``, whose ``scopes`` limit it. What is no
    longer valid is refused with 401 ``invalid_token`` instead of being taken for a guest.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiKey | dict[str, str]] | None:
        token = read_token(request)
        if token is None:
            return None
        user_and_auth = _find_bearer(token) if 0 < len(token) <= LONGEST_TOKEN else None
        if user_and_auth is None:
            raise exceptions.AuthenticationFailed(
                _("This token is invalid or has expired."), code="invalid_token"
            )
        return user_and_auth

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def read_token(request: Request) -> str | None:
    """The credential in the headers, None where there is none of our kinds."""
    scheme, _space, token = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return request.headers.get("X-API-Key")


def _find_bearer(token: str) -> tuple[User, ApiKey | dict[str, str]] | None:
    if not token.startswith(MARK):
        return user_of_access_token(token)
    key = find_key(token)
    return (key.user, key) if key else None


Credential = dict[str, str]
"""What somebody is signed in by, without its secret, to be looked at again later."""


def credential_of(request: Request) -> Credential:
    if isinstance(request.auth, ApiKey):
        return {"key": str(request.auth.pk)}
    claims = request.auth if isinstance(request.auth, dict) else claims_of_session(request._request)
    return {name: claims[name] for name in ("sid", "sub")}


class StillSignedIn(BaseAuthentication):
    """Whoever this credential belongs to, as long as it is worth something."""

    def __init__(self, credential: Credential) -> None:
        self.credential = credential

    def authenticate(self, request: Request) -> tuple[User, ApiKey | None]:
        key = self._find_key() if "key" in self.credential else None
        user = user_of_claims(self.credential) if "sid" in self.credential else (key.user if key else None)
        if user is None:
            raise InvalidToken
        return user, key

    def _find_key(self) -> ApiKey | None:
        return ApiKey.objects.alive(now()).filter(pk=self.credential["key"]).select_related("user").first()
