"""Photos, positions and links of venues and resources; overbooking for those who set it."""

import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from resources.enums import Role
from resources.models import Resource
from tests.factories import make_member, make_resource, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def room() -> Resource:
    return make_resource(overbooking_percent=25, units=4)


def found(client: Client, address: str) -> dict[str, Any]:
    answer = client.get(address)
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_overbooking_is_for_managers(client: Client, room: Resource) -> None:
    address = f"/api/resources/{room.uuid}"
    manager = signed_in(make_member(room.venue, Role.MANAGER))
    others = [
        client,
        signed_in(make_user()),
        signed_in(make_member(room.venue, Role.STAFF)),
        signed_in(make_member(make_resource().venue, Role.MANAGER)),
    ]
    assert found(manager, address)["overbooking_percent"] == 25
    assert found(signed_in(make_user(is_superuser=True)), address)["overbooking_percent"] == 25
    for other in others:
        assert "overbooking_percent" not in found(other, address)
        rows = {row["id"]: row for row in found(other, "/api/resources")["results"]}
        assert "overbooking_percent" not in rows[str(room.uuid)]
    changed = manager.patch(address, {"overbooking_percent": 50}, content_type="application/json")
    assert changed.json()["overbooking_percent"] == 50


def test_a_resource_leads_to_its_pages(client: Client, room: Resource) -> None:
    room.photo, room.photo_alt = "resources/cedar.jpg", "A table"
    room.save()
    body = found(client, f"/api/resources/{room.uuid}")
    assert body["photo"]["alt"] == "A table"
    assert found(client, "/api/resources")["results"][0]["photo"] == body["photo"]
    for address in body["links"].values():
        assert client.get(address.removeprefix("http://localhost:8000")).status_code == 200, address
    Resource.objects.update(is_active=False, photo="")
    manager = signed_in(make_member(room.venue, Role.MANAGER))
    closed = found(manager, f"/api/resources/{room.uuid}")
    assert (closed["photo"], closed["links"]["ics"]) == (None, None)


def test_a_venue_has_a_position_and_links(room: Resource) -> None:
    manager = signed_in(make_member(room.venue, Role.MANAGER))
    address = f"/api/venues/{room.venue.uuid}"
    body = found(manager, address)
    assert body["coordinates"] is None
    for link in body["links"].values():
        assert manager.get(link.removeprefix("http://localhost:8000")).status_code == 200, link

    def change(**fields: Any) -> Any:
        return manager.patch(address, json.dumps(fields), content_type="application/json")

    alone = change(latitude=52.52)
    assert (alone.status_code, list(alone.json()["fields"])) == (400, ["longitude"])
    assert change(latitude=91, longitude=13).status_code == 400
    moved = change(latitude=52.52, longitude=13.405)
    assert moved.json()["coordinates"] == {"latitude": 52.52, "longitude": 13.405}
    assert change(longitude=0).json()["coordinates"] == {"latitude": 52.52, "longitude": 0}
    assert change(latitude=None, longitude=None).json()["coordinates"] is None


def test_one_half_of_a_position_is_none(room: Resource) -> None:
    room.venue.latitude = 52.52
    with pytest.raises(ValidationError, match="latitude and longitude"):
        room.venue.full_clean()
