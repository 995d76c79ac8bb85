"""Query parameters do what the API's document says of them, and there are no others."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.factories import make_user
from tests.schema import read_schema

pytestmark = pytest.mark.django_db
JSON = "application/json"
UNKNOWN = "00000000-0000-0000-0000-000000000000"
FOR_MONITORS = "/health"
"""Which add parameters of theirs, so that nothing on the way answers in its place."""
PARAMETERS = [
    (path, method, parameter)
    for path, operations in read_schema()["paths"].items()
    for method, operation in operations.items()
    for parameter in operation.get("parameters", ())
    if parameter["in"] == "query"
]


@pytest.fixture
def superuser_client(client: Client) -> Client:
    client.force_login(make_user(is_superuser=True))
    return client


@pytest.mark.once
def test_lists_are_ordered_by_every_documented_name(superuser_client: Client) -> None:
    orderings = [(path, found) for path, _method, found in PARAMETERS if found["name"] == "ordering"]
    assert len(orderings) >= 3
    for path, parameter in orderings:
        names: list[Any] = parameter["schema"]["enum"]
        for name in names:
            answer = superuser_client.get(path, {"ordering": name})
            assert answer.status_code == 200, (path, name, answer.content)
        assert superuser_client.get(path, {"ordering": "total_amount"}).status_code == 400


@pytest.mark.once
def test_unknown_parameters_are_refused_like_unknown_fields(superuser_client: Client) -> None:
    for template, operations in read_schema()["paths"].items():
        path = re.sub(r"\{\w+\}", lambda _name: UNKNOWN, template)
        path = path if superuser_client.options(path).status_code != 404 else path.replace(UNKNOWN, "1")
        for method in operations:
            answer = superuser_client.generic(method.upper(), f"{path}?capcity=6", content_type=JSON)
            body = answer.json()
            if path == FOR_MONITORS:
                assert answer.status_code == 200
                continue
            assert (answer.status_code, body["code"]) == (400, "unknown_field"), (method, path, body)
            assert list(body["fields"]) == ["capcity"]


@pytest.mark.once
def test_the_documented_parameters_are_known(superuser_client: Client) -> None:
    """Even if what they say is refused, none of them is unknown."""
    for path, method, parameter in PARAMETERS:
        if method == "get":
            answer = superuser_client.get(re.sub(r"\{\w+\}", UNKNOWN, path), {parameter["name"]: "1"})
            assert b"unknown_field" not in answer.content, (path, parameter["name"])


@pytest.mark.once
def test_what_clients_are_generated_from_demands_no_more_than_the_server() -> None:
    """Generators make a field with a default one that must be sent, and no good type of several."""
    schemas = read_schema()["components"]["schemas"]
    for name, schema in schemas.items():
        for field, meaning in schema.get("properties", {}).items():
            assert not (name.endswith("Request") and "default" in meaning), (name, field)
            choices = meaning.get("oneOf", [])
            assert not choices or (len(choices) == 2 and choices[1] == {"type": "null"}), (name, field)
    assert schemas["ResourceInputRequest"]["properties"]["pricing"]["$ref"]
    assert read_schema()["paths"]["/api/auth/login"]["post"]["security"] == []


@pytest.mark.once
def test_the_document_says_what_the_server_never_takes() -> None:
    """Numbers below the least one, fields that there are not, empty lists, amounts without a digit."""
    schemas = read_schema()["components"]["schemas"]
    for path, _method, parameter in PARAMETERS:
        assert parameter["schema"]["type"] != "integer" or "minimum" in parameter["schema"], (path, parameter)
    for name, schema in schemas.items():
        assert not name.endswith("Request") or schema.get("additionalProperties") is False, name
        patterns = [field["pattern"] for field in schema.get("properties", {}).values() if "pattern" in field]
        assert not any(re.fullmatch(pattern, "") for pattern in patterns), name
    assert schemas["HoldsConfirmationInputRequest"]["properties"]["holds"]["minItems"] == 1
