"""Who gets what at each address: the table, and what holds for all of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from tests.permissions.rows import CODES, Request, Row, assert_expected, client_of, everything, key_of
from tests.permissions.secrets import allowed, found
from tests.permissions.table import ALONE, CHANGING, READING, TABLE
from tests.permissions.world import World

ABSENT = str(UUID(int=2**62))
ABSENT_NUMBER = "987654321"
HIDING = [row for row in TABLE if 404 in row.expected.values() and (row.id or row.about)]
"""The others are about whoever asks: a profile that one has or has not."""


def answers(row: Row, world: World) -> dict[str, Any]:
    """The row's request by everybody, each as if nobody else had sent it; refusing changes nothing."""
    request = Request.of(row, world)
    headers = {role: row.headers(world, role) for role in row.expected}
    clients = {role: client_of(world, role) for role in row.expected}
    refused = [role for role, status in row.expected.items() if status in CODES]
    before = everything() if row.method != "GET" and refused else None
    given = {role: request.sent(clients[role], headers[role]) for role in refused}
    if before:
        assert everything() == before
    for role in row.expected.keys() - given.keys():
        with undone():
            given[role] = request.sent(clients[role], headers[role])
    return given


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def statuses(found: dict[str, Any]) -> dict[str, int]:
    return {role: answer.status_code for role, answer in found.items()}


@pytest.mark.once
@pytest.mark.parametrize("row", [row for row in CHANGING if row not in ALONE], ids=lambda row: row.name)
def test_the_table(row: Row, world: World, secrets: dict[str, frozenset[str]]) -> None:
    """What only reads is asked for by the tests of secrets."""
    for role, answer in answers(row, world).items():
        assert_expected(row, role, answer)
        texts, own = found(secrets, answer), allowed(role, row, world, secrets)
        assert row.route.startswith("auth/") or texts <= own, (role, texts - own)


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
