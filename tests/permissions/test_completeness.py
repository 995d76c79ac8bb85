"""No address and no method is without a row, and no row without its address."""

import re

import pytest
from django.test import Client

from common.api_views import APIView
from tests.permissions.addresses import METHODS, addresses, path_of
from tests.permissions.people import ROLES
from tests.permissions.table import TABLE

ROUTES = {route: each for route, each in addresses().items() if not route.endswith("/")}
EXAMPLES = {"uuid": "00000000-0000-4000-8000-000000000000", "int": "1"}


def test_every_address_and_method_has_a_row_and_no_row_is_left_over() -> None:
    there = {(method, route) for route, each in ROUTES.items() for method in each.methods}
    assert {(row.method, row.route) for row in TABLE} == there


def test_rows_differ_in_their_names_and_know_every_role() -> None:
    assert len({row.name for row in TABLE}) == len(TABLE)
    for row in TABLE:
        assert row.route == "schema" or set(row.expected) == set(ROLES), row.name


def test_every_address_has_its_twin_with_a_slash() -> None:
    for route, each in ROUTES.items():
        if not route:
            continue  # the slash of the index is its own
        assert addresses()[f"{route}/"].view is each.view, route


@pytest.mark.once  # refused before the database is asked
@pytest.mark.django_db
@pytest.mark.parametrize("route", ROUTES)
def test_other_methods_are_refused(route: str, client: Client) -> None:
    address = re.sub(r"<(\w+):\w+>", lambda found: EXAMPLES[found[1]], route)
    for method in set(METHODS) - set(ROUTES[route].methods):
        answer = client.generic(method, path_of(address), "{}", content_type="application/json")
        assert answer.status_code == 405, method
        if issubclass(ROUTES[route].view, APIView):
            assert answer.json()["code"] == "method_not_allowed"
