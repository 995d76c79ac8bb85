"""What clients may not set is refused by name, at every depth, and changes nothing."""

import copy
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from typing import Any

import pytest

from tests.permissions.rows import Request, Row, client_of, everything
from tests.permissions.table import TABLE
from tests.permissions.world import World

pytestmark = pytest.mark.once

FIELDS = {
    "price": "0.01",
    "total_cost": "0.01",
    "status": "confirmed",
    "user_id": "00000000-0000-4000-8000-000000000000",
    "customer": "00000000-0000-4000-8000-000000000000",
    "venue_id": "00000000-0000-4000-8000-000000000000",
    "is_staff": True,
    "is_superuser": True,
    "version_": 1,
    "created_at": "2020-01-01T00:00:00Z",
}
NOT_ALLOWED = (401, 403, 404)
WITH_BODY = [row for row in TABLE if row.body is not None]
SENDERS = ("customer", "manager")


def smuggled(body: dict[str, Any], path: tuple[Any, ...], names: Set[str]) -> dict[str, Any]:
    """The body with the fields added to the object at ``path``."""
    changed = copy.deepcopy(body)
    below: Any = changed
    for step in path:
        below = below[step]
    below |= {name: FIELDS[name] for name in names}
    return changed


def _objects(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, Mapping):
        yield path
    steps = (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    )
    for step, below in steps:
        yield from _objects(below, (*path, step))


@pytest.mark.parametrize("row", WITH_BODY, ids=lambda row: row.name)
def test_fields_that_are_not_for_clients(row: Row, world: World) -> None:
    request = Request.of(row, world)
    body = request.body or {}
    for role in SENDERS:
        client = client_of(world, role)
        before = everything()
        for path in _objects(body):
            left = FIELDS.keys() - {*row.known, *row.takes}
            while left:  # some addresses name them all, some the first
                answer = replace(request, body=smuggled(body, path, left)).sent(client, {})
                told = refused(answer, left, row.expected[role])
                assert told
                left -= told
        assert everything() == before, role


def refused(answer: Any, names: Set[str], usual: int) -> Set[str]:
    """Those of the names that the answer refuses."""
    if usual in NOT_ALLOWED and answer.status_code == usual:
        return names
    told = answer.json()
    assert (answer.status_code, told.get("code")) == (400, "unknown_field"), (names, told)
    found = {each.split(".")[-1] for each in told["fields"]}
    assert found <= names
    return found


@pytest.mark.parametrize("row", [row for row in TABLE if row.known], ids=lambda row: row.name)
def test_fields_that_staff_alone_may_set(row: Row, world: World) -> None:
    client, request = client_of(world, "customer"), Request.of(row, world)
    before = everything()
    for name in row.known:
        answer = replace(request, body={name: "contacted"}).sent(client, {})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert everything() == before
