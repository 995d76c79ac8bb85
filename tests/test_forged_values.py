"""What nobody's form has sent is a mistake of whoever sends it, wherever it is sent: never a 500.

Run on PostgreSQL, too: other numbers are too large there, and a text with NUL is none.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.db import DataError, connection, transaction
from django.db.models import CharField, DateTimeField, Model
from django.http import HttpRequest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from calendars.models import ExternalCalendar
from common.api import exception_handler
from common.numbers import is_no_value, is_number_too_large, read_key
from common.unavailable import is_database_away
from resources.models import Resource, Venue
from tests.admin_forms import admin_address, shown_values
from tests.admin_world import World, make_world
from tests.schema import read_schema
from waitlist.models import WaitlistEntry

pytestmark = pytest.mark.django_db
BEYOND, ENDLESS, NO_KEY = str(2**63), "9" * 5000, "x\x00"
NO_TEXT = pytest.param(NO_KEY, id="no key", marks=pytest.mark.postgresql)  # SQLite keeps it like any other
FORGED = pytest.mark.parametrize("forged", [pytest.param(BEYOND, id="beyond"), NO_TEXT])
FINE = {200, 302, 400, 403, 404, 405, 409}
SAME_NAME = 3
"""As often is a parameter tried that many lists have."""
UNKNOWN = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def world(shared_rows: None) -> World:
    return make_world()


@pytest.fixture(scope="module")
def root(world: World) -> Client:
    """Raises whatever would be a 500."""
    client = Client()
    client.force_login(world.people["superuser"])
    return client


@FORGED
def test_lists_rows_and_actions_of_the_admin(root: Client, forged: str) -> None:
    request = root.get(reverse("admin:index")).wsgi_request
    for model, model_admin in admin.site._registry.items():
        changelist = admin_address(model, "changelist")
        for name in names_of_filters(model_admin, request):
            assert root.get(changelist, {name: forged}).status_code in FINE, (model, name)
        for action in [*model_admin.get_actions(request)][:1]:
            chosen = {"action": action, "_selected_action": [forged], "confirmed": "yes", "post": "yes"}
            assert root.post(changelist, chosen).status_code in FINE, (model, action)
        for address in pages_of_row(model, forged):
            assert root.get(address).status_code in FINE, address


def test_lookups_of_lists_that_no_link_has(root: Client) -> None:
    for model in admin.site._registry:
        changelist, text, instant = admin_address(model, "changelist"), None, None
        for field in model._meta.concrete_fields:
            text = field.name if isinstance(field, CharField) else text
            instant = field.name if isinstance(field, DateTimeField) else instant
        tried = {f"{text}__regex": "[", f"{text}__range": "1", f"{instant}__year": "-1", "pk__range": "1"}
        for name, value in tried.items():
            if not name.startswith("None__"):
                assert root.get(changelist, {name: value}).status_code in (302, 400), (model, name)
        if instant:
            assert root.get(changelist, {f"{instant}__year": "2026"}).status_code == 200, model


def names_of_filters(model_admin: Any, request: HttpRequest) -> Iterator[str]:
    yield "pk__in"
    for found in model_admin.get_list_filter(request):
        if not isinstance(found, str | tuple):  # one of ours
            yield found.parameter_name


def pages_of_row(model: Any, forged: str) -> Iterator[str]:
    for page in ("change", "delete", "history"):
        try:
            yield admin_address(model, page, forged)
        except NoReverseMatch:  # an admin that has no such page
            continue


# With rows below, with choices of several, written by a service, with keys of both sorts, of a library.
FORMS: tuple[type[Model], ...] = (Venue, Resource, WaitlistEntry, ExternalCalendar, EmailAddress)


@pytest.mark.once
def test_forms_of_the_admin(root: Client) -> None:
    """Every field and every hidden key, of the row and of the rows below it."""
    for model in FORMS:
        address = admin_address(model, "change", model._default_manager.values_list("pk", flat=True)[0])
        fields = shown_values(root.get(address))
        counts = {name: values for name, values in fields.items() if name.endswith("_FORMS")}
        for sent_counts in (counts, {name: [NO_KEY] for name in counts}) if counts else ({},):
            sent = {name: [BEYOND] for name in fields} | sent_counts
            assert root.post(address, sent).status_code in FINE, address
        asked = dict.fromkeys([*fields, "_popup", "_to_field", "_changelist_filters"], NO_KEY)
        assert root.get(admin_address(model, "add"), asked).status_code in FINE, address


@pytest.mark.parametrize("name", ["q", "p", "o", "all", "_to_field", "venue", "kind__exact"])
def test_what_djangos_lists_ask(root: Client, name: str) -> None:
    for forged in (ENDLESS, NO_KEY):
        assert root.get("/admin/resources/resource/", {name: forged}).status_code in FINE, forged


PAGES = [
    "/?party_size={}&days={}&duration={}&venue={}&date={}&features={}&q={}",
    "/calendar/?resource={}&page={}&venue={}&date={}&view={}&kind={}",
    "/calendar/events/2030-01-01/?resource={}&venue={}&page={}",
    "/calendar/new/?venue={}&date={}&start={}&end={}",
    "/calendar/new/?resource={}",
    "/my/?page={}&q={}&tab={}",
    "/account/keys/{}/revoke/",
    "/admin/notifications/message/{}/preview/",
    "/stream/?venue={}&resource={}&since={}",
]


@pytest.mark.parametrize("forged", [BEYOND, ENDLESS, NO_KEY], ids=["beyond", "endless", "no key"])
def test_pages(root: Client, world: World, forged: str) -> None:
    for address in PAGES:
        path, _mark, query = address.partition("?")
        asked = {pair.partition("=")[0]: forged for pair in query.split("&") if pair}
        for given in ({name: forged} for name in asked) if asked else ({},):
            answer = root.get(path.replace("{}", "x" if forged == ENDLESS else forged), given)
            assert answer.status_code in {*FINE, 503} if path == "/stream/" else FINE, (path, given)
    booking = world.room.venue.reservations.first()
    assert booking is not None
    for path in ("new/", f"reservations/{booking.pk}/edit/", f"reservations/{booking.pk}/move/"):
        fields = shown_values(root.get(f"/calendar/{path}"))
        named = (
            "resource",
            "venue",
            "version",
            "start",
            "end",
            "was",
            "place",
            "party_size",
            "action",
            "key",
        )
        sent = dict.fromkeys((*fields, *named), forged)
        for action in ("save", "undo", "pay"):
            answer = root.post(f"/calendar/{path}", sent | {"action": action})
            assert answer.status_code in FINE, (path, action)


@FORGED
def test_every_parameter_of_the_api(root: Client, forged: str) -> None:
    tried: Counter[str] = Counter()
    for template, operations in read_schema()["paths"].items():
        for parameter in operations.get("get", {}).get("parameters", ()):
            tried[parameter["name"]] += 1
            if parameter["in"] == "query" and tried[parameter["name"]] <= SAME_NAME:
                path = re.sub(r"\{\w+\}", UNKNOWN, template)
                answer = root.get(path, {parameter["name"]: forged})
                assert answer.status_code in FINE, (path, parameter["name"])
        if "{" in template:
            answer = root.get(re.sub(r"\{\w+\}", forged, template))
            assert answer.status_code in FINE, template


def test_what_is_no_key_is_none() -> None:
    assert [read_key(text) for text in ("17", "", "-1", "x", "٣", BEYOND * 2)] == [17, *[None] * 5]


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_the_api_calls_it_the_clients_mistake(number: int) -> None:
    too_large = pytest.raises((OverflowError, DataError))
    with too_large as raised, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT CAST(%s AS bigint)", [number])
    answer = exception_handler(raised.value, {"view": None})
    assert answer is not None
    assert (answer.status_code, answer.data["code"]) == (400, "malformed")
    assert not is_database_away(raised.value)


@pytest.mark.parametrize("error", [ValueError("x"), OverflowError("x"), DataError("x"), None])
def test_other_mistakes_stay_ours(error: Exception | None) -> None:
    assert not is_number_too_large(error)
    assert error is None or not is_no_value(error)
