"""Every test has its own world, and counts its own attempts to sign in."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from pytest_django import Settings

from tests.permissions.world import World


@pytest.fixture(autouse=True)
def no_limits(settings: Settings) -> Iterator[None]:
    settings.ACCOUNT_RATE_LIMITS = False
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def world(db: None) -> World:
    return World()
