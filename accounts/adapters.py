"""How django-allauth is adapted to our accounts."""

import logging
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.core.internal.httpkit import is_headless_request
from allauth.core.internal.ratelimit import RateLimitUsage
from allauth.headless.base.response import ConflictResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.provider import Provider
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts.devices import device_of
from accounts.models import User
from accounts.provider import GOOGLE, CheckedProvider, find_google
from accounts.security_log import record_refusal
from accounts.services.keys import revoke_all_keys
from accounts.services.limits import too_many_attempts
from common.addresses import normal_email
from common.names import drop_controls
from common.root_urls import is_api
from common.throttling import plain_address
from common.transactions import after_commit

logger = logging.getLogger(__name__)
APP = "allauth.account"
SIGNING_UP = ("/register", "/signup")
PAGE_AFTER_PROOF = "page_after_proof"
"""In the session: the page of ours that waits until the account's address is confirmed."""
_MISMATCH = _("Wrong email or password.")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """For pages, our API and allauth's own API alike."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _MISMATCH,
        "username_password_mismatch": _MISMATCH,
        "account_inactive": _("This account is closed."),
        "username_taken": _("This user name is taken. Choose another one."),
        "email_taken": _("An account with this email address already exists."),
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        return plain_address(str(super().get_client_ip(request)))

    def populate_username(self, request: HttpRequest, user: User) -> None:
        # User names are optional: allauth must not invent one.
        user.username = user.username or None

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Raises ``ValidationError``."""
        # Strangers who guess lock out themselves, not the account's owner: what fails is counted by account
        # and address, more generously by account alone, and where the owner has signed in before, by device.
        account, device = _identify(request, credentials)
        usages = [_count_failure(request, f"{account} {device or ratelimit.get_ip(request)}", not device)]
        if not device:
            usages.append(ratelimit.consume(request, app=APP, action="login_failed_anywhere", key=account))
        self._usages = [usage for usage in usages if usage]
        if len(self._usages) < len(usages):
            self._record_refusal(credentials, "too many attempts")
            raise self.validation_error("too_many_login_attempts")

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        self._record_refusal(credentials, "wrong password or closed")

    def _record_refusal(self, credentials: dict[str, Any], reason: str) -> None:
        login = str(credentials.get("email") or credentials.get("username") or "")
        record_refusal(login, User.objects.with_login(login), reason)

    def _rollback_login_failed_rl_usage(self) -> None:
        for usage in self._usages:
            usage.rollback()

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        account, device = _identify(request, credentials)
        for name in (f"{account} {ratelimit.get_ip(request)}", f"{account} {device}"):
            ratelimit.clear(request, app=APP, action="login_failed", key=name)
        ratelimit.clear(request, app=APP, action="login_failed_anywhere", key=account)

    def clean_email(self, email: str) -> str:
        """Whoever was told of too many accounts is told nothing for a while, neither of new addresses."""
        request = self.request
        if request.path.rstrip("/").endswith(SIGNING_UP) and not ratelimit.consume(
            request, app=APP, action="email_taken", dry_run=True
        ):
            if is_headless_request(request):
                raise ImmediateHttpResponse(ratelimit.respond_429(request))
            raise too_many_attempts("email_taken")
        return str(super().clean_email(normal_email(email)))

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        if code == "email_taken":
            ratelimit.consume(self.request, app=APP, action="email_taken")
        if code == "enter_current_password":
            record_refusal("", self.request.user, "wrong present password")
        error: ValidationError = super().validation_error(code, *args)
        return error

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        # In the meantime the address may have become another account's.
        others = User.objects.exclude(pk=email_address.user_id)
        if not others.filter(email=normal_email(email_address.email)).exists():
            return bool(super().confirm_email(request, email_address))
        if is_headless_request(request):
            raise ImmediateHttpResponse(ConflictResponse(request))
        return False

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: object) -> str:
        # The link says where to go on, for it may be opened in another browser.
        link = str(super().get_email_confirmation_url(request, emailconfirmation))
        page = "" if is_api(request.path_info) else request.session.get(PAGE_AFTER_PROOF)
        return f"{link}?{urlencode({REDIRECT_FIELD_NAME: page})}" if page else link

    def post_login(
        self, request: HttpRequest, user: User, *, redirect_url: str | None, **kwargs: Any
    ) -> HttpResponse:
        page = request.session.pop(PAGE_AFTER_PROOF, None)
        redirect_url = redirect_url or get_next_redirect_url(request) or page
        answer: HttpResponse = super().post_login(request, user, redirect_url=redirect_url, **kwargs)
        return answer

    def add_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        # Messages are for pages: from the API they would wait for the next one.
        if not is_api(request.path_info):
            super().add_message(request, *args, **kwargs)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        try:
            super().send_mail(template_prefix, email, _lead_to_site(context))
        # A mail server that is down stops nobody from signing up, and an error would tell who has an account.
        except (SMTPException, OSError):
            logger.exception("The mail %s could not be sent.", template_prefix)


class ThisSite:
    """What allauth's mails say of the site they come from."""

    name = "Holdfast"

    @property
    def domain(self) -> str:
        return str(urlsplit(settings.SITE_URL).netloc)


def _lead_to_site(context: dict[str, Any]) -> dict[str, Any]:
    # allauth makes links of the request's Host header, which is whatever the sender likes.
    site = urlsplit(settings.SITE_URL)
    links = {
        name: urlsplit(link)._replace(scheme=site.scheme, netloc=site.netloc).geturl()
        for name, link in context.items()
        if name.endswith("_url") and isinstance(link, str) and link
    }
    return {**context, **links, "current_site": ThisSite()}


def _identify(request: HttpRequest, credentials: dict[str, Any]) -> tuple[str, str]:
    """The account, whichever of its names is tried, and the device if it is known there."""
    login = str(credentials.get("email") or credentials.get("username") or "")
    user = User.objects.with_login(login)
    return (user.email if user else login.lower()), device_of(request, user)


def _count_failure(request: HttpRequest, key: str, by_address: bool) -> RateLimitUsage | None:
    rates = settings.ACCOUNT_RATE_LIMITS or {}  # False: no limits at all
    if not by_address:
        rates = rates | {"login_failed": ",".join(_rates_by_key(rates.get("login_failed", "")))}
    usage: RateLimitUsage | None = ratelimit.consume(
        request, app=APP, action="login_failed", key=key, config=rates
    )
    return usage


def _rates_by_key(rates: str) -> list[str]:
    return [rate for rate in rates.split(",") if rate.endswith("/key")]


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        # The provider's user name may be somebody else's here.
        user: User = super().populate_user(request, sociallogin, {**data, "username": ""})
        user.first_name, user.last_name = drop_controls(user.first_name), drop_controls(user.last_name)
        return user

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Provider:
        try:
            return super().get_provider(request, provider, client_id)
        except SocialApp.DoesNotExist:
            # Accounts are linked by Google's tokens, too, for which our pages need not offer it.
            if provider not in (GOOGLE, CheckedProvider.id) or not settings.GOOGLE_CLIENT_ID:
                raise
            return find_google(request)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        after_commit(super().send_notification_mail, *args, **kwargs)

    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[User, str] | None:
        """The account with an address that the provider says it has verified."""
        for address in sociallogin.email_addresses:
            email = normal_email(address.email)
            address.verified = address.verified is True  # the text "false" is no proof
            if address.verified and self.can_authenticate_by_email(sociallogin, email):
                user = User.objects.filter(email=email).first()
                if user is not None:
                    # If nobody had proved yet that the address is theirs, allauth discards the account's
                    # password: whoever chose it may have been somebody else. Their API keys go with it.
                    _revoke_unless_proved(user, email)
                    return user, email
        return None


def _revoke_unless_proved(user: User, email: str) -> None:
    if not EmailAddress.objects.filter(user=user, email=email, verified=True).exists():
        revoke_all_keys(user=user)
