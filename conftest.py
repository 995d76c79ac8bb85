"""Fixtures for the whole suite."""

import gc
import os
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.db import connections, transaction
from django.test import override_settings
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from tests.compiling import compile_together, is_left_out
from tests.databases import migrate_once
from tests.effort import LONG
from tests.emptying import empty_after_tests
from tests.ordering import put_long_tests_first
from tests.tracing import is_traced, load_measured, nothing_traced

USES_DATABASE = {"db", "transactional_db", "django_db_setup", "live_server"}
# How long an example takes says how busy the machine is; what fixtures make may stay between examples.
# Nor may luck decide a run: only ``--long`` looks at other examples each time.
LENIENT = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
hypothesis_settings.register_profile(
    "lenient", hypothesis_settings(), deadline=None, suppress_health_check=LENIENT, derandomize=not LONG
)
hypothesis_settings.load_profile("lenient")


def pytest_configure() -> None:
    empty_after_tests()
    options = connections["default"].settings_dict["OPTIONS"]
    if "connect_timeout" in options:  # visitors are not left waiting so long, but a busy machine's tests are
        options["connect_timeout"] = 60
        url = os.environ["DATABASE_URL"]  # of every process that a test starts, too
        if "connect_timeout" not in url:
            os.environ["DATABASE_URL"] = f"{url}{'&' if '?' in url else '?'}connect_timeout=60"


@pytest.hookimpl(wrapper=True, tryfirst=True)  # before -m chooses, and after the order is shaken
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, None, None]:
    mark(items)
    if connections["default"].vendor != "postgresql":
        items[:] = [item for item in items if not item.get_closest_marker("postgresql")]
    yield
    put_long_tests_first(items)


def pytest_sessionstart() -> None:
    gc.disable()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """What is measured is loaded while it is traced, whichever test comes first; tests are not measured."""
    load_measured(session.config.rootpath)
    with nothing_traced():
        if session.config.args == [str(session.config.rootpath)]:
            compile_together(session.config)
        return (yield)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return True if is_left_out(collection_path, config) else None


def pytest_collection_finish() -> None:
    # What thousands of collected tests are made of stays; looking through it again and again finds nothing.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Traces some tests only; what is set up for the others is not traced either."""
    if is_traced(item.nodeid):
        return (yield)
    with nothing_traced():
        return (yield)


def mark(items: list[pytest.Item]) -> None:
    """What uses no database says the same on every engine."""
    for item in items:
        if not item.get_closest_marker("django_db") and USES_DATABASE.isdisjoint(item.fixturenames):  # type: ignore[attr-defined]
            item.add_marker("once")


@pytest.fixture(autouse=True)
def _language_of_the_settings() -> None:
    """Whatever language the test before has asked for."""
    translation.deactivate()


@pytest.fixture(scope="session", autouse=True)
def plain_settings(django_test_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Plain HTTP, unhashed static files and cheap passwords, whatever the environment says."""
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    private = {"location": tmp_path_factory.getbasetemp() / "files"}
    files = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": private}
    with override_settings(
        MEDIA_ROOT=tmp_path_factory.getbasetemp() / "media",
        SECURE_SSL_REDIRECT=False,
        SESSION_COOKIE_SECURE=False,
        CSRF_COOKIE_SECURE=False,
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STATIC_ROOT="",  # each test client would read what script/server has collected
        API_RATES={},  # the tests of limits set their own
        GUEST_HOLDS={},
        MIDDLEWARE=["tests.declared_codes.DeclaredCodes", *settings.MIDDLEWARE],
        STORAGES=settings.STORAGES | {"staticfiles": static, "files": files},
    ):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each worker has a database of its own, which is migrated once for all."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        migrate_once(tmp_path_factory.getbasetemp().parent)


@pytest.fixture
def early_2027() -> Iterator[None]:
    """The year's first days, for tests about certain days of that year, whose clocks change as they say."""
    with time_machine.travel(datetime(2027, 1, 4, 9, tzinfo=UTC)):
        yield


@pytest.fixture(scope="module")
def shared_rows(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """What fixtures of a module write after this is there for all its tests, and gone after the last.

    Each test's own transaction is a savepoint within, so it sees the rows as they were made.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)
