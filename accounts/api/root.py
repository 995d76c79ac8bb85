"""What views at ``common.root_urls`` are made of, and nobody else."""

from django.http import HttpRequest
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from accounts.api.authentication import TokenAuthentication
from common.api import SessionAuthentication
from common.api_views import APIView


class RootSession(SessionAuthentication):
    """The session's cookie, without a CSRF token where no page of another site can have sent the request."""

    def enforce_csrf(self, request: Request) -> None:
        if not is_from_our_own_page(request):
            super().enforce_csrf(request)


def is_from_our_own_page(request: Request) -> bool:
    """As far as browsers tell; programs tell nothing, and have no cookies of others.

    JSON from another origin is asked about first (CORS), which nothing at the root allows. The other two
    headers hold where a browser forgets to ask, and for what has no content.
    """
    plain = request._request
    origin = f"{plain.scheme}://{plain.get_host()}"
    return (
        _has_json_or_nothing(plain)
        and plain.headers.get("Origin") in (None, origin)
        and plain.headers.get("Sec-Fetch-Site") in (None, "same-origin", "none")
    )


def _has_json_or_nothing(plain: HttpRequest) -> bool:
    """``curl -X POST`` without more sends neither content nor its type, for which some servers put text."""
    if plain.META.get("CONTENT_LENGTH") in (None, "", "0") and plain.content_type in ("", "text/plain"):
        return True
    return plain.content_type == "application/json"


class RootView(APIView):
    authentication_classes = (TokenAuthentication, RootSession)

    def perform_authentication(self, request: Request) -> None:
        """What a form of another site could send is refused whoever sends it. Raises 415."""
        if request.method not in SAFE_METHODS and not _has_json_or_nothing(request._request):
            raise UnsupportedMediaType(str(request._request.content_type))
        super().perform_authentication(request)
