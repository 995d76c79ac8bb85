"""Every list of the API costs the same number of queries for one row and for four."""

from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.services.keys import create_key
from calendars.kinds import BuiltInKind
from calendars.services import add_calendar, make_feed
from classes.models import ClassType, Instalment, PassKind, PayRate
from classes.services import register_facilitator, sell_pass
from classes.tests.helpers import house_at, take
from common.clock import now
from common.models import Job
from common.sealing import seal
from lending.services import add_copy, edit_loan
from lending.tests.helpers import ask, make_thing
from reservations.domain.values import Actor, Customer
from reservations.services import ReservationChanges, edit_reservation, record_payment
from resources.models import (
    AvailabilityOverride,
    Feature,
    Holiday,
    OpeningHours,
    PriceRule,
    Question,
    Resource,
    Venue,
)
from resources.services.products import offer_products
from tests.factories import at, book, hold, make_group, make_policy, make_resource, make_user
from tests.schema import read_schema
from waitlist.models import WaitlistEntry, WaitlistOffer
from webhooks.services import create_endpoint, send_test

pytestmark = [pytest.mark.django_db, pytest.mark.once]


class World:
    """Grows by one of everything that a list can hold."""

    def __init__(self, owner: User) -> None:
        self.owner = owner
        self.room = make_resource()
        self.first = book(self.room, at(7, 10), customer=Customer.from_user(owner))
        self.entry = self._entry(0)
        self.external = add_calendar(resource=self.room, name="Club", url="https://93.184.215.14/club.ics")
        self.webhook = create_endpoint(venue=self.room.venue, url="https://93.184.215.14/hook")[0]
        self._lend()

    def _lend(self) -> None:
        """What can be lent, and whose loan has a history."""
        self.thing = make_thing(self.room.venue, names_shown="everybody")
        self.loan = ask(self.thing, self.owner)

    def path(self, address: str) -> str:
        subjects = {"waitlist": self.entry, "external-calendars": self.external, "webhooks": self.webhook}
        lent = {"things": self.thing, "loans": self.loan}
        _empty, _api, name, below, *_rest = f"{address}//".split("/")
        subject: Any = lent.get(below) if name == "lending" else subjects.get(name, self.first)
        return address.replace("{id}", str(getattr(subject, "uuid", getattr(subject, "pk", ""))))

    def grow(self, number: int) -> None:
        room = make_resource()
        venue, day = room.venue, at(20 + number).date()
        room.features.add(Feature.objects.create(venue=venue, name="Beamer", slug=f"beamer-{number}"))
        room.cancellation_policy = make_policy(venue, (24, "100", "0"), (0, "50", "2.50"))
        room.save()
        make_group([room])
        OpeningHours.objects.create(
            venue=venue, resource=room, weekday=0, start_time=time(0), end_time=time(0)
        )
        AvailabilityOverride.objects.create(venue=venue, resource=room, starts_on=day, ends_on=day)
        price = PriceRule.objects.create(venue=venue, name="Evening", basis="hour", amount=30)
        price.resources.add(room)
        Question.objects.create(venue=venue, resource=room, text=f"Question {number}?")
        Holiday.objects.create(country="DE", date=day, name="Feast")
        book(self.room, at(8 + number, 10), customer=Customer.from_user(self.owner))
        self._of_first(number)
        create_key(user=self.owner, name=f"key {number}", scopes=["read"])
        self._offer(number)
        self._calendars(room, number)
        Job.objects.create(user=self.owner, path="/api/series", body=seal({}), created_at=now())
        create_endpoint(venue=venue, url="https://93.184.215.14/hook")
        send_test(endpoint=self.webhook)
        self._borrow(venue, number)
        self._teach(venue, number)

    def _teach(self, venue: Venue, number: int) -> None:
        """Somebody who leads sessions, what they are made from, and a pass."""
        offer_products(venue=venue, names=["classes", "lending"])
        register_facilitator(venue=venue, user=make_user(), name="Mia")
        if number == 1:
            self.seat = take(house_at(venue).add_session(), self.owner)
            OpeningHours.objects.filter(resource__is_listed=False).delete()  # more than a page
        day = at(30).date()
        Instalment.objects.create(venue=venue, booking=self.seat, due_on=day, position=number, amount=9)
        PayRate.objects.create(venue=venue, name=f"Rate {number}")
        kind = PassKind.objects.create(venue=venue, name=f"Pass {number}", credits=10, price=200)
        kind.class_types.add(ClassType.objects.create(venue=venue, title=f"Yoga {number}"))
        sell_pass(kind_id=kind.pk, customer=self.owner, actor=Actor(self.owner))

    def _borrow(self, venue: Venue, number: int) -> None:
        """There, with a queue; one more place and one more change of the first."""
        thing = make_thing(venue)
        ask(thing)
        ask(thing, self.owner)
        ask(self.thing)
        edit_loan(loan_id=self.loan.uuid, actor=Actor(self.owner), purpose=f"purpose {number}")
        add_copy(resource=make_thing(venue), code=f"C-{number}")

    def _calendars(self, room: Resource, number: int) -> None:
        make_feed(user=self.owner, kind=BuiltInKind.RESOURCE, resource=room)
        add_calendar(resource=room, name="Club", url="https://93.184.215.14/club.ics")
        day = at(50 + number)
        self.external.events.create(
            venue_id=self.external.venue_id,
            starts_at=day,
            ends_at=day + timedelta(hours=1),
            conflict="Booked",
        )

    def _of_first(self, number: int) -> None:
        """One more change and one more payment of the first reservation."""
        actor = Actor(self.owner)
        changes = ReservationChanges(requests=f"change {number}")
        edit_reservation(reservation_id=self.first.pk, changes=changes, actor=actor)
        record_payment(reservation_id=self.first.pk, amount=Decimal(1), actor=actor)

    def _entry(self, number: int) -> WaitlistEntry:
        return WaitlistEntry.objects.create(
            venue=self.room.venue,
            resource=self.room,
            customer=self.owner,
            customer_email=f"{number}@example.com",
            preferred_on=at(30 + number).date(),
            duration=60,
        )

    def _offer(self, number: int) -> None:
        self._entry(number)
        held = hold(self.room, at(40 + number, 10))
        WaitlistOffer.objects.create(
            venue_id=self.entry.venue_id,
            entry=self.entry,
            reservation=held,
            deadline_at=at(1),
            outcome=WaitlistOffer.Outcome.EXPIRED,
        )


def lists(parameter: str = "page") -> list[str]:
    """Every GET of the document that answers with a page, and has the parameter."""
    found = []
    for address, operations in read_schema()["paths"].items():
        operation = operations.get("get", {})
        shape = operation.get("responses", {}).get("200", {})
        reference = shape.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
        names = {given["name"] for given in operation.get("parameters", ())}
        if reference.endswith("Page") and parameter in names:
            found.append(address)
    return found


@pytest.fixture(scope="module")
def world(shared_rows: None) -> World:
    return World(make_user(is_superuser=True))


@pytest.fixture(scope="module")
def client(world: World) -> Client:
    client = Client()
    client.force_login(world.owner)
    return client


@pytest.fixture(scope="module")
def costs(world: World, client: Client) -> dict[str, tuple["Cost", "Cost"]]:
    """Of every list, with few rows and with many."""
    world.grow(1)
    few = {address: cost(client, world.path(address)) for address in lists()}
    for number in (2, 3, 4):
        world.grow(number)
    return {address: (few[address], cost(client, world.path(address))) for address in few}


@pytest.mark.parametrize("address", lists())
def test_it_costs_the_same(costs: dict[str, tuple["Cost", "Cost"]], address: str) -> None:
    few, many = costs[address]
    assert many.rows >= few.rows + 3
    assert many.queries == few.queries


@pytest.mark.parametrize("address", lists("cursor"))
def test_cursors_lead_through_all_of_it_and_back(
    costs: dict[str, Any], client: Client, world: World, address: str
) -> None:
    path = world.path(address)
    whole = client.get(path).json()
    assert whole["next"] is None, "more than a page"
    there = walk(client, f"{path}?pagination=cursor&page_size=2", "next")
    assert [row for page in there for row in page["results"]] == whole["results"]
    back = walk(client, there[-1]["previous"], "previous")
    assert [page["results"] for page in (there[-1], *back)] == [page["results"] for page in reversed(there)]
    assert {(page["count"], page["count_is_estimate"]) for page in there} == {(whole["count"], False)}


def walk(client: Client, path: str | None, direction: str) -> list[Any]:
    pages = []
    while path:
        answer = client.get(path)
        assert answer.status_code == 200, answer.content
        pages.append(answer.json())
        path = pages[-1][direction]
    return pages


@dataclass(frozen=True)
class Cost:
    queries: int
    rows: int


def cost(client: Client, path: str) -> Cost:
    """With warm caches."""
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        answer: Any = client.get(path)
    assert answer.status_code == 200, answer.content
    return Cost(len(captured), answer.json()["count"])


def test_there_are_lists() -> None:
    assert {"/api/reservations", "/api/resources", "/api/waitlist/{id}/offers"} <= set(lists())
