"""Apart from ``accounts.forms``, whose base reads this."""

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from accounts.models import User
from common.names import check_name


class SignUpDetails(forms.Form):
    """Added to allauth's sign-up by page, by its API and by another provider; all optional."""

    first_name = forms.CharField(
        validators=[check_name], label=_("First name"), max_length=150, required=False
    )
    last_name = forms.CharField(validators=[check_name], label=_("Last name"), max_length=150, required=False)
    phone = PhoneNumberField(
        label=_("Phone"), required=False, help_text=_("With the country code, like +49 30 1234567.")
    )

    def signup(self, request: HttpRequest, user: User) -> None:
        user.phone = self.cleaned_data.get("phone") or user.phone
        user.save(update_fields=["phone"])
