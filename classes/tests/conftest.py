from collections.abc import Iterator

import pytest
import time_machine

from common.clock import now


@pytest.fixture(autouse=True)
def same_minute() -> Iterator[None]:
    """No minute passes during a test: what is counted from now is counted from one and the same."""
    with time_machine.travel(now().replace(second=5)):
        yield
