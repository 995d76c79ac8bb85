"""Managers write, other members look, everybody else sees nothing; guests must sign in."""

from dataclasses import dataclass

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from resources.enums import Role
from resources.models import Holiday, Venue
from resources.tests.api_helpers import SORTS, furnished, send, sorts
from tests.factories import make_member, make_user, make_venue

pytestmark = pytest.mark.django_db
PUBLIC = ("resource", "group")
ROLES = ("guest", "customer", "other_manager", "facilitator", "staff", "manager", "superuser")
WRITING = {
    "guest": 401,
    "customer": 404,
    "other_manager": 404,
    "facilitator": 403,
    "staff": 403,
    "manager": 200,
    "superuser": 200,
}


def person(role: str, venue: Venue) -> User | None:
    if role == "guest":
        return None
    if role == "other_manager":
        return make_member(make_venue(), Role.MANAGER)
    if role in Role.values:
        return make_member(venue, role)
    return make_user(is_superuser=role == "superuser")


def signed_in(client: Client, role: str) -> Venue:
    venue = make_venue()
    furnished(venue)
    user = person(role, venue)
    if user:
        client.force_login(user)
    return venue


def reading(role: str, name: str) -> int:
    if name in PUBLIC:
        return 200
    return {"guest": 401, "customer": 404, "other_manager": 404}.get(role, 200)


@pytest.mark.parametrize("name", SORTS)
@pytest.mark.parametrize("role", ROLES)
def test_who_may_do_what(client: Client, role: str, name: str) -> None:
    sort = sorts(signed_in(client, role))[name]
    expected = WRITING[role]

    assert send(client, "GET", sort.one).status_code == reading(role, name)
    for method in ("PUT", "PATCH"):
        assert send(client, method, sort.one, sort.change).status_code == expected
    assert send(client, "POST", sort.collection, sort.body).status_code == (
        201 if expected == 200 else expected
    )
    if name not in ("rules", "policy"):  # those are in use
        assert send(client, "DELETE", sort.one).status_code == (204 if expected == 200 else expected)
        assert send(client, "GET", sort.one).status_code == (404 if expected == 200 else reading(role, name))


@pytest.mark.parametrize("name", SORTS)
@pytest.mark.parametrize("role", ROLES)
def test_who_finds_what_in_lists(client: Client, role: str, name: str) -> None:
    sort = sorts(signed_in(client, role))[name]

    answer = send(client, "GET", sort.collection)

    if role == "guest" and name not in PUBLIC:
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
        return
    ids = {str(each["id"]) for each in answer.json()["results"]}
    assert (sort.row in ids) is (reading(role, name) == 200)


@pytest.mark.parametrize("role", ROLES)
def test_who_changes_a_venue(client: Client, role: str) -> None:
    venue = signed_in(client, role)
    address = f"/api/venues/{venue.uuid}"

    assert send(client, "GET", address).status_code == 200
    assert send(client, "PATCH", address, {"name": "New"}).status_code == WRITING[role]
    venue.refresh_from_db()
    assert (venue.name == "New") is (WRITING[role] == 200)
    for method in ("PUT", "DELETE", "POST"):
        assert send(client, method, address, {"name": "Newer"}).status_code == 405


@pytest.mark.parametrize("role", ROLES)
def test_who_imports_holidays(client: Client, role: str) -> None:
    signed_in(client, role)
    before = Holiday.objects.count()
    if role == "other_manager":
        Venue.objects.filter(memberships__role=Role.MANAGER).update(country="FR")

    answer = send(client, "POST", "/api/holidays/import", {"country": "DE", "years": [2027]})

    expected = {"guest": 401, "manager": 201, "superuser": 201}.get(role, 403)
    assert answer.status_code == expected
    assert (Holiday.objects.count() > before) is (expected == 201)


@pytest.mark.parametrize("role", ROLES)
def test_inactive_groups_and_venues_are_their_own_peoples(client: Client, role: str) -> None:
    venue = signed_in(client, role)
    group = venue.groups.get()
    group.is_active = False
    group.save()
    Venue.objects.filter(pk=venue.pk).update(is_active=False)
    expected = 200 if role in ("facilitator", "staff", "manager", "superuser") else 404

    assert send(client, "GET", f"/api/groups/{group.uuid}").status_code == expected
    assert send(client, "GET", f"/api/venues/{venue.uuid}").status_code == expected
    found = client.get("/api/venues", {"is_active": "false"}).json()["results"]
    assert [each["slug"] for each in found] == ([venue.slug] if expected == 200 else [])
    assert venue.slug not in [each["slug"] for each in client.get("/api/venues").json()["results"]]


def test_a_venue_need_not_be_named_by_those_who_manage_one(client: Client) -> None:
    venue = make_venue()
    manager = make_member(venue, Role.MANAGER)
    client.force_login(manager)
    assert send(client, "POST", "/api/features", {"name": "Bar"}).json()["venue"] == str(venue.uuid)

    second = make_venue()
    second.memberships.create(user=manager, role=Role.MANAGER)
    answer = send(client, "POST", "/api/features", {"name": "Bar"})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["venue"])
    assert send(client, "POST", "/api/features", {"name": "Bar", "venue": second.slug}).status_code == 201

    client.force_login(make_member(venue, Role.STAFF))
    assert send(client, "POST", "/api/features", {"name": "Pool"}).status_code == 403


@dataclass(frozen=True)
class Key:
    """What authenticated a request, as an API key would."""

    scopes: frozenset[str]


@pytest.mark.parametrize("name", SORTS)
def test_an_api_key_needs_the_scope(name: str) -> None:
    venue = make_venue()
    furnished(venue)
    sort = sorts(venue)[name]
    manager = make_member(venue, Role.MANAGER)

    def statuses(*scopes: str) -> list[int]:
        client = APIClient()
        client.force_authenticate(manager, Key(frozenset(scopes)))  # type: ignore[arg-type]
        changed = client.patch(sort.one, sort.change, format="json")
        return [client.get(sort.one).status_code, changed.status_code]

    assert statuses("read", "book") == [200, 403]
    assert statuses("manage") == [403, 200]
