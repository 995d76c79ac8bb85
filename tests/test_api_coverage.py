"""docs/api-coverage.md: whatever it names is there, and it leaves no endpoint and no cell out."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from django.conf import settings

from common.root_urls import root_patterns
from config import api_urls
from tests.test_api_docs import addresses

ROOT = Path(settings.BASE_DIR)
ENDPOINTS = [
    "POST /api/auth/register",
    "POST /api/auth/login",
    "POST /api/auth/logout",
    "GET /api/auth/user",
    "GET /api/availability",
    "GET /api/calendar",
    "GET /api/timeslots",
    "POST /api/timeslots",
    "GET /api/reservations",
    "GET /api/reservations/<id>",
    "POST /api/reservations",
    "PUT /api/reservations/<id>",
    "DELETE /api/reservations/<id>",
    "GET /api/reservations/my",
    "POST /api/reservations/<id>/confirm",
    "POST /api/reservations/<id>/cancel",
    "GET /api/resources",
    "POST /api/resources",
    "PUT /api/resources/<id>",
    "GET /api/waitlist",
    "POST /api/waitlist",
]
OF_LENDING = [
    "GET /info/is_alive",
    "GET /info/get_version",
    "POST /session/login",
    "POST /session/logout",
    "POST /admin/user/add",
    "POST /admin/resource/add",
    "POST /reservation/request",
    "GET /reservation/active",
    "POST /reservation/cancel",
    "POST /reservation/release",
]
"""Of document 001, in its order."""
REFERENCE = re.compile(r"`([\w/]+\.\w+)(?:::(\w+))?`(?: \(([\w, ]+)\))?")


class Row(NamedTuple):
    requirement: str
    where: str
    test: str


def table() -> list[Row]:
    """All rows, headings among them."""
    lines = (ROOT / "docs" / "api-coverage.md").read_text().splitlines()
    cells = [line.strip("|").split(" | ") for line in lines if line.startswith("|") and "---" not in line]
    assert {len(each) for each in cells} == {3}
    return [Row(*(cell.strip() for cell in each)) for each in cells]


def requirements() -> list[Row]:
    found = [
        row for row in table() if row.requirement != "requirement" and not row.requirement.startswith("**")
    ]
    assert len(found) > 160
    return found


@cache
def names_in(path: Path) -> frozenset[str]:
    """What a module defines: its functions, classes and variables, and the tests in its classes."""
    return frozenset(_names(ast.parse(path.read_text())))


def _names(tree: ast.Module | ast.ClassDef) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        if isinstance(node, ast.ClassDef):
            yield from _names(node)
        for target in _targets(node):
            if isinstance(target, ast.Name):
                yield target.id


def _targets(node: ast.stmt) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, ast.AnnAssign) else []


def test_no_cell_is_empty() -> None:
    assert [row for row in table() if not all(row)] == []


@pytest.mark.parametrize("row", requirements(), ids=lambda row: row.requirement[:60])
def test_what_a_row_names_is_there(row: Row) -> None:
    places = REFERENCE.findall(row.where)
    tests = REFERENCE.findall(row.test)
    assert places
    assert tests
    assert all(name.startswith("test_") for _file, name, _more in tests)
    assert REFERENCE.sub("", row.test).strip(", ") == ""
    for file, name, more in [*places, *tests]:
        path = ROOT / file
        assert path.is_file(), file
        assert not name or name in names_in(path), f"{file}::{name}"
        fields = [word for word in more.split(", ") if "_" in word]
        assert all(re.search(rf"\b{field}\b", path.read_text()) for field in fields), more


def test_all_endpoints_are_there_in_their_order() -> None:
    found = [re.match(r"(\d+)\. `([^`]+)`: ", row.requirement) for row in requirements()]
    numbered = dict.fromkeys((int(each[1]), each[2]) for each in found if each)
    assert list(numbered) == list(enumerate(ENDPOINTS, 1))


def test_all_endpoints_are_served() -> None:
    walked = (*addresses(api_urls.urlpatterns, "/api/"), *addresses(root_patterns(), "/"))
    served = {f"{method} {address}" for address, methods in walked for method in methods}
    assert set(ENDPOINTS) <= served
    assert set(OF_LENDING) <= served


def test_all_endpoints_of_lending_have_a_row_in_their_order() -> None:
    rows = [re.match(r"`(/[a-z_/]+)`: ", row.requirement) for row in requirements()]
    assert [each[1] for each in rows if each] == [each.split()[1] for each in OF_LENDING]
