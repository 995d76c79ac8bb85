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
    found = [Address(route, each.callback) for route, each in _walk(api_urls.urlpatterns)]
    return {each.route: each for each in found if each.view is not NoSuchEndpoint}


def _walk(patterns: Any, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield route, each
        elif isinstance(each, URLResolver) and route != OTHERS_OWN:
            yield from _walk(each.url_patterns, route)
