"""What is configured through the API counts at once: for what is offered and what it costs."""

from typing import Any

import pytest
from django.test import Client

from common.clock import now
from resources.catalog import bookable
from resources.models import Resource
from resources.tests.api_helpers import created, managing, send
from tests.factories import make_resource, make_rules, make_user, make_venue

pytestmark = pytest.mark.django_db
YEAR = now().year + 1
DAY = f"{YEAR}-02-10"
NO_HORIZON = {"max_advance_days": None}


def room_of(client: Client, **fields: Any) -> Resource:
    """A room of a venue that is never open so far."""
    venue = managing(client)
    return make_resource(venue, rules=make_rules(venue, **NO_HORIZON), **fields)


def slots(client: Client, room: Resource, day: str = DAY) -> list[dict[str, Any]]:
    asked: dict[str, str] = {"resource_id": str(room.uuid), "date": day, "duration": "60"}
    answer = client.get("/api/timeslots", asked)
    assert answer.status_code == 200, answer.content
    return [each for each in answer.json()["slots"] if each["available"]]


def starts(client: Client, room: Resource, day: str = DAY) -> list[str]:
    return [each["start"][11:16] for each in slots(client, room, day)]


def test_templates_open_and_breaks_close(client: Client) -> None:
    room = room_of(client)
    assert starts(client, room) == []
    week = {"days_of_week": list(range(7)), "venue": str(room.venue.uuid)}

    created(client, "/api/timeslot-templates", week | {"start_time": "09:00", "end_time": "12:00"})
    assert starts(client, room) == ["09:00", "09:30", "10:00", "10:30", "11:00"]

    lunch = {"start_time": "10:00", "end_time": "11:00", "is_available": False}
    made = created(client, "/api/timeslot-templates", week | lunch)["templates"]
    assert starts(client, room) == ["09:00", "11:00"]

    for each in made:
        assert send(client, "DELETE", f"/api/timeslot-templates/{each['id']}").status_code == 204
    assert len(starts(client, room)) == 5


def test_hours_of_a_resource_replace_its_venues(client: Client) -> None:
    room = room_of(client)
    other = make_resource(room.venue, rules=room.rules)
    week = {"days_of_week": list(range(7)), "start_time": "09:00", "end_time": "10:00"}
    created(client, "/api/timeslot-templates", week)
    hours = [{"day_of_week": day, "start_time": "20:00", "end_time": "21:00"} for day in range(7)]

    send(client, "PATCH", f"/api/resources/{room.uuid}", {"weekly_hours": hours})

    assert (starts(client, room), starts(client, other)) == (["20:00"], ["09:00"])


def test_overrides_close_and_open(client: Client) -> None:
    room = room_of(client)
    week = {"days_of_week": list(range(7)), "start_time": "09:00", "end_time": "11:00"}
    created(client, "/api/timeslot-templates", week)

    closure = created(client, "/api/overrides", {"date": DAY, "reason": "Works"})
    assert starts(client, room) == []
    assert len(starts(client, room, f"{YEAR}-02-11")) == 3

    special = {"resource_id": str(room.uuid), "date": DAY, "start_time": "14:00", "end_time": "15:00"}
    created(client, "/api/overrides", special | {"is_available": True})
    assert starts(client, room) == ["14:00"]
    send(
        client,
        "PATCH",
        f"/api/overrides/{closure['id']}",
        {"starts_on": f"{YEAR}-02-11", "ends_on": f"{YEAR}-02-12"},
    )
    assert starts(client, room) == ["09:00", "09:30", "10:00", "14:00"]


def test_rules_and_holidays_count(client: Client) -> None:
    room = room_of(client, observes_holidays=True)
    week = {"days_of_week": list(range(7)), "start_time": "09:00", "end_time": "11:00"}
    created(client, "/api/timeslot-templates", week)
    send(client, "PATCH", f"/api/rules/{room.rules_id}", {"slot_step": 60, "min_duration": 60})
    assert starts(client, room) == ["09:00", "10:00"]

    christmas = f"{YEAR}-12-25"
    assert starts(client, room, christmas) != []
    created(client, "/api/holidays/import", {"country": "DE", "years": [YEAR]})
    assert starts(client, room, christmas) == []
    assert starts(client, room) == ["09:00", "10:00"]


def test_prices_count(client: Client) -> None:
    room = room_of(client)
    created(
        client,
        "/api/timeslot-templates",
        {"days_of_week": list(range(7)), "start_time": "09:00", "end_time": "10:00"},
    )
    body = {"name": "Peak", "amount": "40.00", "resources": [str(room.uuid)]}

    def price() -> str:
        return str(slots(client, room)[0]["price"])

    assert price() == "25.00"
    rule = created(client, "/api/price-rules", body)
    assert price() == "40.00"
    send(client, "PATCH", f"/api/price-rules/{rule['id']}", {"amount": "50", "resources": []})
    assert price() == "50.00"
    send(client, "DELETE", f"/api/price-rules/{rule['id']}")
    assert price() == "25.00"


def test_questions_are_asked(client: Client) -> None:
    room = room_of(client)
    other = make_resource(room.venue)
    hours = {"days_of_week": list(range(7)), "start_time": "09:00", "end_time": "10:00"}
    created(client, "/api/timeslot-templates", hours)
    asked = {"text": "Which?", "kind": "choice", "choices": ["Tea", "Coffee"], "resource_id": room.slug}

    def questions(of: Resource = room) -> list[str]:
        body = {"resource_id": str(of.uuid), "start": f"{DAY}T09:00", "duration": 60}
        answer = send(client, "POST", "/api/quotes", body)
        assert answer.status_code == 200, answer.content
        return [each["text"] for each in answer.json()["questions"]]

    row = created(client, "/api/questions", asked)
    assert (row["choices"], row["resource_id"]) == (["Tea", "Coffee"], str(room.uuid))
    assert (questions(), questions(other)) == (["Which?"], [])
    address = f"/api/questions/{row['id']}"
    changed = send(client, "PATCH", address, {"resource_id": None, "choices": ["Tea", "Water", "Wine"]})
    assert changed.json()["choices"] == ["Tea", "Water", "Wine"]
    created(client, "/api/questions", {"text": "First?", "position": 0})
    send(client, "PATCH", address, {"position": 5})
    assert questions(other) == ["First?", "Which?"]
    send(client, "PATCH", address, {"is_active": False})
    assert questions() == ["First?"]
    assert send(client, "DELETE", address).status_code == 204


def test_what_is_inactive_is_not_offered(client: Client) -> None:
    room = room_of(client)
    send(client, "PATCH", f"/api/resources/{room.uuid}", {"is_active": False})
    client.force_login(make_user())
    assert client.get(f"/api/resources/{room.uuid}").status_code == 404
    assert client.get("/api/timeslots", {"resource_id": str(room.uuid), "date": DAY}).status_code == 404


def test_a_feature_is_renamed_everywhere(client: Client) -> None:
    venue = managing(client)
    body = {"name": "Attic", "type": "room", "features": ["bar"], "venue": venue.slug}
    room = created(client, "/api/resources", body)
    feature = client.get("/api/features").json()["results"][0]
    resource = Resource.objects.get(uuid=room["id"])
    assert bookable(resource).feature_slugs == {"bar"}

    send(client, "PATCH", f"/api/features/{feature['id']}", {"slug": "cocktails"})

    assert bookable(resource).feature_slugs == {"cocktails"}
    found = client.get("/api/resources", {"features": "cocktails"}).json()["results"]
    assert [each["id"] for each in found] == [room["id"]]
    send(client, "DELETE", f"/api/features/{feature['id']}")
    assert client.get("/api/resources", {"features": "cocktails"}).json()["results"] == []
    assert bookable(resource).feature_slugs == set()


def test_another_venues_rows_do_not_change_anything(client: Client) -> None:
    room = room_of(client)
    week = {"days_of_week": list(range(7)), "start_time": "09:00", "end_time": "10:00"}
    created(client, "/api/timeslot-templates", week)
    managing(client, make_venue())
    created(client, "/api/overrides", {"date": DAY})
    assert starts(client, room) == ["09:00"]
