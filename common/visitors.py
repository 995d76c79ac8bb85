"""Who a guest is, as far as a request tells: somebody with a secret of theirs, or else an address."""

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

from common.throttling import client_address

SECRET_HEADERS = ("X-Reservation-Token", "X-Waitlist-Token")


def identify_guest(request: HttpRequest | Request) -> str:
    """The link's secret that came with it, else the browser, else the address and the program there."""
    plain = request._request if isinstance(request, Request) else request
    secrets = [plain.headers.get(name, "") for name in SECRET_HEADERS] + [browser_of(plain)]
    for secret in filter(None, secrets):
        return f"secret:{secret}"
    return f"address:{client_address(plain)} {plain.headers.get('User-Agent', '')}"


def holders_of(request: HttpRequest | Request) -> dict[str, str]:
    """Under which names a guest's holds are counted; none for accounts."""
    if request.user.pk:
        return {}
    plain = request._request if isinstance(request, Request) else request
    names = {"browser": browser_of(plain), "address": client_address(plain)}
    return {sort: name for sort, name in names.items() if name}


def browser_of(request: HttpRequest) -> str:
    """The secret cookie of forms: it comes with the first page and stays when a session begins."""
    return request.COOKIES.get(settings.CSRF_COOKIE_NAME, "")
