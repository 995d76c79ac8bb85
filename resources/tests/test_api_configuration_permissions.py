"""What is out of service, and venues that need not be named; who gets what is in ``tests.permissions``."""

import pytest
from django.test import Client

from accounts.models import User
from resources.enums import Role
from resources.models import Venue
from resources.tests.api_helpers import furnished, send
from tests.factories import make_member, make_user, make_venue

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ROLES = ("guest", "customer", "other_manager", "facilitator", "staff", "manager", "superuser")


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
