"""``GET /api/timeslots`` and ``GET /api/availability``."""

from datetime import datetime, time
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reservations.tests.api_helpers import BERLIN, booked, local, post, wanted
from resources.enums import Audience, UnitsBy
from resources.models import Resource
from tests.factories import (
    book,
    hold,
    make_member,
    make_resource,
    make_rules,
    make_user,
    make_venue,
    open_always,
    open_weekly,
)

pytestmark = pytest.mark.django_db


def office(**fields: Any) -> Resource:
    """Open from nine to five."""
    venue = make_venue()
    open_weekly(venue, time(9), time(17))
    return make_resource(venue, **fields)


def slots(client: Client, room: Resource, **query: Any) -> list[dict[str, Any]]:
    query = {"resource_id": str(room.uuid), "date": local().date().isoformat()} | query
    answer = client.get("/api/timeslots", query)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["slots"]
    return found


def availability(client: Client, **query: Any) -> dict[str, Any]:
    answer = client.get("/api/availability", query)
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def day_and_time(hour: int = 10, minute: int = 0) -> dict[str, str]:
    at = local(hour=hour, minute=minute)
    return {"date": at.date().isoformat(), "time": f"{at:%H:%M}"}


# --- timeslots ----------------------------------------------------------------------------------


def test_slots_have_the_documented_shape(client: Client) -> None:
    room = office()
    booked(client, room, time="10:00")

    found = slots(client, room, duration=60)

    assert len(found) == 15  # 09:00 to 16:00, every half hour
    assert found[0] == {
        "start": local(hour=9).isoformat(),
        "end": local(hour=10).isoformat(),
        "available": True,
        "reason": None,
        "remaining": 1,
        "price": "25.00",
        "currency": "EUR",
    }
    taken = [slot["start"] for slot in found if slot["reason"] == "taken"]
    overlapping = [local(hour=9, minute=30), local(), local(minute=30)]
    assert taken == [at.isoformat() for at in overlapping]
    free = slots(client, room, duration=60, available_only="true")
    assert free == [slot for slot in found if slot["available"]]


def test_every_available_slot_can_be_booked_and_no_other(client: Client) -> None:
    room = office()
    booked(client, room, time="12:00")
    hold(room, local(hour=15))

    for slot in slots(client, room, duration=60):
        start = datetime.fromisoformat(slot["start"])
        body = wanted(room, time=f"{start:%H:%M}")
        answer = post(client, "/api/reservations", body)
        assert (answer.status_code == 201) is slot["available"], slot
        if answer.status_code == 201:
            made, secret = answer.json()["id"], answer.json()["manage_token"]
            post(client, f"/api/reservations/{made}/cancel", X_Reservation_Token=secret)
        else:
            assert answer.json()["code"] == slot["reason"]


def test_slots_know_people_units_and_the_usual_duration(client: Client) -> None:
    pool = office(units=10, units_by=UnitsBy.PERSON, capacity=10)

    four = slots(client, pool, party_size=4)[0]
    too_many = slots(client, pool, party_size=11)[0]

    assert (four["price"], four["remaining"]) == ("100.00", 10)
    assert four["end"] == local(hour=10).isoformat()
    assert (too_many["available"], too_many["reason"]) == (False, "party_too_large")


@pytest.mark.usefixtures("early_2027")
def test_a_day_of_23_hours(client: Client) -> None:
    room = make_resource()
    room.rules.max_advance_days = None
    room.rules.save()

    starts = [slot["start"] for slot in slots(client, room, date="2027-03-28")]

    assert len(starts) == 46
    assert "2027-03-28T01:30:00+01:00" in starts
    assert "2027-03-28T03:00:00+02:00" in starts


@pytest.mark.once
@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ({"date": "tomorrow"}, "date", "invalid_time"),
        ({"date": ""}, "date", "invalid_time"),
        ({"date": "1789-07-14"}, "date", "invalid_time"),
        ({"duration": "0"}, "duration", "invalid"),
        ({"duration": "9" * 30}, "duration", "invalid"),
        ({"party_size": "-1"}, "party_size", "invalid"),
        ({"quantity": "many"}, "quantity", "invalid"),
        ({"available_only": "perhaps"}, "available_only", "invalid"),
        ({"resource_id": ""}, "resource_id", "invalid"),
    ],
)
@pytest.mark.parametrize("address", ["/api/timeslots", "/api/availability/"])
def test_questions_that_make_no_sense(
    client: Client, address: str, query: dict[str, str], field: str, code: str
) -> None:
    if field == "available_only" and "availability" in address:
        return
    asked = {"resource_id": str(make_resource().uuid), "date": "2027-01-01"} | query
    answer = client.get(address, asked)

    assert answer.status_code == 400
    body = answer.json()
    assert (list(body["fields"]), body["code"]) == ([field], code)


@pytest.mark.once
@pytest.mark.parametrize("address", ["/api/timeslots", "/api/availability"])
@pytest.mark.parametrize("name", ["00000000-0000-4000-8000-000000000000", "no-such-room", "a\x00b", "7"])
def test_an_unknown_resource(client: Client, address: str, name: str) -> None:
    answer = client.get(address, {"resource_id": name, "date": "2027-01-01"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.once
def test_a_slug_must_name_one_resource(client: Client) -> None:
    rooms = [office(slug="attic"), office(slug="attic")]

    answer = client.get("/api/timeslots", {"resource_id": "attic", "date": "2027-01-01"})

    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["resource_id"])
    assert slots(client, rooms[0], date="2027-01-04")


# --- availability -------------------------------------------------------------------------------


def test_a_free_time(client: Client) -> None:
    room = office()

    body = availability(client, resource_id=str(room.uuid), duration=60, **day_and_time())

    assert body["available"] is True
    (result,) = body["results"]
    assert (result["available"], result["reason"], result["message"]) == (True, None, None)
    assert (result["start"], result["end"]) == (local().isoformat(), local(hour=11).isoformat())
    assert result["conflicts"] == result["alternatives"] == []
    assert result["slots"] == slots(client, room, duration=60)


def test_a_taken_time_tells_when_but_not_who(client: Client) -> None:
    room = office()
    booked(client, room, time="10:00")

    body = availability(client, resource_id=room.slug, duration=60, **day_and_time(10, 30))

    (result,) = body["results"]
    assert body["available"] is result["available"] is False
    assert (result["reason"], result["message"]) == ("taken", "This time is already taken.")
    assert result["conflicts"] == [{"start": local().isoformat(), "end": local(hour=11).isoformat()}]
    assert local(hour=11).isoformat() in result["alternatives"]
    assert "Ada" not in str(body)


def test_closed_and_a_whole_day(client: Client) -> None:
    room = office()

    (night,) = availability(client, resource_id=room.slug, **day_and_time(22))["results"]
    assert (night["reason"], night["conflicts"]) == ("closed", [])
    assert len(night["alternatives"]) == 3
    (day,) = availability(client, resource_id=room.slug, date=day_and_time()["date"])["results"]
    assert (day["available"], day["reason"]) == (True, None)
    assert len(day["slots"]) == 15


def test_rules_about_people_are_answered(client: Client) -> None:
    venue = make_venue()
    open_always(venue)
    room = make_resource(venue, rules=make_rules(venue, audience=Audience.MEMBERS))

    def reason(**query: str) -> Any:
        return availability(client, resource_id=room.slug, **query)["results"][0]["reason"]

    for query in (day_and_time(), {"date": day_and_time()["date"]}):
        client.logout()
        assert reason(**query) == "members_only"
        client.force_login(make_user())
        assert reason(**query) == "members_only"
        client.force_login(make_member(venue))
        assert reason(**query) is None


def test_more_units_than_there_are(client: Client) -> None:
    room = office(units=3)
    book(room, local())

    (result,) = availability(client, resource_id=room.slug, quantity="4", **day_and_time())["results"]

    assert (result["reason"], result["slots"], result["alternatives"]) == ("capacity", [], [])
    assert result["conflicts"][0]["start"] == local().isoformat()


def test_instants_are_taken_too(client: Client) -> None:
    room = office()
    start = local().isoformat()  # the + of its offset is sent escaped

    (result,) = availability(client, resource_id=room.slug, start=start, duration="90")["results"]
    assert (result["start"], result["duration"]) == (start, 90)
    unescaped = client.get(f"/api/availability?resource_id={room.slug}&start={start}&duration=90")
    assert unescaped.json()["results"][0]["start"] == start


@pytest.mark.usefixtures("early_2027")
def test_local_times_that_do_not_exist_or_exist_twice(client: Client) -> None:
    room = office()
    room.rules.max_advance_days = None
    room.rules.save()

    for day, code in (("2027-03-28", "nonexistent_time"), ("2027-10-31", "ambiguous_time")):
        answer = client.get("/api/availability", {"resource_id": room.slug, "date": day, "time": "02:30"})
        body = answer.json()
        assert (answer.status_code, body["code"], list(body["fields"])) == (400, code, ["time"])
        assert len(body["candidates"]) == 2
        for start in body["candidates"]:
            assert availability(client, resource_id=room.slug, start=start)["results"][0]["reason"]


def test_many_resources_at_once(client: Client) -> None:
    tokyo = make_venue(currency="JPY")
    open_always(tokyo)
    rooms = [office(), make_resource(tokyo, hourly_rate=Decimal(1200))]
    names = [str(room.uuid) for room in rooms]

    by_comma = availability(client, resource_id=",".join(names), **day_and_time(20))
    repeated = client.get("/api/availability", {"resource_id": names, **day_and_time(20)}).json()

    assert [each["resource"]["id"] for each in by_comma["results"]] == names
    assert [each["available"] for each in by_comma["results"]] == [False, True]
    assert by_comma["available"] is False
    assert repeated == by_comma
    assert by_comma["results"][1]["slots"][0]["price"] == "1200"
    by_venue = availability(client, venue=rooms[1].venue.slug, **day_and_time(20))
    assert [each["resource"]["id"] for each in by_venue["results"]] == names[1:]
    nothing = availability(client, venue="nowhere", **day_and_time(20))
    assert nothing == {"available": False, "results": []}
    for query in ({}, {"resource_id": ",".join(f"r{number}" for number in range(51))}):
        answer = client.get("/api/availability", {**day_and_time(), **query})
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["resource_id"])


def test_the_number_of_queries_does_not_grow(client: Client) -> None:
    venue = make_venue()
    open_always(venue)
    rooms = [make_resource(venue) for _ in range(3)]
    for room in rooms:
        book(room, local())
    client.force_login(make_user())

    def count(names: list[str]) -> int:
        with CaptureQueriesContext(connection) as found:
            availability(client, resource_id=",".join(names), **day_and_time())
        return len(found)

    names = [str(room.uuid) for room in rooms]
    count(names)  # fills the catalog
    assert count(names) == count(names[:1])


def test_times_are_local_to_each_venue(client: Client) -> None:
    tokyo = make_venue(time_zone="Asia/Tokyo")
    open_always(tokyo)
    rooms = [office(), make_resource(tokyo)]

    found = availability(client, resource_id=",".join(room.slug for room in rooms), **day_and_time())

    starts = [datetime.fromisoformat(each["start"]) for each in found["results"]]
    assert [each["time_zone"] for each in found["results"]] == ["Europe/Berlin", "Asia/Tokyo"]
    assert starts[1] < starts[0]
    assert starts[0].astimezone(BERLIN).hour == 10
