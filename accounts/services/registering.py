"""New accounts, through allauth's own form."""

from allauth.account.forms import SignupForm
from allauth.account.internal.flows.logout import logout
from allauth.account.internal.flows.signup import complete_signup
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services.limits import limit
from common.errors import InvalidInput

FIELD_NAMES = {"password1": "password", NON_FIELD_ERRORS: "request"}


def register(
    request: HttpRequest,
    *,
    email: str,
    password: str,
    username: str = "",
    phone: str = "",
    first_name: str = "",
    last_name: str = "",
) -> User | None:
    """A new account, signed in; None when its e-mail address has to be verified first.

    None also comes for an address that has an account already (its owner gets a mail): where addresses have
    to be verified, nobody learns who has an account. Raises ``InvalidInput`` and ``TooManyAttempts``.
    """
    limit(request, "signup")
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
        raise _refused(form)
    if request.user.is_authenticated:
        logout(request, show_message=False)
    user = _saved(request, form)
    if user is not None:
        complete_signup(request, user=user)
    if user is not None and request.user.is_authenticated:
        return user
    request.session.flush()
    return None


def _saved(request: HttpRequest, form: SignupForm) -> User | None:
    try:
        with transaction.atomic():
            user: User | None = form.try_save(request)[0]
    except IntegrityError as error:  # somebody else's in this very moment
        raise InvalidInput(_("There is already an account like this.")) from error
    if user is None:
        User().set_password(form.cleaned_data["password1"])  # the same work as for a new account
    return user


def _refused(form: SignupForm) -> InvalidInput:
    fields = {FIELD_NAMES.get(name, name): list(texts) for name, texts in form.errors.items()}
    sentence = next(iter(fields.values()))[0] if len(fields) == 1 else None
    return InvalidInput(sentence, fields=fields)
