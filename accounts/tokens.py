"""Access and refresh tokens: JWTs that name a session and are worth nothing without it."""

from allauth.account.internal.userkit import user_id_to_str
from allauth.headless import app_settings
from allauth.headless.tokens.strategies.jwt import JWTTokenStrategy, internal
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from accounts.models import User
from accounts.security_log import Kind, record_event
from common.transactions import lock_name, retried_atomic


class SessionTokens(JWTTokenStrategy):  # type: ignore[misc]
    def refresh_token(self, refresh_token: str) -> tuple[str, str] | None:
        # A refresh token works once, also in a race: refreshing one session takes turns.
        payload = internal.decode_token(refresh_token, "refresh")
        key = internal.session_key_from_sid(payload["sid"]) if payload else None
        return self._rotate(key, refresh_token) if key else None

    @retried_atomic
    def _rotate(self, key: str, refresh_token: str) -> tuple[str, str] | None:
        lock_name(f"session:{key}")
        try:
            pair: tuple[str, str] | None = super().refresh_token(refresh_token)
        except UpdateError:  # signed out in this very moment
            return None
        if pair is None:
            # Genuine, in time, and used before: two have it, and nobody can tell which of them is the thief.
            _end_session(key)
        return pair


def _end_session(key: str) -> None:
    SessionStore().delete(key)
    for session in UserSession.objects.filter(session_key=key).select_related("user"):
        session.delete()
        record_event(Kind.SESSION_ENDED, user=session.user)


def end_sessions(user: User) -> None:
    for session in UserSession.objects.filter(user=user):
        session.end()


def issue_tokens(request: HttpRequest) -> dict[str, str]:
    """``access_token`` and ``refresh_token`` of the request's signed-in session."""
    if not request.session.session_key:
        request.session.save()
    tokens: dict[str, str] = SessionTokens().create_access_token_payload(request)
    request.session.modified = True
    return tokens


def user_of_access_token(token: str) -> tuple[User, dict[str, str]] | None:
    """The token's account and claims; None unless it and its session are alive."""
    user_and_claims: tuple[User, dict[str, str]] | None = internal.validate_access_token(token)
    return user_and_claims


def claims_of_session(request: HttpRequest) -> dict[str, str]:
    """Those that a token of the request's signed-in session would have of it."""
    sid: str = internal.session_key_to_sid(str(request.session.session_key))
    return {"sid": sid, "sub": user_id_to_str(request.user)}


def user_of_claims(claims: dict[str, str]) -> User | None:
    """Whose token that was; None once its session has ended."""
    session = session_of_token(claims)
    user: User | None = internal.validate_token_user(claims, session) if session else None
    return user


def session_of_token(claims: dict[str, str]) -> SessionBase | None:
    session: SessionBase | None = internal.get_token_session(claims)
    return session


def access_seconds() -> int:
    return int(app_settings.JWT_ACCESS_TOKEN_EXPIRES_IN)
