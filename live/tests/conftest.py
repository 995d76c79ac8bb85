"""One server for a module's tests."""

from collections.abc import Iterator
from typing import Any

import pytest

from live.tests.helpers import Server, serving


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[Server]:
    with django_db_blocker.unblock(), serving(STREAM_RECHECK_SECONDS="1", STREAMS_PER_CLIENT="8") as server:
        yield server
