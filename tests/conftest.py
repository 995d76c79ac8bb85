"""Fixtures of the races and of the browser."""

import os
from collections.abc import Iterator

import pytest
from django.db import OperationalError
from playwright.sync_api import Browser, sync_playwright

from common import transactions
from tests.browser import CHROMIUM


@pytest.fixture
def circles(monkeypatch: pytest.MonkeyPatch) -> list[OperationalError]:
    """Fills with whatever made a transaction start again: on PostgreSQL, deadlocks."""
    found: list[OperationalError] = []
    judge = transactions.is_transient

    def noted(error: OperationalError) -> bool:
        found.append(error)
        return judge(error)

    monkeypatch.setattr(transactions, "is_transient", noted)
    return found


@pytest.fixture(scope="module")
def async_unsafe() -> Iterator[None]:
    """Playwright's event loop runs in this thread; Django would refuse to use the database beside it."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="module")
def browser(async_unsafe: None) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()
