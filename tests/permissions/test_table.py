"""Who gets what at each address: the table, and what holds for all of it."""

from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from tests.permissions.rows import Request, Row, client_of
from tests.permissions.table import TABLE
from tests.permissions.world import ROLES, World

ABSENT = str(UUID(int=2**62))
ABSENT_NUMBER = "987654321"
CODES = {401: "not_authenticated", 403: "forbidden", 404: "not_found"}


def answers(row: Row, world: World, method: str = "") -> dict[str, Any]:
    """The row's request by everybody, each as if nobody else had sent it."""
    request = Request.of(row, world)
    headers = {role: row.headers(world, role) for role in row.expected}
    clients = {role: client_of(world, role) for role in row.expected}
    found = {}
    for role in row.expected:
        with transaction.atomic():
            found[role] = request.sent(clients[role], headers[role], method)
            transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_the_table(row: Row, world: World) -> None:
    found = answers(row, world)

    assert {role: answer.status_code for role, answer in found.items()} == row.expected, {
        role: answer.content[:300] for role, answer in found.items() if answer.status_code != row.expected[role]
    }
    for answer in found.values():
        if answer.status_code in CODES:
            assert answer.json()["code"] == CODES[answer.status_code]
