import time
from typing import NoReturn

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.forms import ResetPasswordForm, UserTokenForm
from allauth.account.internal.flows import password_change, password_reset
from allauth.account.internal.flows.login import get_authentication_records
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.exceptions import ProofNeeded
from accounts.models import User
from accounts.security_log import record_refusal
from accounts.services.keys import revoke_all_keys
from accounts.services.limits import count_attempt
from common.addresses import normal_email
from common.errors import InvalidInput
from common.parsing import refuse


def change_password(
    request: HttpRequest, *, user: User, current: str, new: str, keep_keys: bool = False
) -> None:
    """End every session of the account but the request's, which gets a new key, and its API keys.

    ``current`` is not needed where there is no password yet. Raises ``InvalidInput``.
    """
    count_attempt(request, "change_password", user=user)
    if keep_keys:
        ask_to_keep_keys(request)
    had_one = user.has_usable_password()
    if had_one:
        _check_present_password(current, user, "current_password")
    _check_new_password(new, user)
    password_change.change_password(user, new)
    if had_one:
        password_change.finalize_password_change(request, user)
    else:
        password_change.finalize_password_set(request, user)


def ask_to_keep_keys(request: HttpRequest) -> None:
    request.keeps_keys = True  # type: ignore[attr-defined]


def end_keys_unless_kept(request: HttpRequest | None, *, user: User) -> None:
    """With a new password, at whichever door: the old one may have been somebody else's, too."""
    is_kept = request and (getattr(request, "keeps_keys", False) or request.POST.get("keep_keys"))
    if not is_kept:
        revoke_all_keys(user=user)


def require_password(request: HttpRequest, *, user: User, password: str) -> None:
    """Before what cannot be undone; accounts without a password pass. Raises ``InvalidInput``."""
    count_attempt(request, "change_password", user=user)
    if user.has_usable_password():
        _check_present_password(password, user, "password")


def has_just_signed_in(request: HttpRequest, user: User) -> bool:
    """At whichever door, or proved again who they are."""
    proofs = get_authentication_records(request, user)
    return bool(proofs) and time.time() - proofs[-1]["at"] < app_settings.REAUTHENTICATION_TIMEOUT


def require_recent_proof(request: HttpRequest, *, user: User, password: str) -> None:
    """Having just signed in, or the account's password. Raises ``ProofNeeded`` and ``InvalidInput``."""
    if has_just_signed_in(request, user):
        return
    if not password or not user.has_usable_password():
        raise ProofNeeded
    require_password(request, user=user, password=password)


def request_reset(request: HttpRequest, *, email: str) -> None:
    """Mail a link to the account's address; to an address without account, that there is none."""
    count_attempt(request, "reset_password", key=normal_email(email))
    form = ResetPasswordForm({"email": normal_email(email)})
    if form.is_valid():
        form.save(request)


def confirm_reset(request: HttpRequest, *, key: str, new: str) -> None:
    """End all sessions and API keys, too. Raises ``InvalidInput``."""
    count_attempt(request, "reset_password_from_key")
    uid, _dash, token = key.partition("-")
    form = UserTokenForm({"uidb36": uid, "key": token})
    if not form.is_valid() or not form.reset_user.is_active:
        refuse("key", _("This link is invalid or has expired."))
    _check_new_password(new, form.reset_user)
    password_reset.reset_password(form.reset_user, new)
    password_reset.finalize_password_reset(request, form.reset_user)


def _check_present_password(password: str, user: User, field: str) -> None:
    if not user.check_password(password):
        record_refusal("", user, "wrong present password")
        refuse(field, _("Wrong current password."))


def _check_new_password(password: str, user: User) -> None:
    try:
        get_adapter().clean_password(password, user=user)
    except ValidationError as error:
        _refuse_password(error)


def _refuse_password(error: ValidationError) -> NoReturn:
    sentence = error.messages[0] if len(error.messages) == 1 else None
    raise InvalidInput(sentence, fields={"new_password": list(error.messages)}) from error
