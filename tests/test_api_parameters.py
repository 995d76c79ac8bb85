"""Query parameters do what the API's document says of them, and there are no others."""

from typing import Any

import pytest
from django.test import Client

from tests.factories import make_user
from tests.schema import read_schema

pytestmark = pytest.mark.django_db
PARAMETERS = [
    (path, operation, parameter)
    for path, operations in read_schema()["paths"].items()
    for method, operation in operations.items()
    if method == "get"
    for parameter in operation.get("parameters", ())
    if parameter["in"] == "query"
]


@pytest.fixture
def superuser_client(client: Client) -> Client:
    client.force_login(make_user(is_superuser=True))
    return client


@pytest.mark.once
def test_lists_are_ordered_by_every_documented_name(superuser_client: Client) -> None:
    orderings = [(path, found) for path, _operation, found in PARAMETERS if found["name"] == "ordering"]
    assert len(orderings) >= 3
    for path, parameter in orderings:
        names: list[Any] = parameter["schema"]["enum"]
        for name in names:
            answer = superuser_client.get(path, {"ordering": name})
            assert answer.status_code == 200, (path, name, answer.content)
        assert superuser_client.get(path, {"ordering": "total_amount"}).status_code == 400
