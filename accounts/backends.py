from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from accounts.models import User
from common.addresses import normal_email


class EmailOrUsernameBackend(AuthenticationBackend):  # type: ignore[misc]
    """Signs in with an email address, a user name, or the name that it was made of."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        email: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        login = (username or email or "").strip()
        if "@" in login:
            login = normal_email(login)
        if not login or not password:
            return None
        # None = super().authenticate | Asked once: allauth would check the password again for each name of
        # one account. Known and unknown accounts take the same work, so timing does not tell which exist.
        known = User.objects.with_login(login)
        name = known.email if known else login
        user: User | None = super().authenticate(request, username=name, password=password)
        return user
