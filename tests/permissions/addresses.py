"""Every address of the API that is ours, below ``/api/`` or at the root, and what its view can do."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver

from common.api_views import NoSuchEndpoint
from common.root_urls import root_patterns
from config import api_urls

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OTHERS_OWN = "auth/"
"""Below it allauth's own addresses are included."""


@dataclass(frozen=True)
class Address:
    route: str
    """Below ``/api/``; with a slash in front where it is at the root."""
    callback: Any

    @property
    def view(self) -> Any:
        """Its class."""
        return getattr(self.callback, "cls", None) or self.callback.view_class

    @property
    def methods(self) -> list[str]:
        """Those that a view set has an action for; of other views, those they have and let through."""
        actions = getattr(self.callback, "actions", None)
        if actions:
            return [each for each in METHODS if each.lower() in actions]
        allowed = self.view.http_method_names
        return [each for each in METHODS if each.lower() in allowed and hasattr(self.view, each.lower())]

    def scope(self, method: str) -> str:
        """What a key needs; single actions may say so themselves."""
        name = "read_scope" if method == "GET" else "write_scope"
        said = getattr(self.callback, "initkwargs", {})
        return str(said.get(name, getattr(self.view, name)))


def addresses() -> dict[str, Address]:
    """By route, as the table writes it; what answers that there is nothing is none."""
    walked = (*_walk(api_urls.urlpatterns), *_walk(root_patterns(), "/"))
    found = [Address(route, each.callback) for route, each in walked]
    return {each.route: each for each in found if each.view is not NoSuchEndpoint}


def path_of(route: str) -> str:
    return route if route.startswith("/") else f"/api/{route}"


def _walk(patterns: Any, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield route, each
        elif isinstance(each, URLResolver) and route != OTHERS_OWN:
            yield from _walk(each.url_patterns, route)
