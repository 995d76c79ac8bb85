"""Every test has its own world of the same people, and counts its own attempts to sign in."""

import pickle
from collections.abc import Iterator
from functools import lru_cache

import pytest
from django.core.cache import cache
from pytest_django import Settings

from tests.permissions.people import ROLES
from tests.permissions.secrets import readers
from tests.permissions.world import World


@pytest.fixture(autouse=True)
def no_limits(settings: Settings) -> Iterator[None]:
    settings.ACCOUNT_RATE_LIMITS = False
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(scope="module")
def people(shared_rows: None) -> World:
    """What all rows need: everybody is there, signed in, and their venues, a booked room and loans, too."""
    made = World()
    for role in ROLES:
        made.session(role)
    assert made.reservation.venue == made.venue
    # Many rows are about these, and each would make them anew.
    assert {made.waiting.status, made.ready.status} == {"requested", "approved"}
    return made


@pytest.fixture(scope="module")
def secrets(people: World) -> dict[str, frozenset[str]]:
    """Everything there is has been made; texts, and who may read them."""
    assert people.borrowed.status == "out"
    return readers(people)


@lru_cache(1)
def pack(people: World, made: int) -> bytes:
    """``made``: it is packed anew when more has been made. Reading this takes a third of ``deepcopy``."""
    return pickle.dumps(people)


@pytest.fixture
def world(people: World, db: None) -> World:
    copy: World = pickle.loads(pack(people, len(vars(people))))
    if "held" in vars(copy):
        copy.renew(copy.held)
    return copy
