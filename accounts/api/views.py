"""Signing up, in and out, and one's own account.

Answers with secrets are never stored, so ``Idempotency-Key`` has no effect here: to repeat a sign-up is
refused anyway, to sign in twice is harmless.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpRequest
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import answers, inputs, refusals
from accounts.api.csrf import require_token
from accounts.exceptions import InvalidToken
from accounts.models import User
from accounts.services.registering import register_account
from accounts.services.signing_in import sign_in, sign_out
from accounts.tokens import SessionTokens, session_of_token
from common.api import SessionAuthentication
from common.api_views import APIView
from common.schema_errors import refuses


class AccountView(APIView):
    """Nothing here can be done with an API key: no key can have the scope ``account``."""

    read_scope: ClassVar[str] = "account"
    write_scope: ClassVar[str] = "account"
    rate = "auth"


class EntranceView(AccountView):
    """Where people come without, or with outdated tokens: those are not looked at."""

    authentication_classes = (SessionAuthentication,)
    without_csrf = ("POST",)


def account_of(request: Request) -> User:
    """Who is signed in; the view's ``signed_in`` has made sure that somebody is."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user


def restore_session(request: Request) -> HttpRequest:
    """Django's request with the session in which its sender is signed in, also if a token says so."""
    plain = request._request
    if isinstance(request.auth, Mapping):
        session = session_of_token(dict(request.auth))
        if session is None:
            raise InvalidToken
        plain.session = session
    return plain


class Register(EntranceView):
    """``POST /api/auth/register``."""

    @extend_schema(
        summary="Create an account",
        extensions=refuses(refusals.SIGNING_UP),
        description=(
            "Opens a session (cookie) and gives its tokens. Where email addresses must be verified first, "
            "the answer is 202, also for an address that has an account."
        ),
        request=inputs.RegistrationInput,
        responses={201: answers.SignedInSerializer, 202: answers.PendingSerializer},
    )
    def post(self, request: Request) -> Response:
        data = inputs.RegistrationInput.parsed(request.data)
        user = register_account(request._request, **read_registration(data))
        if user is None:
            return answers.answer_privately(
                answers.PendingSerializer, {"verification": "pending"}, status.HTTP_202_ACCEPTED
            )
        return answers.answer_signed_in(request._request, user, status.HTTP_201_CREATED)


def read_registration(data: dict[str, Any]) -> dict[str, Any]:
    name = data.pop("name", "") or data.pop("full_name", "")
    data.pop("full_name", None)
    if name and not (data.get("first_name") or data.get("last_name")):
        data["first_name"], _blank, data["last_name"] = name.partition(" ")
    if "username" not in data:
        data["called"] = name
    return {field: "" if value is None else value for field, value in data.items()}


class SignIn(EntranceView):
    """``POST /api/auth/login``."""

    @extend_schema(
        summary="Sign in",
        extensions=refuses(refusals.SIGNING_IN),
        description=(
            "With an email address or a user name. Answers 401 `mfa_required` when the account has a second "
            "factor and `code` is missing. Opens a session (cookie) and gives its tokens."
        ),
        request=inputs.SignInInput,
        responses=answers.SignedInSerializer,
    )
    def post(self, request: Request) -> Response:
        data = inputs.SignInInput.parsed(request.data)
        user = sign_in(
            request._request,
            login=data["login"],
            also=data["also"],
            password=data["password"],
            code=data.get("code", ""),
        )
        return answers.answer_signed_in(request._request, user)


class Csrf(EntranceView):
    """``GET /api/auth/csrf``."""

    @extend_schema(
        summary="The CSRF token of this browser",
        extensions=refuses(refusals.ASKING_FOR_TOKEN),
        description=(
            "For pages that write by the session's cookie and cannot read the cookie `csrftoken`. A sign-in "
            "brings it, too, and ends earlier ones. 403 `cookies_dropped` for pages of another site, unless "
            "cookies are configured for those (docs/browser-clients.md)."
        ),
        responses=answers.CsrfSerializer,
    )
    def get(self, request: Request) -> Response:
        return answers.answer_privately(
            answers.CsrfSerializer, {"csrf_token": require_token(request._request)}
        )


class SignOut(AccountView):
    """``POST /api/auth/logout``."""

    signed_in = ("POST",)

    @extend_schema(
        summary="Sign out",
        description="Ends the session: its cookie, its access tokens and its refresh token.",
        request=None,
        responses=answers.SuccessSerializer,
    )
    def post(self, request: Request) -> Response:
        sign_out(restore_session(request))
        return answers.answer_privately(answers.SuccessSerializer, {"success": True})


class RefreshTokens(EntranceView):
    """``POST /api/auth/token/refresh``."""

    authentication_classes = ()  # type: ignore[assignment]

    @extend_schema(
        summary="Exchange a refresh token",
        description=(
            "For a new pair of tokens. The old refresh token is worth nothing any more: who uses it again "
            "ends the session with all its tokens, since it may have been copied."
        ),
        request=inputs.RefreshInput,
        responses=answers.TokensSerializer,
    )
    def post(self, request: Request) -> Response:
        data = inputs.RefreshInput.parsed(request.data)
        pair = SessionTokens().refresh_token(data["refresh_token"])
        if pair is None:
            raise InvalidToken
        access, refresh = pair
        return answers.answer_privately(
            answers.TokensSerializer, {"access_token": access, "refresh_token": refresh}
        )
