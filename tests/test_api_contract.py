"""The API keeps what schema.yml promises, whoever asks: no 500, no undocumented status or form.

Schemathesis makes up requests from the document; most identifiers, dates and times in them are replaced by
ones that exist, so that they come further than the first 404.
"""

import re
from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import User
from accounts.services.keys import create_key
from calendars.kinds import BuiltInKind
from calendars.services import add_calendar, make_feed
from classes.models import Instalment, PassKind, PayRate
from classes.services import sell_pass
from classes.tests.helpers import house_at, take
from common.clock import now
from common.models import Job
from common.sealing import seal
from lending.services import add_copy
from lending.tests.helpers import ask, make_thing, rules_of
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.models import Reservation
from reservations.series import Pattern, book_series
from reservations.tests.api_helpers import local, post
from resources.enums import Role
from resources.models import AvailabilityOverride, Feature, OpeningHours, PriceRule, Question, Resource
from tests.effort import LONG, often
from tests.factories import (
    PASSWORD,
    at,
    book,
    hold,
    make_group,
    make_member,
    make_policy,
    make_resource,
    make_user,
)
from tests.schema import SCHEMA, read_schema
from waitlist.tests.helpers import join, offer
from webhooks.services import create_endpoint, send_test

# What the other database says of odd values `test_forged_values` asks systematically.
pytestmark = [pytest.mark.django_db, *([] if LONG else [pytest.mark.once])]
EXAMPLES = often(2)
PLAIN = {"Accept-Encoding": "identity"}  # without a server between, nothing unpacks what was compressed
WHO = ("anonymous", "customer", "staff")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
IN_FULL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")


def has_one_form_of_instants(context: Any, response: Any, case: Any) -> None:
    is_json = response.headers.get("content-type", [""])[0].startswith("application/json")
    for text in list_texts(response.json() if is_json and response.content else None):
        if INSTANT.match(text):
            assert IN_FULL.fullmatch(text), text


def list_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from list_texts(inner)


def declares_its_headers(context: Any, response: Any, case: Any) -> None:
    declared = (
        case.operation.definition.raw["responses"].get(str(response.status_code), {}).get("headers", {})
    )
    for name in ("Location", "ETag"):
        assert name in declared or name.lower() not in response.headers, name


CHECKS = [
    has_one_form_of_instants,
    declares_its_headers,
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
DOCUMENT = schemathesis.openapi.from_dict(read_schema())
DOCUMENT.app = get_wsgi_application()
OPERATIONS: list[Any] = [found.ok() for found in DOCUMENT.get_all_operations() if isinstance(found, Ok)]


@pytest.fixture(scope="module")
def shared_world(shared_rows: None) -> "World":
    return World()


@pytest.fixture
def world(shared_world: "World") -> Iterator["World"]:
    """The test's connection outlives its requests; no limits are left over from other tests."""
    cache.clear()
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield shared_world
    for signal in signals:
        signal.connect(close_old_connections)


def test_the_document_is_that_of_the_code(tmp_path: Path) -> None:
    """``script/schema`` writes it anew."""
    call_command("spectacular", file=str(tmp_path / "schema.yml"), validate=True, fail_on_warn=True)
    assert (tmp_path / "schema.yml").read_text() == SCHEMA.read_text()


class World:
    """Something of everything that an address or a field may name."""

    def __init__(self) -> None:
        self.room: Resource = make_resource(capacity=8)
        self.venue = self.room.venue
        self.room.cancellation_policy = make_policy(self.venue, (24, "100", "0"), (0, "50", "2.50"))
        self.room.save()
        self.other = make_resource(self.venue, rules=self.room.rules)
        self.group = make_group([self.room, self.other])
        self.customer = make_user()
        self.manager = make_member(self.venue, Role.MANAGER)
        self.mine = book(self.room, at(7, 10), customer=Customer.from_user(self.customer))
        self.held = hold(self.room, at(8, 10), customer=Customer.from_user(self.customer))
        self.by_path = self._by_path()
        self.by_name = self._by_name()
        self.headers = {
            "anonymous": {},
            "customer": self._sign_in(self.customer),
            "staff": self._sign_in(self.manager),
        }

    def _by_path(self) -> dict[str, object]:
        venue, room = self.venue, self.room
        feature = Feature.objects.create(venue=venue, name="Beamer", slug="beamer")
        day = at(9).date()
        closure = AvailabilityOverride.objects.create(venue=venue, starts_on=day, ends_on=day)
        price = PriceRule.objects.create(venue=venue, name="Evening", basis="hour", amount=30)
        asked = Question.objects.create(venue=venue, resource=room, text="Vegan?", kind="yes_no")
        hours = OpeningHours.objects.create(
            venue=venue, weekday=0, start_time=time(9), end_time=time(17), is_available=True
        )
        waiting = join(self.other, customer=Customer.from_user(self.customer), actor=Actor(self.customer))
        self.offer = offer(waiting)
        return {
            **self._by_path_beside(),
            "reservations": self.mine.pk,
            "holds": self.held.pk,
            "series": self._series().pk,
            "waitlist": waiting.pk,
            "resources": room.uuid,
            "venues": venue.uuid,
            "groups": self.group.uuid,
            "rules": room.rules_id,
            "cancellation-policies": room.cancellation_policy_id,
            "price-rules": price.pk,
            "questions": asked.pk,
            "overrides": closure.pk,
            "features": feature.pk,
            "timeslot-templates": hours.pk,
        }

    def _by_path_beside(self) -> dict[str, object]:
        """Of the account, and what goes out of the house."""
        address = "https://93.184.215.14/"
        self.endpoint = create_endpoint(venue=self.venue, url=f"{address}hook")[0]
        job = Job.objects.create(user=self.customer, path="/api/series", body=seal({}), created_at=now())
        return {
            "auth/keys": create_key(user=self.customer, name="Script", scopes=["read"])[0].pk,
            "feeds": make_feed(user=self.customer, kind=BuiltInKind.CUSTOMER).pk,
            "external-calendars": add_calendar(resource=self.room, name="Club", url=f"{address}a.ics").pk,
            "webhooks": self.endpoint.pk,
            "jobs": job.pk,
            **self._by_path_of_lending(),
            **self._by_path_of_classes(),
        }

    def _by_path_of_lending(self) -> dict[str, object]:
        self.thing = make_thing(self.venue)
        loan = ask(self.thing, self.customer)
        return {
            "lending/things": self.thing.uuid,
            "lending/loans": loan.uuid,
            "lending/copies": add_copy(resource=make_thing(self.venue), code="C-1").pk,
            "lending/rules": rules_of(self.thing).pk,
        }

    def _by_path_of_classes(self) -> dict[str, object]:
        house = house_at(self.venue)
        self.lesson = house.add_session(facilitator=house.add_facilitator(user=self.manager))
        self.seat = take(self.lesson, self.customer)
        kind = PassKind.objects.create(venue=self.venue, name="Ten", credits=10, price=200)
        sold = sell_pass(kind_id=kind.pk, customer=self.customer, actor=Actor())
        self.kind, class_type = kind, house.add_type()
        part = Instalment.objects.create(
            venue=self.venue, booking=self.seat, due_on=local(10).date(), amount=9
        )
        return {
            **dict.fromkeys(("sessions", "facilitator/sessions"), self.lesson.pk),
            "bookings": self.seat.pk,
            "facilitators": house.mia.pk,
            "class-types": class_type.pk,
            "passes": sold.pk,
            "instalments": part.pk,
            "pay-rates": PayRate.objects.create(venue=self.venue, name="Usual", base=20).pk,
        }

    def _series(self) -> Any:
        pattern = Pattern(
            self.venue.pk,
            (ItemRequest(self.other.pk),),
            local(10).date(),
            time(10),
            timedelta(hours=1),
            "FREQ=WEEKLY;COUNT=3",
        )
        customer = Customer.from_user(self.customer)
        return book_series(pattern=pattern, customer=customer, actor=Actor(self.customer))[0]

    def _by_name(self) -> dict[str, list[object]]:
        day, later = f"{local(11):%Y-%m-%d}", f"{local(12):%Y-%m-%d}"
        return {
            "resource_id": [str(self.room.uuid), self.other.slug, self.thing.slug],
            "resource_ids": [[self.other.slug]],
            "to": [[self.other.slug]],
            "group_id": [str(self.group.uuid)],
            "venue": [self.venue.slug, str(self.venue.uuid)],
            "reservation_id": [str(Reservation.objects.exclude(series=None)[0].pk)],
            "date": [day, later],
            "preferred_date": [day],
            "start_date": [day],
            "end_date": [later],
            "starts_on": [day],
            "ends_on": [later],
            "from": [day],
            "time": ["10:00", "13:30"],
            "start_time": ["09:00", f"{day}T09:00"],
            "end_time": ["17:00", f"{day}T17:00"],
            "start": [f"{day}T10:00", local(11, 12).isoformat()],
            "end": [local(11, 14).isoformat()],
            "starts": [[f"{day}T10:00", f"{day}T11:00"]],
            "skip": [[]],
            "rule": ["FREQ=WEEKLY;COUNT=2"],
            "duration": [60, 90],
            "party_size": [2],
            "quantity": [1],
            "customer_info": [{"name": "Ada Lovelace", "email": "ada@example.com"}],
            "contact_info": [{"name": "Ada Lovelace", "email": "ada@example.com"}],
            "amount": ["5.00"],
            "offer_id": [str(self.offer.pk)],
            "delivery_id": [str(send_test(endpoint=self.endpoint).pk)],
            "version": [1],
            "code": ["C-1"],
            "session_id": [self.lesson.pk],
            "kind_id": [self.kind.pk],
            "marks": [[{"booking_id": self.seat.pk, "attendance": "present"}]],
        }

    def _sign_in(self, user: User) -> dict[str, str]:
        answer = post(Client(), "/api/auth/login", {"email": user.email, "password": PASSWORD})
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def made_real(self, case: Any, random: Random) -> None:
        """Puts what exists into a made-up request, here and there."""
        if "id" in case.path_parameters and random.random() < 0.9:
            case.path_parameters["id"] = str(self.by_path[rows_named_in(case.path)])
        for fields in (case.path_parameters, case.query, case.body):
            for name in list(fields) if isinstance(fields, dict) else ():
                if name in self.by_name and random.random() < 0.8:
                    fields[name] = random.choice(self.by_name[name])


def rows_named_in(path: str) -> str:
    return path.removeprefix("/api/").partition("/{")[0]


def ids(operation: Any) -> str:
    return f"{operation.method.upper()} {operation.path}"


@pytest.mark.parametrize("operation", OPERATIONS, ids=ids)
def test_the_contract(operation: Any, world: "World") -> None:
    @settings(max_examples=EXAMPLES, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), seed=st.integers(0, 10_000))
    def keeps_it(case: Any, seed: int) -> None:
        world.made_real(case, Random(seed))
        for who in WHO:
            response = case.call(headers=world.headers[who] | PLAIN)
            case.validate_response(response, checks=CHECKS)

    keeps_it()
