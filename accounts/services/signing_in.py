"""Every step is allauth's, so its limits, second factors and signals hold."""

from collections.abc import Callable, Sequence

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.internal.flows.logout import logout
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import Login
from allauth.account.stages import LoginStageController
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.stages import AuthenticateStage
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts.exceptions import EmailNotVerified, InvalidCode, InvalidCredentials, MfaRequired
from accounts.models import User
from accounts.services.limits import count_attempt, too_many_attempts
from common.second_factor import has_second_factor

TOO_MANY = "too_many_login_attempts"


def sign_in(
    request: HttpRequest, *, login: str, also: Sequence[str] = (), password: str, code: str = ""
) -> User:
    """Open a new session for the account with this email address, user name, or name that it was made of.

    Names in ``also`` have to be of the same account. ``code`` is of an authenticator app, or a recovery
    code. Raises ``InvalidCredentials``, ``MfaRequired``, ``InvalidCode``, ``EmailNotVerified`` and
    ``TooManyAttempts``.
    """
    count_attempt(request, "login")
    user = _authenticate(request, login, password)
    if any(User.objects.with_login(name) != user for name in also):
        raise InvalidCredentials
    # Password and code are both checked before anything changes: a wrong code must not end the present
    # session, and is asked for only once the password was right.
    second = check_second_factor(user, code)
    return open_session(
        request, second, lambda: perform_password_login(request, {"username": login}, Login(user=user))
    )


def open_session(request: HttpRequest, second: AuthenticateForm | None, log_in: Callable[[], object]) -> User:
    """Let allauth ``log_in`` somebody who has proved who they are. Raises ``EmailNotVerified``."""
    if request.user.is_authenticated:
        logout(request, show_message=False)
    log_in()
    if second is not None:
        _pass_second_factor(request, second)
    # allauth waits for the address to be verified, and would go on with this sign-in later.
    if not isinstance(request.user, User):
        clear_login(request)
        raise EmailNotVerified
    return request.user


def _authenticate(request: HttpRequest, login: str, password: str) -> User:
    try:
        user: User | None = get_adapter().authenticate(request, username=login, password=password)
    except ValidationError as error:
        raise too_many_attempts("login_failed") from error
    if user is None or not user.is_active:
        raise InvalidCredentials
    return user


def check_second_factor(user: User, code: str) -> AuthenticateForm | None:
    """None where there is none. Raises ``MfaRequired``, ``InvalidCode`` and ``TooManyAttempts``."""
    if not has_second_factor(user):
        return None
    if not code:
        raise MfaRequired
    form = AuthenticateForm({"code": code}, user=user)
    if form.is_valid():
        return form
    if form.has_error("code", TOO_MANY):
        raise too_many_attempts("login_failed")
    raise InvalidCode


def _pass_second_factor(request: HttpRequest, form: AuthenticateForm) -> None:
    stage = LoginStageController.enter(request, AuthenticateStage.key)
    if stage is not None:
        form.save()
        stage.exit()


def sign_out(request: HttpRequest) -> None:
    # The session's tokens die with it.
    logout(request, show_message=False)
    request.session.flush()
