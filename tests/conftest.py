"""Fixtures of the races and of the browser."""

from collections.abc import Generator, Iterator
from contextlib import ExitStack

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


KEPT = ExitStack()
"""The browser that is open, with Playwright's event loop, which runs in this thread as long."""
OPEN: list[Browser] = []


@pytest.fixture
def browser() -> Iterator[Browser]:
    """One for all tests that come one after another, whatever their files: to start it takes seconds."""
    if not OPEN:
        # Django would refuse to use the database beside the event loop.
        KEPT.enter_context(pytest.MonkeyPatch.context()).setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        playwright = KEPT.enter_context(sync_playwright())
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        OPEN.append(KEPT.enter_context(started))
        KEPT.callback(OPEN.clear)
    yield OPEN[0]
    for context in OPEN[0].contexts:
        context.close()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Generator[None]:
    yield
    if "browser" not in getattr(nextitem, "fixturenames", ()):
        KEPT.close()
