"""Who gets what at each address: the table, and what holds for all of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from tests.permissions.rows import Request, Row, client_of, everything, key_of
from tests.permissions.table import TABLE
from tests.permissions.world import World

ABSENT = str(UUID(int=2**62))
ABSENT_NUMBER = "987654321"
READING = [row for row in TABLE if row.method == "GET" and row.route != "schema"]
HIDING = [row for row in TABLE if 404 in row.expected.values()]
CODES = {401: "not_authenticated", 403: "forbidden", 404: "not_found"}


def answers(row: Row, world: World) -> dict[str, Any]:
    """The row's request by everybody, each as if nobody else had sent it; refusing changes nothing."""
    request = Request.of(row, world)
    headers = {role: row.headers(world, role) for role in row.expected}
    clients = {role: client_of(world, role) for role in row.expected}
    refused = [role for role, status in row.expected.items() if status in CODES]
    before = everything() if row.method != "GET" and refused else None
    found = {role: request.sent(clients[role], headers[role]) for role in refused}
    if before:
        assert everything() == before
    for role in row.expected.keys() - found.keys():
        with undone():
            found[role] = request.sent(clients[role], headers[role])
    return found


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def statuses(found: dict[str, Any]) -> dict[str, int]:
    return {role: answer.status_code for role, answer in found.items()}


@pytest.mark.once
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_the_table(row: Row, world: World) -> None:
    found = answers(row, world)

    wrong = {
        role: each.content[:300] for role, each in found.items() if each.status_code != row.expected[role]
    }
    assert statuses(found) == row.expected, wrong
    for answer in found.values():
        if answer.status_code in CODES:
            assert answer.json()["code"] == CODES[answer.status_code]


@pytest.mark.once
@pytest.mark.parametrize("row", READING, ids=lambda row: row.name)
def test_head_is_refused_like_get(row: Row, world: World) -> None:
    request = Request.of(row, world)
    for role in ("anonymous", "customer"):
        answer = request.sent(client_of(world, role), {}, "HEAD")
        assert answer.status_code == row.expected[role]


def _said(answer: Any) -> dict[str, Any]:
    said: dict[str, Any] = answer.json()
    return said | {"request_id": ""}  # which is each request's own


@pytest.mark.once
@pytest.mark.parametrize("row", HIDING, ids=lambda row: row.name)
def test_what_is_not_there_and_what_is_hidden_look_alike(row: Row, world: World) -> None:
    hidden = Request.of(row, world)
    key = key_of(getattr(world, row.id or row.about))
    absent = hidden.about(key, ABSENT_NUMBER if "<int:id>" in row.route else ABSENT)
    assert absent != hidden
    for role in (each for each, status in row.expected.items() if status == 404):
        client = client_of(world, role)
        with undone():
            first, second = hidden.sent(client, {}), absent.sent(client, {})
        assert (first.status_code, _said(first)) == (404, _said(second)), role
        assert {*first.headers} == {*second.headers}
