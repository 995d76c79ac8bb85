from copy import copy

from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest


def without_cookies(request: HttpRequest) -> HttpRequest:
    """The same request from nobody, with a session of its own.

    Whatever is done with it leaves no cookie in its sender's browser: no session, device or CSRF token.
    """
    apart = copy(request)
    apart.META, apart.COOKIES = {**request.META}, {}
    apart.session, apart.user = SessionStore(), AnonymousUser()
    return apart
