"""Answers to requests that swap a part of the page."""

from django.http import HttpRequest, HttpResponse


def is_swap(request: HttpRequest) -> bool:
    """Whether htmx asks, and not the browser itself."""
    return bool(getattr(request, "htmx", False))


def swapped(response: HttpResponse, target: str) -> HttpResponse:
    """Swaps the ``target`` (a selector) instead of what was asked for: where a form has errors now."""
    response.headers["HX-Retarget"] = response.headers["HX-Reselect"] = target
    return response
