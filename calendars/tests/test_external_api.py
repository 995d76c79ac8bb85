"""External calendars over the API and in the admin."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from calendars.fetching import FetchFailed, fetch_file
from calendars.models import ExternalCalendar
from calendars.services import add_calendar
from calendars.tests.server import CalendarServer, vevent
from calendars.tests.test_import import blocks, event, look
from common.sealing import seal
from resources.enums import Role
from resources.models import Resource
from tests.factories import at, book, make_member, make_resource, make_user

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def room() -> Resource:
    return make_resource(name="Court")


@pytest.fixture
def staff(client: Client, room: Resource) -> Client:
    client.force_login(make_member(room.venue, Role.STAFF))
    return client


def connected(staff: Client, room: Resource, **changes: Any) -> Any:
    body = {"resource_id": str(room.uuid), "name": "Club", "url": "https://93.184.215.14/a.ics"} | changes
    return staff.post("/api/external-calendars", body, content_type=JSON)


def test_from_connecting_to_disconnecting(staff: Client, room: Resource, server: CalendarServer) -> None:
    booked = book(room, at(7, 11))
    server.serve(event("a", at(7, 10), 120, SUMMARY="Training"), vevent("b", ":soon", SUMMARY="Choir"))
    made = connected(staff, room, url=server.url)
    assert made.status_code == 201
    found = made.json()
    assert found["address"] == "http://127.0.0.1/…"
    assert "secret-token" not in made.content.decode()
    one = f"/api/external-calendars/{found['id']}"
    assert made["Location"].endswith(one)

    look(ExternalCalendar.objects.get())
    told = staff.get(one).json()
    assert (told["conflicts"], told["last_error"], told["failures"]) == (1, "", 0)
    assert told["problems"] == ["1 event could not be read and blocks nothing: Choir"]
    rows = staff.get(f"{one}/events").json()["results"]
    assert [row["conflict"] == "" for row in rows] == [True, False]
    assert rows[0]["summary"] == "Training"
    assert rows[0]["start"] == at(7, 10).astimezone(room.venue.zone).isoformat()
    (conflict,) = staff.get(f"{one}/events?conflict=true").json()["results"]
    assert (conflict["reservation_id"], conflict["uids"]) == (None, ["a"])
    (block,) = staff.get(f"{one}/events?conflict=false").json()["results"]
    assert block["reservation_id"]
    assert staff.get(f"{one}/events?conflict=perhaps").status_code == 400

    changed = staff.patch(one, {"name": "Choir", "interval": 60}, content_type=JSON).json()
    assert (changed["name"], changed["interval"]) == ("Choir", 60)
    assert staff.post(f"{one}/fetch").status_code == 202
    assert staff.delete(one).status_code == 204
    assert blocks(room) == []
    booked.refresh_from_db()
    assert booked.status == "confirmed"
    assert staff.get(one).status_code == 404


@pytest.mark.once
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"url": "http://127.0.0.1/x.ics"}, "address_refused"),
        ({"url": "http://[::1]/x.ics"}, "address_refused"),
        ({"url": "http://169.254.169.254/latest"}, "address_refused"),
        ({"url": "gopher://93.184.215.14/"}, "address_refused"),
        ({"url": "http://user:password@93.184.215.14/"}, "address_refused"),
        ({"url": "http://[bad"}, "address_refused"),
        ({"interval": 1}, "invalid"),
        ({"name": ""}, "invalid"),
        ({"sealed_url": "x"}, "unknown_field"),
    ],
)
def test_bad_input_is_told(staff: Client, room: Resource, changes: dict[str, Any], code: str) -> None:
    answer = connected(staff, room, **changes)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not ExternalCalendar.objects.exists()


def test_webcal_is_https(staff: Client, room: Resource) -> None:
    found = connected(staff, room, url="webcal://93.184.215.14/a.ics").json()
    assert found["address"] == "https://93.184.215.14/…"


def test_lists_are_of_ones_own_venues_and_of_one_resource(staff: Client, room: Resource) -> None:
    other = make_resource(room.venue)
    for each in (room, other):
        connected(staff, each)
    add_calendar(resource=make_resource(), name="Elsewhere", url="https://93.184.215.14/b.ics")
    assert staff.get("/api/external-calendars").json()["count"] == 2
    (found,) = staff.get(f"/api/external-calendars?resource_id={room.uuid}").json()["results"]
    assert found["resource_id"] == str(room.uuid)
    assert staff.get("/api/external-calendars?resource_id=x").status_code == 400


# --- The admin ------------------------------------------------------------------------------------


def saved(client: Client, **fields: Any) -> Any:
    return client.post(
        reverse("admin:calendars_externalcalendar_add"), {"interval": 15, "is_active": "on"} | fields
    )


def test_staff_connect_in_the_admin_and_see_conflicts(
    staff: Client, room: Resource, server: CalendarServer
) -> None:
    server.serve(event("a", at(7, 10), SUMMARY="Training"), event("b", at(8, 10), SUMMARY="Matinee"))
    book(room, at(7, 10))
    assert saved(staff, resource=room.pk, name="Club", url=server.url).status_code == 302
    calendar = look(ExternalCalendar.objects.get())
    change = reverse("admin:calendars_externalcalendar_change", args=[calendar.pk])
    page = staff.get(change).content.decode()
    assert "secret-token" not in page
    assert "127.0.0.1" in page
    kept = {"name": "Choir", "url": "", "interval": 30, "is_active": "on"}
    assert staff.post(change, kept).status_code == 302
    calendar.refresh_from_db()
    assert (calendar.name, calendar.interval) == ("Choir", 30)
    events = reverse("admin:calendars_externalevent_changelist")
    conflicts = staff.get(events, {"conflict": "yes"}).content.decode()
    assert "Training" in conflicts
    assert "Matinee" not in conflicts
    remove = reverse("admin:calendars_externalcalendar_delete", args=[calendar.pk])
    assert staff.post(remove, {"post": "yes"}).status_code == 302
    assert blocks(room) == []


@pytest.mark.once
def test_the_admin_refuses_private_addresses_and_other_venues(staff: Client, room: Resource) -> None:
    foreign = make_resource()
    for fields in (
        {"resource": room.pk, "url": "http://10.0.0.1/x.ics"},
        {"resource": room.pk, "url": ""},
        {"resource": foreign.pk, "url": "https://93.184.215.14/x.ics"},
    ):
        assert saved(staff, name="Club", **fields).status_code == 200
    assert not ExternalCalendar.objects.exists()


@pytest.mark.once
def test_nobody_sees_another_venues_in_the_admin(staff: Client, room: Resource) -> None:
    foreign = add_calendar(resource=make_resource(), name="Elsewhere", url="https://93.184.215.14/b.ics")
    foreign.events.create(
        venue_id=foreign.venue_id, starts_at=at(7), ends_at=at(8), uids=["a"], summary="Foreign rehearsal"
    )
    for model in ("externalcalendar", "externalevent", "calendarfeed"):
        page = staff.get(reverse(f"admin:calendars_{model}_changelist"))
        assert page.status_code == 200
        assert "Elsewhere" not in page.content.decode()
        assert "Foreign" not in page.content.decode()
    change = reverse("admin:calendars_externalcalendar_change", args=[foreign.pk])
    assert staff.get(change).status_code in (302, 404)


def test_superusers_find_all_lists(client: Client, room: Resource) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    calendar = add_calendar(resource=room, name="Club", url="https://93.184.215.14/b.ics")
    calendar.events.create(
        venue_id=room.venue_id,
        starts_at=at(7),
        ends_at=at(7) + timedelta(hours=1),
        uids=["a"],
        summary="One",
    )
    for model in ("externalcalendar", "externalevent", "calendarfeed"):
        listed = reverse(f"admin:calendars_{model}_changelist")
        assert client.get(listed).status_code == 200
        assert client.get(listed, {"venue": room.venue_id}).status_code in (200, 302)
    look = {"action": "look", "_selected_action": [str(calendar.pk)]}
    assert client.post(reverse("admin:calendars_externalcalendar_changelist"), look).status_code == 302


def test_an_address_whose_key_is_gone_can_be_entered_again(
    staff: Client, room: Resource, settings: Settings
) -> None:
    """It is lost, but neither the list nor its page, and looking says why it fails."""
    connected(staff, room)
    own, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    lost = ExternalCalendar.objects.create(
        venue=room.venue, resource=room, name="Lost", sealed_url=seal("https://example.com/")
    )
    settings.SECRET_KEY = own
    address = f"/api/external-calendars/{lost.pk}"
    assert staff.get(address).json()["address"] == "…"
    assert staff.get("/api/external-calendars").status_code == 200
    assert staff.get(reverse("admin:calendars_externalcalendar_change", args=[lost.pk])).status_code == 200
    with pytest.raises(FetchFailed, match="Enter it again"):
        fetch_file(lost, afresh=True)
    entered = staff.patch(address, {"url": "https://93.184.215.14/b.ics"}, content_type=JSON)
    assert entered.json()["address"] == "https://93.184.215.14/…"
