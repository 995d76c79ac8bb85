"""Nobody reads what is not theirs, whatever they ask; and everybody finds what is."""

from typing import Any

import pytest

from tests.permissions.addresses import path_of
from tests.permissions.people import ROLES
from tests.permissions.rows import Request, Row, assert_expected, client_of
from tests.permissions.secrets import allowed, found
from tests.permissions.table import READING
from tests.permissions.world import World
from tests.schema import read_schema

pytestmark = pytest.mark.once

LISTS = [row for row in READING if not row.id]
LOOKING_ELSEWHERE = ("anonymous", "other_customer", "other_manager")


@pytest.mark.parametrize("role", ROLES)
def test_reading_everything(role: str, world: World, secrets: dict[str, frozenset[str]]) -> None:
    client = client_of(world, role)
    seen: set[str] = set()
    expected: set[str] = set()
    for row in READING:
        answer = Request.of(row, world).sent(client, row.headers(world, role))
        assert_expected(row, role, answer)
        texts, own = found(secrets, answer), allowed(role, row, world, secrets)
        assert texts <= own, (row.name, texts - own)
        seen, expected = seen | texts, expected | own
    assert seen == expected


def questions(world: World) -> list[dict[str, Any]]:
    """Query strings that ask for other people's rows."""
    return [
        {"venue": world.venue.slug},
        {"venue": str(world.other_venue.uuid)},
        {"is_active": "false"},
        {"resource_id": str(world.room.uuid)},
        {"resource_id": str(world.other_room.uuid)},
        {"user_id": str(world.customer.pk), "q": "e"},
        {"user": "stranger@people.example", "status": "confirmed,waiting,held"},
        {"code": world.reservation.code, "series_id": str(world.series.pk)},
        {"mine": "true"},
        {"mine": "false", "token": world.tokens("reservation")["X-Reservation-Token"]},
        {"group_id": str(world.hidden_group.uuid), "page_size": "200"},
    ]


def understood(row: Row, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As much of each question as the address knows; the rest would only be refused."""
    parameters = read_schema()["paths"].get(path_of(row.route), {}).get("get", {}).get("parameters", ())
    known = {each["name"] for each in parameters if each["in"] == "query"}
    shortened = ({name: each[name] for name in each.keys() & known} for each in asked)
    return [each for each in shortened if each]


@pytest.mark.parametrize("role", LOOKING_ELSEWHERE)
def test_no_question_brings_more_to_light(
    role: str, world: World, secrets: dict[str, frozenset[str]]
) -> None:
    client = client_of(world, role)
    for row in LISTS:
        own = allowed(role, row, world, secrets)
        request = Request.of(row, world)
        for question in understood(row, questions(world)):
            answer = client.get(request.address, request.query | question)
            assert answer.status_code in (200, 400, 401, 403, 404), (row.name, question, answer.content)
            assert found(secrets, answer) <= own | {*question.values()}, (row.name, question)
