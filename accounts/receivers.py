from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from accounts.devices import note_sign_in
from accounts.models import User
from accounts.services.keys import revoke_all_keys
from accounts.services.passwords import end_keys_unless_kept


def password_was_reset(*, user: User, **kwargs: Any) -> None:
    # Whoever resets the password proves that the account is theirs; keys may be somebody else's.
    revoke_all_keys(user=user)


def password_was_changed(*, request: HttpRequest, user: User, **kwargs: Any) -> None:
    end_keys_unless_kept(request, user=user)


def connect() -> None:
    user_logged_in.connect(note_sign_in)
    password_changed.connect(password_was_changed)
    password_set.connect(password_was_changed)
    password_reset.connect(password_was_reset)
