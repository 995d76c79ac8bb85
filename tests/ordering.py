"""Long tests begin first: one that came last would keep all workers waiting."""

import os
from collections.abc import Sequence
from itertools import chain
from typing import TypeVar

import pytest

T = TypeVar("T")
# Processes, servers, and what waits for other machines.
LONG = (
    "accounts/tests/test_headless",
    "bench/",
    "live/",
    "notifications/tests/test_kill",
    "tests/permissions/test_secrets",
    "tests/test_background",
    "tests/test_browser",
    "tests/test_by_itself",
    "tests/test_concurrency",
    "tests/test_lanes",
    "tests/test_outdated",
    "tests/test_pool",
)


def put_long_tests_first(items: list[pytest.Item]) -> None:
    """In as many equal parts as there are workers, since each begins with a part of the whole.

    First of all those in a browser, so that a worker opens it once.
    """
    in_browsers = [item for item in items if "browser" in item.fixturenames]  # type: ignore[attr-defined]
    others = [item for item in items if "browser" not in item.fixturenames]  # type: ignore[attr-defined]
    long = [item for item in others if item.nodeid.startswith(LONG)]
    short = [item for item in others if not item.nodeid.startswith(LONG)]
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    parts = zip(*(split(each, workers) for each in (in_browsers, long, short)), strict=True)
    items[:] = chain.from_iterable(chain.from_iterable(part) for part in parts)


def split(rows: Sequence[T], count: int) -> list[Sequence[T]]:
    ends = [len(rows) * number // count for number in range(count + 1)]
    return [rows[start:end] for start, end in zip(ends, ends[1:], strict=False)]
