"""Who a guest is, as far as a request tells: somebody with a secret of theirs, or else an address."""

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

from common.registry import Registry
from common.throttling import client_address, client_network

SECRET_HEADERS: Registry[str] = Registry("headers with a link's secret")


def identify_guest(request: HttpRequest | Request) -> str:
    """The secret that came with it, else the address and the program there, which others may share."""
    plain = request._request if isinstance(request, Request) else request
    secret = secret_of(plain)
    if secret:
        return f"secret:{secret}"
    return f"address:{client_address(plain)} {plain.headers.get('User-Agent', '')}"


def secret_of(request: HttpRequest) -> str:
    """A link's, else the browser's; empty for a program that keeps no cookies."""
    secrets = [request.headers.get(name, "") for name in SECRET_HEADERS] + [browser_of(request)]
    return next(filter(None, secrets), "")


def holders_of(request: HttpRequest | Request) -> dict[str, str]:
    """Under which names a guest's holds are counted; none for accounts."""
    if request.user.pk:
        return {}
    plain = request._request if isinstance(request, Request) else request
    names = {"browser": browser_of(plain), "address": client_network(plain)}
    return {sort: name for sort, name in names.items() if name}


def browser_of(request: HttpRequest) -> str:
    """The secret cookie of forms: it comes with the first page and stays when a session begins."""
    return request.COOKIES.get(settings.CSRF_COOKIE_NAME, "")
