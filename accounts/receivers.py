from typing import Any

from allauth.account.signals import password_reset

from accounts.models import User
from accounts.services.keys import revoke_all_keys


def password_was_reset(*, user: User, **kwargs: Any) -> None:
    # Whoever resets the password proves that the account is theirs; keys may be somebody else's.
    revoke_all_keys(user=user)


def connect() -> None:
    password_reset.connect(password_was_reset)
