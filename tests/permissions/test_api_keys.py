"""A key does what its scopes say and what its account may, and never touches the account."""

from typing import Any

import pytest
from django.test import Client

from accounts.api.views import EntranceView
from accounts.models import SCOPES
from accounts.services.keys import create_key
from common.api_views import APIView
from common.health import Health
from tests.permissions.addresses import addresses
from tests.permissions.rows import Request, Row
from tests.permissions.table import TABLE
from tests.permissions.test_table import undone
from tests.permissions.world import World

pytestmark = pytest.mark.once

ADDRESSES = addresses()
VIEWS = {route: each.view for route, each in ADDRESSES.items()}
ENTRANCES = [row for row in TABLE if issubclass(VIEWS[row.route], EntranceView)]
OPEN = [row for row in TABLE if VIEWS[row.route] is Health]
OURS = [row for row in TABLE if issubclass(VIEWS[row.route], APIView) and row not in ENTRANCES + OPEN]
OWNERS = ("customer", "manager")
OF_ACCOUNTS = ("auth/", "v1/auth/", "/session/", "/admin/user/modify")


def needed(row: Row) -> set[str]:
    return {ADDRESSES[row.route].scope(row.method), row.scope} - {""}


def scopes(row: Row) -> set[str]:
    """Those that a key can have and the row needs."""
    return needed(row) & set(SCOPES)


def bearer(world: World, role: str, scopes: set[str]) -> dict[str, str]:
    user = world.person(role)
    assert user is not None
    return {"Authorization": f"Bearer {create_key(user=user, name='Till', scopes=scopes)[1]}"}


def sent(row: Row, world: World, headers: dict[str, str]) -> Any:
    request = Request.of(row, world)
    with undone():
        return request.sent(Client(), headers)


@pytest.mark.parametrize(
    ("row", "role"),
    # What each role may do is told by the table; here one of them for each row.
    [
        pytest.param(row, OWNERS[number % 2], id=row.name)
        for number, row in enumerate(row for row in OURS if scopes(row))
    ],
)
def test_a_key_needs_its_scope_and_has_its_accounts_rights(row: Row, role: str, world: World) -> None:
    for missing in scopes(row):
        refused = sent(row, world, bearer(world, "manager", set(SCOPES) - {missing}))
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    answer = sent(row, world, bearer(world, role, scopes(row)))
    assert answer.status_code == row.expected[role], (role, answer.content)
    assert answer.status_code != 403 or answer.json()["code"] != "scope_missing"


def test_no_address_is_open_to_the_scope_of_events_yet(world: World) -> None:
    """Whoever has it alone is refused wherever another is needed."""
    assert set(SCOPES) - {scope for row in OURS for scope in scopes(row)} == {"plan"}
    headers = bearer(world, "superuser", {"plan"})
    firsts = {(row.method, frozenset(scopes(row))): row for row in reversed(OURS) if scopes(row)}
    for row in firsts.values():
        answer = sent(row, world, headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing"), row.name


@pytest.mark.parametrize("row", [row for row in OURS if not scopes(row)], ids=lambda row: row.name)
def test_the_account_is_out_of_reach(row: Row, world: World) -> None:
    assert row.route.startswith(OF_ACCOUNTS)
    answer = sent(row, world, bearer(world, "customer", set(SCOPES)))
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


@pytest.mark.parametrize("row", ENTRANCES + OPEN, ids=lambda row: row.name)
def test_at_the_entrance_nobody_looks_at_keys(row: Row, world: World) -> None:
    """Its bearer is a guest there, as is who bears nothing valid."""
    for headers in (bearer(world, "superuser", set(SCOPES)), {"Authorization": "Bearer hf_none"}):
        assert sent(row, world, headers).status_code == row.expected["anonymous"]


def test_all_account_addresses_are_told_apart() -> None:
    kept = [row for row in OURS if not scopes(row)]
    assert [row for row in TABLE if row in kept + ENTRANCES] == [
        row for row in TABLE if row.route.startswith(OF_ACCOUNTS)
    ]
    assert {row.route for row in TABLE if row not in OURS + ENTRANCES} == {"schema", "docs", "/health"}
