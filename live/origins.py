"""What pages of other origins may do with ``/stream/``, which answers before any middleware is asked."""

from corsheaders.middleware import CorsMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

_cors = CorsMiddleware(lambda request: HttpResponse())


def is_preflight(request: HttpRequest) -> bool:
    return _cors.check_preflight(request) is not None


def headers_for_origin(request: HttpRequest) -> dict[str, str]:
    response: HttpResponseBase = HttpResponse()
    del response["Content-Type"]
    return dict(_cors.add_response_headers(request, response).headers)
