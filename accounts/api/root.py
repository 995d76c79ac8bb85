"""What views at ``common.root_urls`` are made of, and nobody else."""

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
    headers hold where a browser forgets to ask.
    """
    plain = request._request
    origin = f"{plain.scheme}://{plain.get_host()}"
    return (
        plain.content_type == "application/json"
        and plain.headers.get("Origin") in (None, origin)
        and plain.headers.get("Sec-Fetch-Site") in (None, "same-origin", "none")
    )


class RootView(APIView):
    authentication_classes = (TokenAuthentication, RootSession)
