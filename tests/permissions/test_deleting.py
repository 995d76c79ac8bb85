"""Rows of the table that have a world to themselves: nothing that they delete is in use."""

import pytest

from tests.permissions.rows import Row, assert_expected
from tests.permissions.table import ALONE
from tests.permissions.test_table import answers
from tests.permissions.world import World


@pytest.mark.once
@pytest.mark.parametrize("row", ALONE, ids=lambda row: row.name)
def test_the_table(row: Row, world: World) -> None:
    assert len(ALONE) == 2
    for role, answer in answers(row, world).items():
        assert_expected(row, role, answer)
