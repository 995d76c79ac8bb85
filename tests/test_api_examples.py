"""The API's document shows what is answered and sent: its examples keep to their own descriptions."""

import json
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator, FormatChecker

from reservations.models import Reservation
from tests.factories import book, make_resource
from tests.schema import read_schema
from webhooks.events import events
from webhooks.models import WebhookDelivery
from webhooks.sending import message_body
from webhooks.services import create_endpoint

JSON = "application/json"


def problems(name: str, value: Any) -> list[str]:
    """What of ``value`` is not as the component of this name says."""
    shape = {"$ref": f"#/components/schemas/{name}", "components": read_schema()["components"]}
    validator = Draft202012Validator(shape, format_checker=FormatChecker(["date", "uuid"]))
    return [f"{name}.{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def test_each_example_is_what_it_is_an_example_of() -> None:
    examples = read_schema()["components"]["examples"]
    assert {
        "Reservation",
        "ResourcePage",
        "TimedBookingError400",
        "WaitlistJoinedMessage",
    } <= examples.keys()
    wrong = [problem for name, example in examples.items() for problem in problems(name, example["value"])]
    assert wrong == []


def test_every_answer_with_content_has_one() -> None:
    document = read_schema()
    without = [
        (method, path, status)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for status, answer in operation["responses"].items()
        if "examples" not in answer.get("content", {}).get(JSON, {"examples": {}})
    ]
    assert without == []


def test_every_event_is_described() -> None:
    described = read_schema()["webhooks"]
    assert [*described] == [*events.names(), "webhook.test"]
    for name, operations in described.items():
        shape = operations["post"]["requestBody"]["content"][JSON]["schema"]["$ref"].rpartition("/")[2]
        assert read_schema()["components"]["schemas"][shape]["properties"]["type"]["const"] == name


@pytest.mark.once
@pytest.mark.django_db
def test_what_is_sent_is_what_is_described() -> None:
    room = make_resource(photo="resources/cedar.jpg")
    create_endpoint(venue=room.venue, url="https://93.184.215.14/hook")
    book(room)
    sent = json.loads(message_body(WebhookDelivery.objects.get()))
    assert problems("ReservationConfirmedMessage", sent) == []
    del sent["data"]["code"]
    assert len(problems("ReservationConfirmedMessage", sent)) == 1


@pytest.mark.once
@pytest.mark.django_db
def test_no_message_carries_a_secret(client: Client) -> None:
    room = make_resource()
    create_endpoint(venue=room.venue, url="https://93.184.215.14/hook")
    book(room)
    data = WebhookDelivery.objects.get().payload["data"]
    assert data["links"] == {
        "self": f"http://localhost:8000/api/reservations/{Reservation.objects.get().pk}",
        "page": None,
        "ics": None,
    }
