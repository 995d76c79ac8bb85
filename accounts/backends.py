"""Sign-in with an e-mail address or a user name."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.models import User


class EmailOrUsernameBackend(ModelBackend):
    """Accepts the e-mail address (any case) or the optional user name as ``username``."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        login = username or kwargs.get("email")
        if not login or password is None:
            return None
        user = User.objects.with_login(login)
        if user is None:
            # Same work for unknown and known accounts: timing must not tell which exist.
            User().set_password(password)
            return None
        usable = user.check_password(password) and self.user_can_authenticate(user)
        return user if usable else None
