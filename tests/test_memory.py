"""What the server has loaded is kept out of the garbage collector's sight."""

import sys

import pytest

from tests.processes import PATIENCE, running

COUNT = """
import gc, sys
import config.{gate}
assert gc.isenabled()
print("hidden", gc.get_freeze_count(), "with the views", "storefront.booking.views" in sys.modules)
"""


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("gate", ["asgi", "wsgi"])
def test_what_is_loaded_is_hidden_before_serving(gate: str) -> None:
    with running(sys.executable, "-c", COUNT.format(gate=gate)) as process:
        assert process.process.wait(PATIENCE) == 0, process.output
    words = process.output.splitlines()[-1].split()
    assert int(words[1]) > 50_000
    assert words[-1] == "True"
