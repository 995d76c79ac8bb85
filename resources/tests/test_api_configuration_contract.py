"""The OpenAPI document tells the truth about the configuration endpoints."""

from typing import Any

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from resources.tests.api_helpers import SORTS, furnished, managing, send, sorts

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


def shaped(document: dict[str, Any], address: str, method: str, status: int, body: Any) -> None:
    """Raises ``ValidationError`` when a body is not what the document says; no field may be left out."""
    operation = document["paths"][address][method]
    response = operation["responses"][str(status)]
    if shared := response.get("$ref", "").removeprefix("#/components/responses/"):
        response = document["components"]["responses"][shared]
    shape = response["content"]["application/json"]["schema"]
    whole = {**shape, "components": closed(document["components"])}
    Draft202012Validator(whole).validate(body)


def closed(components: dict[str, Any]) -> dict[str, Any]:
    """The same shapes, which then allow documented fields only."""
    schemas = {
        name: {**shape, "additionalProperties": False} if "properties" in shape else shape
        for name, shape in components["schemas"].items()
    }
    return {"schemas": schemas}


@pytest.mark.parametrize("name", SORTS)
def test_answers_have_the_documented_form(client: Client, document: dict[str, Any], name: str) -> None:
    venue = managing(client)
    furnished(venue)
    sort = sorts(venue)[name]
    one = f"{sort.collection}/{{id}}"

    shaped(document, sort.collection, "get", 200, client.get(sort.collection).json())
    shaped(document, one, "get", 200, client.get(sort.one).json())
    made = send(client, "POST", sort.collection, sort.body)
    shaped(document, sort.collection, "post", 201, made.json())
    for method in ("PUT", "PATCH"):
        shaped(document, one, method.lower(), 200, send(client, method, sort.one, sort.change).json())
    shaped(document, one, "get", 404, client.get(f"{sort.collection}/0").json())
    assert document["paths"][one]["delete"]["responses"].keys() >= {"204", "409"}


def test_venues_and_holidays_have_the_documented_form(client: Client, document: dict[str, Any]) -> None:
    venue = managing(client)
    furnished(venue)
    address = f"/api/venues/{venue.uuid}"

    shaped(document, "/api/venues", "get", 200, client.get("/api/venues").json())
    shaped(document, "/api/venues/{id}", "get", 200, client.get(address).json())
    shaped(
        document, "/api/venues/{id}", "patch", 200, send(client, "PATCH", address, {"city": "Kiel"}).json()
    )
    shaped(document, "/api/holidays", "get", 200, client.get("/api/holidays").json())
    body = {"country": "DE", "years": [2027]}
    answer = send(client, "POST", "/api/holidays/import", body)
    shaped(document, "/api/holidays/import", "post", 201, answer.json())
    assert document["paths"]["/api/venues/{id}"].keys() == {"get", "patch"}


@pytest.mark.parametrize("name", SORTS)
def test_bodies_that_are_accepted_have_the_documented_form(
    client: Client, document: dict[str, Any], name: str
) -> None:
    venue = managing(client)
    furnished(venue)
    sort = sorts(venue)[name]

    for address, method, body in (
        (sort.collection, "post", sort.body),
        (f"{sort.collection}/{{id}}", "put", sort.change),
        (f"{sort.collection}/{{id}}", "patch", sort.change),
    ):
        content = document["paths"][address][method]["requestBody"]["content"]
        shape = content["application/json"]["schema"]
        Draft202012Validator({**shape, "components": closed(document["components"])}).validate(body)
