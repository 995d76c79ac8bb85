"""A facilitator sees what a registered scope names, and nothing else of the venue, whatever the door."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from calendars.kinds import BuiltInKind
from calendars.links import feed_url
from calendars.services import make_feed
from calendars.tests.helpers import address as path_of
from calendars.tests.helpers import events, feed_path, fetch
from calendars.tests.pages import html_of
from common.errors import Forbidden
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.models import Reservation, ReservationSeries
from reservations.news.webhooks import BookingReport, ToldRows
from reservations.scopes import facilitator_scopes
from reservations.services import cancel_reservation
from resources.enums import Role
from resources.models import Resource, Venue, VenueMembership
from tests.factories import at, book, make_member, make_resource, make_user
from waitlist.tests.helpers import join

pytestmark = [pytest.mark.django_db, pytest.mark.once]
API = "/api/reservations"
ADMIN = "admin:reservations_reservation"
EVE = Customer(name="Eve Elsewhere", email="eve@example.com", phone="+493099999999")


@dataclass(frozen=True)
class World:
    """The guide leads boats and what is named after them. ``led`` takes two of them; ``unseen`` none."""

    venue: Venue
    guide: User
    boat: Resource
    lake: Resource
    led: Reservation
    unseen: tuple[Reservation, ...]

    @property
    def secrets(self) -> list[str]:
        return [EVE.name, EVE.email, *(text for row in self.unseen for text in (row.code, str(row.pk)))]

    def client(self, user: User | None = None) -> Client:
        client = Client()
        client.force_login(user or self.guide)
        return client


def guided(user: User) -> Q:
    """Follows a relation: two boats of one booking are two rows."""
    return Q(items__resource__slug__startswith=f"{user.first_name}-") | Q(title=f"Tour of {user.first_name}")


@pytest.fixture(autouse=True)
def scope() -> Iterator[None]:
    before = facilitator_scopes.items()
    facilitator_scopes.register("guided", guided)
    yield
    for name in facilitator_scopes.names():
        facilitator_scopes.unregister(name)
    for name, each in before:
        facilitator_scopes.register(name, each)


@pytest.fixture(scope="module")
def shared_world(shared_rows: None) -> World:
    lake = make_resource(name="Lake house", slug="lake")
    venue = lake.venue
    guide = make_member(venue, Role.FACILITATOR, first_name="anna")
    boat, bus = (make_resource(venue, slug=slug) for slug in ("anna-boat", "anna-bus"))
    raft = make_resource(slug="anna-raft")
    return World(
        venue,
        guide,
        boat,
        lake,
        book(boat, items=[ItemRequest(boat.pk), ItemRequest(bus.pk)], requests="Life jackets"),
        # Of others, and of the scope at a venue where the guide has no role.
        (book(lake, at(7, 12), customer=EVE), book(raft, customer=EVE)),
    )


@pytest.fixture
def world(shared_world: World, db: None) -> World:
    return deepcopy(shared_world)


def codes(client: Client, path: str = API, **query: str) -> list[str]:
    return [row["code"] for row in client.get(path, query).json()["results"]]


def test_the_api_has_it_once(world: World) -> None:
    client = world.client()
    assert codes(client) == [world.led.code]
    assert codes(client, q="Eve") == codes(client, code=world.unseen[0].code) == []
    for row, status in ((world.led, 200), *((row, 404) for row in world.unseen)):
        for part in ("", "/history", "/payments", "/cancellation-quote"):
            assert client.get(f"{API}/{row.pk}{part}").status_code == status
    for part in ("cancel", "payments", "check-in"):
        assert client.post(f"{API}/{world.led.pk}/{part}", content_type="application/json").status_code == 403
    history = client.get(f"{API}/{world.led.pk}/history").json()["results"]
    assert [event["kind"] for event in history] == ["booked"]


def test_without_a_scope_there_is_nothing(world: World) -> None:
    facilitator_scopes.unregister("guided")
    assert codes(world.client()) == []
    assert world.client().get(f"{API}/{world.led.pk}").status_code == 404


def test_other_roles_see_what_they_always_saw(world: World) -> None:
    here = {world.led.code, world.unseen[0].code}
    for role in (Role.STAFF, Role.MANAGER):
        assert {*codes(world.client(make_member(world.venue, role)))} == here
    namesake = make_user(first_name="anna")
    assert codes(world.client(namesake)) == []
    VenueMembership.objects.filter(user=world.guide).update(role=Role.STAFF)
    assert {*codes(world.client())} == here


def test_a_facilitator_is_a_customer_too(world: World) -> None:
    own = book(world.lake, at(9), customer=Customer.from_user(world.guide), actor=Actor(world.guide))
    assert {*codes(world.client())} == {own.code, world.led.code}
    assert world.client().get(f"{API}/{own.pk}").json()["allowed_actions"] == ["cancel", "reschedule"]


def test_of_a_series_only_what_they_lead(world: World) -> None:
    series = ReservationSeries.objects.create(venue=world.venue, rule="FREQ=WEEKLY;COUNT=2")
    rows = [book(world.lake, at(day), customer=EVE) for day in (8, 15)]
    Reservation.objects.filter(pk__in=[row.pk for row in rows]).update(series=series)
    address = f"/api/series/{series.pk}"
    assert world.client().get(address).status_code == 404
    Reservation.objects.filter(pk=rows[1].pk).update(title="Tour of anna")
    shown = world.client().get(address).json()
    assert (shown["count"], [row["code"] for row in shown["reservations"]]) == (1, [rows[1].code])


def test_calendars_show_the_rest_as_busy(world: World) -> None:
    client, day = world.client(), at(7).date().isoformat()
    for view in ("day", "week", "month", "timeline"):
        for more in ({}, {"show": "list"}, {"resource": str(world.boat.uuid)}, {"mine": "1"}):
            query = more if "mine" in more or "resource" in more else more | {"venue": world.venue.slug}
            page = html_of(client, view, day, **query)
            assert not [text for text in world.secrets if text in page], (view, more)
            assert ("Ada Lovelace" in page) or (view in ("week", "month") and "resource" not in more)
    assert "Life jackets" not in page
    assert client.get(reverse("calendar-events", args=[day])).status_code == 404
    names = ",".join(str(resource.uuid) for resource in (world.boat, world.lake))
    answer = client.get("/api/calendar", {"resource_id": names, "date": day, "view": "day"}).json()
    assert [row["code"] for row in answer["reservations"]] == [world.led.code]
    assert [len(row["busy"]) for row in answer["resources"]] == [1, 1]


def test_the_desks_pages(world: World) -> None:
    for row, status in ((world.led, 403), (world.unseen[0], 404)):
        address = reverse("calendar-edit", args=[row.pk])
        assert world.client().get(address).status_code == status
        assert world.client().post(address, {"action": "cancel"}).status_code == status


def test_feeds(world: World) -> None:
    uids = [str(event["uid"]) for event in events(feed_path(world.guide, BuiltInKind.FACILITATOR))]
    assert uids == [f"{world.led.pk}@localhost"]
    with pytest.raises(Forbidden):
        make_feed(user=world.guide, kind=BuiltInKind.VENUE, venue=world.venue)
    with pytest.raises(Forbidden):
        make_feed(user=world.guide, kind=BuiltInKind.RESOURCE_STAFF, resource=world.boat)
    page = world.client().get("/account/calendars/").content.decode()
    assert f"resource:{world.lake.uuid}" in page
    assert not [text for text in ("resource_staff:", "venue:") if text in page]


def test_old_feeds_end_with_the_role_that_they_need(world: World) -> None:
    chief = make_member(world.venue, Role.STAFF, first_name="anna")
    things: list[dict[str, Any]] = [{"venue": world.venue}, {"resource": world.lake}]
    made = [
        make_feed(user=chief, kind=kind, **thing)
        for kind, thing in zip((BuiltInKind.VENUE, BuiltInKind.RESOURCE_STAFF), things, strict=True)
    ]
    paths = [path_of(feed_url(feed)) for feed in made]
    assert [fetch(path).status_code for path in paths] == [200, 200]
    VenueMembership.objects.filter(user=chief).update(role=Role.FACILITATOR)
    assert [fetch(path).status_code for path in paths] == [404, 404]
    # Of the resource that is oneself, what one leads: all of its own, nothing of what it is part of.
    Resource.objects.filter(pk=world.lake.pk).update(person=chief)
    assert [fetch(path).status_code for path in paths] == [404, 200]
    assert [event["uid"] for event in events(paths[1])] == [f"{world.unseen[0].pk}@localhost"]
    facilitator_scopes.unregister("booked_with")
    assert events(paths[1]) == []


def test_the_admin(world: World) -> None:
    client, page = world.client(), reverse(f"{ADMIN}_changelist")
    for query, is_found in (({}, True), ({"q": world.led.code}, True), ({"q": "Eve"}, False)):
        text = client.get(page, query).content.decode()
        assert (text.count(f"/{world.led.pk}/change/") == 1) == is_found
        assert not [secret for secret in world.secrets if secret in text]
    for row, status in ((world.led, 200), *((row, 302) for row in world.unseen)):
        for name in ("change", "history"):
            assert client.get(reverse(f"{ADMIN}_{name}", args=[row.pk])).status_code == status
    chosen = {"action": "cancel", "_selected_action": [str(world.unseen[0].pk)], "confirmed": "1"}
    client.post(page, chosen)
    assert Reservation.objects.get(pk=world.unseen[0].pk).status == "confirmed"


CLOSED = (
    "reservations_venuecustomer",
    "waitlist_waitlistentry",
    "waitlist_waitlistoffer",
    "notifications_message",
    "webhooks_webhookendpoint",
    "webhooks_webhookdelivery",
    "calendars_externalcalendar",
    "calendars_externalevent",
    "calendars_calendarfeed",
)


def test_what_else_holds_customers_data(world: World) -> None:
    entry = join(world.boat, customer=EVE)
    client = world.client()
    for name in CLOSED:
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 403, name
    index = client.get("/admin/").content.decode()
    assert not [name for name in CLOSED if f"/admin/{name.replace('_', '/', 1)}/" in index]
    assert client.get("/api/waitlist").json()["results"] == []
    assert client.get(f"/api/waitlist/{entry.pk}").status_code == 404
    assert client.get("/api/changes", {"entry": str(entry.pk)}).status_code == 404


def test_live_updates(world: World) -> None:
    client, staff = world.client(), world.client(make_member(world.venue))
    query = {"venue": world.venue.slug}
    begin = client.get("/api/changes", query).json()["last_id"]
    for row in (world.led, world.unseen[0]):
        cancel_reservation(reservation_id=row.pk, actor=Actor())

    def hear(client: Client, query: dict[str, str]) -> list[str]:
        changes = client.get("/api/changes", query | {"after": begin}).json()["changes"]
        return [change["id"] for change in changes if change["type"] == "reservation"]

    assert hear(staff, query) == [str(world.led.pk), str(world.unseen[0].pk)]
    assert hear(client, query) == []
    assert hear(client, {"reservation": str(world.led.pk)}) == [str(world.led.pk)]
    assert client.get("/api/changes", {"reservation": str(world.unseen[0].pk)}).status_code == 404


def test_webhooks_name_them_with_what_they_lead(world: World) -> None:
    manager = make_member(world.venue, Role.MANAGER)
    make_member(world.venue, Role.FACILITATOR, first_name="otto")
    for row, told in ((world.led, [world.guide, manager]), (world.unseen[0], [manager])):
        assert [person["email"] for person in BookingReport(ToldRows([row.pk]), row.pk).staff] == [
            user.email for user in told
        ]


def test_it_costs_the_same_for_one_and_for_three(world: World) -> None:
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert world.client().get(API).status_code == 200
        return len(captured)

    before = count_queries()
    for day in (8, 9):
        book(world.boat, at(day))
    assert len(codes(world.client())) == 3
    assert count_queries() == before
