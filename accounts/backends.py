"""Sign-in with an e-mail address or a user name."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from accounts.models import User


class EmailOrUsernameBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's backend, asked once: it would check the password again for each name of one account.

    So a known and an unknown account take the same work, and timing does not tell which exist.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        email: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        login = (username or email or "").strip()
        if not login or not password:
            return None
        user: User | None = super().authenticate(request, username=login, password=password)
        return user
