from typing import Any

from allauth.account.app_settings import EmailVerificationMethod
from allauth.account.internal.flows.login import perform_login
from allauth.account.internal.flows.signup import complete_signup
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import SignupView
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.adapters import PAGE_AFTER_PROOF
from accounts.forms import SignUpForm
from accounts.models import User


class SignUp(SignupView):  # type: ignore[misc]
    """Never tells who has an account: a new and a known address see the same page, and get a mail each."""

    form_class = SignUpForm

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        if settings.ACCOUNT_EMAIL_VERIFICATION == EmailVerificationMethod.NONE:
            answer: HttpResponse = super().form_valid(form)
            return answer
        _remember_next(self.request)
        if form.account_already_exists:
            User().set_password(form.cleaned_data["password1"])  # the same work as for a new account
            return _answer_known_address(self.request, form.cleaned_data["email"])
        return _answer_new_account(self.request, form.save(self.request))


def _answer_known_address(request: HttpRequest, email: str) -> HttpResponse:
    login = Login(user=None, email=email, signup=True, email_verification=EmailVerificationMethod.MANDATORY)
    answer: HttpResponse = perform_login(request, login)
    return answer


def _answer_new_account(request: HttpRequest, user: Any) -> HttpResponse:
    # Not signed in before the address is proved: that would tell that it is new.
    answer: HttpResponse = complete_signup(
        request, user=user, email_verification=EmailVerificationMethod.MANDATORY
    )
    return answer


def _remember_next(request: HttpRequest) -> None:
    if page := get_next_redirect_url(request):
        request.session[PAGE_AFTER_PROOF] = page
