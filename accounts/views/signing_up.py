from typing import Any

from allauth.account.app_settings import EmailVerificationMethod
from allauth.account.internal.flows.login import perform_login
from allauth.account.internal.flows.signup import complete_signup
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import ConfirmEmailView, SignupView
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.http import urlencode

from accounts.adapters import PAGE_AFTER_PROOF
from accounts.forms import SignUpForm
from accounts.models import User

LONGEST_PAGE = 1_000  # it goes into a mail, as a line that programs may break


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


class ConfirmEmail(ConfirmEmailView):  # type: ignore[misc]
    """Goes on to the page that waited; who is not signed in by it passes the sign-in page.

    Only the browser that has signed up is signed in (``ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION``): a link may
    have been passed on, or opened by whoever reads along.
    """

    def get_redirect_url(self) -> str:
        page = self.get_next_url() or self.request.session.pop(PAGE_AFTER_PROOF, "")
        if page and not self.request.user.is_authenticated:
            return f"{resolve_url(settings.LOGIN_URL)}?{urlencode({REDIRECT_FIELD_NAME: page})}"
        return page or str(super().get_redirect_url())


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
    page = get_next_redirect_url(request)
    if page and len(page) <= LONGEST_PAGE:
        request.session[PAGE_AFTER_PROOF] = page
