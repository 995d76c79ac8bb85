"""Fixtures for the whole suite."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings

from tests.emptying import empty_after_tests

# How long an example takes says how busy the machine is; what fixtures make may stay between examples.
LENIENT = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
hypothesis_settings.register_profile(
    "lenient", hypothesis_settings(), deadline=None, suppress_health_check=LENIENT
)
hypothesis_settings.load_profile("lenient")


def pytest_configure() -> None:
    empty_after_tests()


@pytest.fixture(autouse=True)
def plain_settings(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Plain HTTP, unhashed static files and cheap passwords, whatever the environment says."""
    settings.MEDIA_ROOT = tmp_path_factory.getbasetemp() / "media"
    settings.SECURE_SSL_REDIRECT = False
    settings.SESSION_COOKIE_SECURE = False
    settings.CSRF_COOKIE_SECURE = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STATIC_ROOT = ""  # each test client would read what script/server has collected
    settings.API_RATES = {}  # the tests of limits set their own
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": static}


@pytest.fixture
def early_2027() -> Iterator[None]:
    """The year's first days, for tests about certain days of that year, whose clocks change as they say."""
    with time_machine.travel(datetime(2027, 1, 4, 9, tzinfo=UTC)):
        yield
