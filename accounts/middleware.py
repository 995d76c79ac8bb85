import json
import re
from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from common.api_views import LARGEST_BODY
from common.errors import error_body

PERSONAL = re.compile(r"^/(account|accounts|admin|api/auth|api/v1/auth)/")
HEADLESS = re.compile(r"^/api/auth/(browser|app)/")


class WellFormedJson:
    """Refuses JSON that is no text (lone surrogates), too deep or too long, as our own API does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not HEADLESS.match(request.path_info):
            return self.get_response(request)
        # For allauth's own API: no database stores such a text and no hash takes it, so it would end as an
        # error of the server.
        try:
            if len(request.body) > LARGEST_BODY:
                raise RequestDataTooBig
            json.dumps(json.loads(request.body or b"null"), ensure_ascii=False).encode()
        except RequestDataTooBig:
            return _error_response(413, "too_large", _("This request is too large."))
        except (ValueError, RecursionError):
            return _error_response(400, "malformed", _("This is not valid JSON."))
        return self.get_response(request)


class NeverStored:
    """What an account's pages, the admin and the API of accounts answer stays with whoever asked.

    They show recovery codes, secrets and keys; allauth's own pages say nothing about being stored.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if PERSONAL.match(request.path_info):
            patch_cache_control(response, private=True, no_store=True)
        return response


def _error_response(status: int, code: str, sentence: str) -> HttpResponse:
    return JsonResponse(error_body(sentence, code), status=status)
