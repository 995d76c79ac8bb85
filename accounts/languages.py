from collections.abc import Callable

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, override
from django.views.decorators.http import require_POST

from accounts.services.editing import edit_account
from common.languages import language_of, with_region
from common.root_urls import is_api


class ProfileLanguage:
    """The account's language comes before the one that ``LocaleMiddleware`` found."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Whoever presents a token to the API is known later: common.languages.activate_language_of.
        with override(_language_for(request)):
            request.LANGUAGE_CODE = get_language() or settings.LANGUAGE_CODE
            response = self.get_response(request)
            spoken = get_language() or settings.LANGUAGE_CODE
        response.headers.setdefault("Content-Language", spoken)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


def _language_for(request: HttpRequest) -> str | None:
    language = _language_of_session(request) or get_language()
    # Programs and the admin are told times in one way, wherever they are.
    is_page = not is_api(request.path_info) and not request.path_info.startswith(reverse("admin:index"))
    return with_region(language, request) if language and is_page else language


def _language_of_session(request: HttpRequest) -> str:
    try:
        return language_of(request.user)
    except OperationalError:  # the view meets the same trouble and has the words for it
        return ""


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the choice in a cookie, and in the account of those who are signed in; leads back."""
    language = request.POST.get("language", "")
    response = redirect(_find_way_back(request))
    if language in dict(settings.LANGUAGES):
        _set_language_cookie(response, language)
        if request.user.is_authenticated:
            edit_account(user=request.user, changes={"language": language})
    return response


def _set_language_cookie(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,  # type: ignore[arg-type]
    )


def _find_way_back(request: HttpRequest) -> str:
    # "next" is for pages whose own address answers forms only. Else the browser knows best, because pages
    # change their address without being loaded anew. "page" helps browsers that do not say.
    addresses = (request.POST.get("next"), request.headers.get("Referer"), request.POST.get("page"))
    return next(
        (address for address in addresses if address and _is_ours(address, request)), resolve_url("home")
    )


def _is_ours(address: str, request: HttpRequest) -> bool:
    return url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
