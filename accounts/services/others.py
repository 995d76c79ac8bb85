"""Accounts of others, added and changed by those who run the place."""

from allauth.account.internal.flows import password_change
from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.exceptions import EmailExists, UsernameExists
from accounts.models import User
from accounts.services.keys import revoke_all_keys
from accounts.services.passwords import require_recent_proof
from accounts.user_names import to_user_name
from common.addresses import normal_email
from common.errors import Conflict, InvalidInput, invalid_input
from common.parsing import refuse
from common.transactions import atomic_change, retried_atomic

OF_NAME = {"username": "name", "first_name": "name", "last_name": "name"}


@retried_atomic
def add_account(*, name: str, email: str, password: str) -> User:
    """Nobody is signed in by it. John Doe gets the user name ``john.doe``.

    Raises ``EmailExists``, ``UsernameExists`` and ``InvalidInput``.
    """
    user = User(email=normal_email(email), username=to_user_name(name) or None)
    user.first_name, _blank, user.last_name = (part.strip() for part in name.strip().partition(" "))
    if user.username is None:
        refuse("name", _("Enter a name with letters or digits."))
    _require_free_email(user)
    if User.objects.filter(username__iexact=user.username).exists():
        raise UsernameExists(UsernameExists.message % {"name": name.strip()})
    _set_password(user, password)
    _save(user)
    return user


@retried_atomic
def change_account(*, user: User, email: str = "", password: str = "") -> User:
    """By an administrator. A new password ends sessions and API keys. Raises as ``add_account``."""
    if email:
        user.email = normal_email(email)
        _require_free_email(user)
    if password:
        _set_password(user, password)
    _save(user)
    # With its address an account loses the proof, and the use, of the one before.
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
    if password:
        revoke_all_keys(user=user)
    return user


def change_own_password(request: HttpRequest, *, user: User, password: str) -> None:
    """For those who have just signed in. Raises ``ProofNeeded`` and ``InvalidInput``."""
    require_recent_proof(request, user=user, password="")
    _check_password(user, password)
    password_change.change_password(user, password)
    password_change.finalize_password_change(request, user)


def _require_free_email(user: User) -> None:
    if User.objects.filter(email=user.email).exclude(pk=user.pk).exists():
        raise EmailExists(EmailExists.message % {"email": user.email})


def _set_password(user: User, password: str) -> None:
    _check_password(user, password)
    user.set_password(password)


def _check_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(fields={"password": list(error.messages)}) from error


def _save(user: User) -> None:
    try:
        user.full_clean()
        with atomic_change():
            user.save()
    except ValidationError as error:
        raise invalid_input(error, names=OF_NAME) from error
    except IntegrityError as error:  # someone else's in this very moment
        raise Conflict from error
