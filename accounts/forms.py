from typing import Any

from allauth.account.app_settings import EmailVerificationMethod
from allauth.account.forms import (
    ChangePasswordForm,
    LoginForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
    SignupForm,
)
from allauth.account.utils import filter_users_by_email
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiKey
from common.addresses import normal_email
from common.clock import now

# All that is asked of a password; allauth shows a list of five sentences instead.
PASSWORD_HELP = _("10 characters or more. Don't use your name or a common password.")


class SignInForm(LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["login"]
        field.label = _("Email or user name")
        field.error_messages["required"] = _("Enter your email or user name.")
        self.fields["password"].error_messages["required"] = _("Enter your password.")
        field.widget.attrs = {"autocomplete": "username"}


class PasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """Asks about API keys where there are any; accounts.receivers reads the answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = PASSWORD_HELP
        if ApiKey.objects.alive(now()).filter(user=self.user).exists():
            self.fields["keep_keys"] = forms.BooleanField(
                label=_("Keep my API keys active"),
                required=False,
                help_text=_("Otherwise they are revoked."),
            )


class FirstPasswordForm(SetPasswordForm):  # type: ignore[misc]
    """Of whoever has signed in otherwise so far."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = PASSWORD_HELP


class NewPasswordForm(ResetPasswordKeyForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = PASSWORD_HELP


class SignUpForm(SignupForm):  # type: ignore[misc]
    """Of the page: a known address is no error, its owner gets a mail. Without mails it has to be one.

    It asks for an address and a password alone; a name may come along from a booking.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("username", "phone"):
            del self.fields[name]
        for name in ("first_name", "last_name"):
            self.fields[name].widget = forms.HiddenInput()
        self.fields["email"].label = _("Email address")
        self.fields["email"].error_messages["required"] = _("Enter your email address.")
        self.fields["password1"].help_text = PASSWORD_HELP
        self.fields["password1"].error_messages["required"] = _("Choose a password.")

    def clean_email(self) -> str:
        if settings.ACCOUNT_EMAIL_VERIFICATION == EmailVerificationMethod.NONE:
            return str(super().clean_email())
        email = normal_email(str(self.cleaned_data["email"]))
        self.account_already_exists = bool(filter_users_by_email(email))
        return email


class ResetForm(ResetPasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("Email address")
        self.fields["email"].error_messages["required"] = _("Enter your email address.")

    def clean_email(self) -> str:
        self.cleaned_data["email"] = normal_email(self.cleaned_data["email"])
        return str(super().clean_email())
