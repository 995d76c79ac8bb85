from collections.abc import Iterator

import pytest
import time_machine
from django.core.cache import cache

from accounts.models import User
from common.clock import now
from lending.tests.desk_helpers import Desk, make_desk
from lending.tests.page_helpers import make_person
from resources.enums import Role


@pytest.fixture(autouse=True)
def same_minute() -> Iterator[None]:
    """No minute passes during a test: what is counted from now is counted from one and the same."""
    with time_machine.travel(now().replace(second=5)):
        yield


@pytest.fixture
def no_kept_ranges() -> None:
    cache.clear()


@pytest.fixture
def person() -> User:
    return make_person()


@pytest.fixture
def desk() -> Desk:
    """Of staff; what managers alone may do stands at that of a ``manager``."""
    return make_desk()


@pytest.fixture
def manager() -> Desk:
    return make_desk(Role.MANAGER)
