"""HEAD is answered like GET by every page that can be asked for without knowing more than its address."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def list_pages(patterns: Any, before: str = "/") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver) and not route.startswith(("/admin/", "/api/")):
            yield from list_pages(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and not set("<(^$?") & set(route):
            yield route


def test_head_is_get_without_its_body() -> None:
    guest, customer = Client(), Client()
    customer.force_login(make_user())
    pages = [page for page in list_pages(get_resolver("config.urls").url_patterns) if "logout" not in page]
    assert len(pages) > 40
    for client in (guest, customer):
        statuses = {page: (client.get(page).status_code, client.head(page).status_code) for page in pages}
        assert {page: both for page, both in statuses.items() if both[0] != both[1]} == {}
