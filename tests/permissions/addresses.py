"""Every address below ``/api/`` that is ours, and what its view can do."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver

from common.api_views import NoSuchEndpoint
from config import api_urls

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OTHERS_OWN = "auth/"
"""Below it allauth's own addresses are included."""


@dataclass(frozen=True)
class Address:
    route: str
    view: Any

    @property
    def methods(self) -> list[str]:
        """Those for which the view has a handler and that it lets through."""
        allowed = self.view.http_method_names
        return [each for each in METHODS if each.lower() in allowed and hasattr(self.view, each.lower())]


def addresses() -> dict[str, Address]:
    """By route, as the table writes it; what answers that there is nothing is none."""
    found = {route: Address(route, _view(each)) for route, each in _walk(api_urls.urlpatterns)}
    return {route: each for route, each in found.items() if each.view is not NoSuchEndpoint}


def _view(pattern: URLPattern) -> Any:
    """Its class."""
    view: Any = pattern.callback
    return view.view_class


def _walk(patterns: Any, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield route, each
        elif isinstance(each, URLResolver) and route != OTHERS_OWN:
            yield from _walk(each.url_patterns, route)
