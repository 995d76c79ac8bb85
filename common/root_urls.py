"""Addresses of the API outside of ``/api/``, as a product's documents name them: ``/admin/user/add``.

They come before the admin and all pages. A product registers the module with its ``urlpatterns``: literal
routes of ``accounts.api.root.RootView``, each with and without its slash (``common.api_views.either``).
``common.health`` is there, too.
"""

from collections.abc import Iterator
from functools import cache

from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver, include, path

from common.registry import Registry

root_urls: Registry[str] = Registry("URL configurations of the root")


def root_patterns() -> list[URLResolver]:
    return [path("", include(module)) for module in root_urls]


@cache
def root_addresses() -> frozenset[str]:
    return frozenset(f"/{each.pattern}" for each in _walk())


def is_api(address: str) -> bool:
    """Whether errors, limits and bodies at this path are the API's rather than those of pages."""
    return address.startswith("/api/") or address in root_addresses()


def _walk() -> Iterator[URLPattern]:
    """Raises ``ImproperlyConfigured`` for what could hide other addresses."""
    for resolver in root_patterns():
        for each in resolver.url_patterns:
            if not isinstance(each, URLPattern) or not _is_apart(str(each.pattern)):
                raise ImproperlyConfigured(
                    f"/{each.pattern} is no address for the root: not literal, or the API's."
                )
            yield each


def _is_apart(route: str) -> bool:
    return bool(route.strip("/")) and not set("<(^$?*") & set(route) and not route.startswith("api/")
