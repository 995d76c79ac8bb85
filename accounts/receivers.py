from typing import Any

from allauth.account.signals import password_reset
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.signals import social_account_added
from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save

from accounts.devices import note_sign_in
from accounts.models import User
from accounts.security_log import (
    Kind,
    current_request,
    note_access,
    note_permissions,
    record_event,
    record_refusal,
)
from accounts.services.keys import revoke_all_keys
from accounts.services.passwords import end_keys_unless_kept
from accounts.services.verifying import verify_address
from common.addresses import normal_email


def password_was_reset(*, user: User, **kwargs: Any) -> None:
    # Whoever resets the password proves that the account is theirs; keys may be somebody else's.
    revoke_all_keys(user=user)


def note_new_password(*, instance: User, **kwargs: Any) -> None:
    """By whichever page, the API, the admin or a command: not all of them send a signal of their own."""
    # Set by ``set_password`` until it is saved; a better hash of the same password is none.
    if getattr(instance, "_password", None) is not None and not instance._state.adding:
        record_event(Kind.PASSWORD_CHANGED, user=instance)
        end_keys_unless_kept(current_request(), user=instance)


def signed_in(*, user: User, **kwargs: Any) -> None:
    record_event(Kind.SIGNED_IN, user=user)


def signed_out(*, user: User | None, **kwargs: Any) -> None:
    if user is not None and user.is_active:  # else the account has just been closed, and nothing is kept
        record_event(Kind.SIGNED_OUT, user=user)


def factor_was_added(*, instance: Authenticator, created: bool, **kwargs: Any) -> None:
    if created:
        record_event(Kind.FACTOR_ADDED, user=instance.user, details=instance.type)


def factor_was_removed(*, instance: Authenticator, **kwargs: Any) -> None:
    """On its owner's pages, in the admin or by a command: only the first send a signal of their own."""
    record_event(Kind.FACTOR_REMOVED, user=instance.user, details=instance.type)


def code_was_wrong(*, user: User, **kwargs: Any) -> None:
    record_refusal("", user, "second factor")


def address_was_proved(*, sociallogin: SocialLogin, **kwargs: Any) -> None:
    """Whoever has an account with a provider that has verified the same address owns it here, too."""
    for told in sociallogin.email_addresses:
        if told.verified is True and normal_email(told.email) == sociallogin.user.email:
            verify_address(sociallogin.user)


def connect() -> None:
    social_account_added.connect(address_was_proved)
    user_logged_in.connect(note_sign_in)
    user_logged_in.connect(signed_in)
    user_logged_out.connect(signed_out)
    post_save.connect(factor_was_added, sender=Authenticator)
    post_delete.connect(factor_was_removed, sender=Authenticator)
    mfa.authentication_failed.connect(code_was_wrong)
    pre_save.connect(note_access, sender=User)
    for permissions in (User.groups, User.user_permissions, Group.permissions):
        m2m_changed.connect(note_permissions, sender=permissions.through)
    pre_save.connect(note_new_password, sender=User)
    password_reset.connect(password_was_reset)
