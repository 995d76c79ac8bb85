"""One server for a module's tests."""

from collections.abc import Iterator
from typing import Any

import pytest

from live.tests.helpers import Server, serving

SHOP = "https://shop.example"
"""Its pages may listen."""


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[Server]:
    with (
        django_db_blocker.unblock(),
        serving(CORS_ALLOWED_ORIGINS=SHOP, STREAM_RECHECK_SECONDS="1", STREAMS_PER_CLIENT="8") as server,
    ):
        yield server
