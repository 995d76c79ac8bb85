import secrets
from collections.abc import Mapping
from typing import Any

from allauth.account.forms import SignupForm
from allauth.account.internal.flows.logout import logout
from allauth.account.internal.flows.signup import complete_signup
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import IntegrityError, transaction
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.registration import registration_parts
from accounts.services.limits import count_attempt
from accounts.user_names import to_user_name
from common.errors import InvalidInput
from common.transactions import lock_name

FIELD_NAMES = {"password1": "password", NON_FIELD_ERRORS: "request"}


def register_account(
    request: HttpRequest,
    *,
    email: str,
    password: str,
    username: str = "",
    called: str = "",
    phone: str = "",
    first_name: str = "",
    last_name: str = "",
    parts: Mapping[str, Mapping[str, Any]] | None = None,
) -> User | None:
    """A new account, signed in; None when its email address has to be verified first.

    Without ``username`` it gets one made of the name it is ``called``. ``parts`` are what each of
    ``registration_parts`` has asked for. Raises ``InvalidInput`` and
    ``TooManyAttempts``.
    """
    count_attempt(request, "signup")
    form = SignupForm(
        {
            "email": email,
            "password1": password,
            "username": username,
            "phone": phone,
            "first_name": first_name,
            "last_name": last_name,
        }
    )
    if not form.is_valid():
        raise _invalid_input(form)
    if request.user.is_authenticated:
        logout(request, show_message=False)
    # Where addresses have to be verified, one that has an account already gets the same answer, and its owner
    # a mail: nobody learns who has an account.
    user = _save_account(request, form, called="" if username else called, parts=parts or {})
    if user is not None:
        complete_signup(request, user=user)
    if user is not None and request.user.is_authenticated:
        return user
    request.session.flush()
    return None


def free_user_name(name: str) -> str:
    """``john.doe`` for John Doe, or with the first free number from 2; empty if none can be made."""
    made = to_user_name(name)
    if not made:
        return ""
    choices = [made, *(f"{made}{number}" for number in range(2, 100))]
    lowered = User.objects.alias(lowered=Lower("username")).filter(lowered__in=choices)
    taken = {str(taken).lower() for taken in lowered.values_list("username", flat=True)}
    return next((choice for choice in choices if choice not in taken), f"{made}{secrets.randbelow(10**9)}")


def _save_account(
    request: HttpRequest, form: SignupForm, *, called: str, parts: Mapping[str, Mapping[str, Any]]
) -> User | None:
    with transaction.atomic():
        if called:
            lock_name("user names made of names")  # two of one name, in this very moment
            form.cleaned_data["username"] = free_user_name(called)
        try:
            user: User | None = form.try_save(request)[0]
        except IntegrityError as error:  # somebody else's in this very moment
            raise InvalidInput(_("This account already exists.")) from error
        if user is not None:
            for name, given in parts.items():
                registration_parts[name].record(user, given)
    if user is None:
        User().set_password(form.cleaned_data["password1"])  # the same work as for a new account
    return user


def _invalid_input(form: SignupForm) -> InvalidInput:
    fields = {FIELD_NAMES.get(name, name): list(texts) for name, texts in form.errors.items()}
    sentence = next(iter(fields.values()))[0] if len(fields) == 1 else None
    return InvalidInput(sentence, fields=fields)
