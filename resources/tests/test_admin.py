"""The admin: everything is there, and nobody sees another venue's."""

from dataclasses import replace
from datetime import time
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from resources.enums import Role
from resources.models import (
    BookingRules,
    CancellationPolicy,
    Feature,
    OpeningHours,
    PriceRule,
    Question,
    Resource,
    Venue,
    VenueMembership,
)
from tests.factories import (
    GUEST,
    book,
    make_group,
    make_member,
    make_policy,
    make_resource,
    make_user,
    make_venue,
    make_whole,
    open_weekly,
)

pytestmark = pytest.mark.django_db
OURS = ("resources", "reservations", "waitlist", "accounts")
SCOPED = (
    "resource",
    "bookingrules",
    "cancellationpolicy",
    "resourcegroup",
    "feature",
    "openinghours",
    "question",
)


def furnished(name: str) -> Venue:
    """A venue with one of everything; every name contains the venue's."""
    venue = make_venue(name=name)
    open_weekly(venue, time(8), time(18))
    room = make_resource(venue, name=f"{name} room", cancellation_policy=make_policy(venue, (24, "100", "0")))
    make_whole([room], name=f"{name} hall")
    make_group([room], name=f"{name} group")
    Feature.objects.create(venue=venue, name=f"{name} feature", slug="feature")
    PriceRule.objects.create(venue=venue, name=f"{name} price", basis="hour", amount=5)
    Question.objects.create(venue=venue, text=f"{name} question")
    BookingRules.objects.filter(venue=venue).update(name=f"{name} rules")
    CancellationPolicy.objects.filter(venue=venue).update(name=f"{name} policy")
    book(room, customer=replace(GUEST, name=f"{name} guest"))
    return venue


@pytest.fixture
def mine() -> Venue:
    return furnished("Ours")


@pytest.fixture
def other() -> Venue:
    return furnished("Theirs")


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


@pytest.mark.once  # tests/test_admin.py opens them on both engines
def test_superusers_see_every_list_and_form(client: Client, mine: Venue) -> None:
    root = make_user(is_staff=True, is_superuser=True)
    signed_in(client, root)
    for model, model_admin in admin.site._registry.items():
        label = model._meta
        if label.app_label not in OURS:
            continue
        response = client.get(reverse(f"admin:{label.app_label}_{label.model_name}_changelist"))
        assert response.status_code == 200, label
        row = model._default_manager.first()
        if row is not None:
            address = reverse(f"admin:{label.app_label}_{label.model_name}_change", args=[row.pk])
            assert client.get(address).status_code == 200, label
        if model_admin.has_add_permission(response.wsgi_request):
            address = reverse(f"admin:{label.app_label}_{label.model_name}_add")
            assert client.get(address).status_code == 200, label


@pytest.mark.once
@pytest.mark.parametrize("role", Role.values)
def test_nobody_sees_another_venues_names(client: Client, mine: Venue, other: Venue, role: str) -> None:
    signed_in(client, make_member(mine, role))
    for model in admin.site._registry:
        label = model._meta
        if label.app_label not in ("resources", "reservations", "waitlist"):
            continue
        for row in [None, *model._default_manager.all()]:
            kind = "change" if row else "changelist"
            address = reverse(
                f"admin:{label.app_label}_{label.model_name}_{kind}", args=[row.pk] if row else []
            )
            response = client.get(address)
            assert b"Theirs" not in response.content, address


def test_managers_put_nothing_where_they_only_work(client: Client, mine: Venue, other: Venue) -> None:
    """A manager here who looks on there: forms offer, and take, only what one may change."""
    boss = make_member(mine, Role.MANAGER)
    VenueMembership.objects.create(venue=other, user=boss, role=Role.FACILITATOR)
    signed_in(client, boss)
    venues = (other, mine)
    for venue, answer in zip(venues, (200, 302), strict=True):
        room = venue.resources.order_by("pk")[0]
        piano = {"venue": str(venue.pk), "name": "Piano", "slug": "piano"}
        assert client.post("/admin/resources/feature/add/", piano).status_code == answer
        calendar = {"resource": str(room.pk), "name": "Club", "url": "https://93.184.216.34/a.ics"}
        added = client.post("/admin/calendars/externalcalendar/add/", calendar | {"interval": "15"})
        assert added.status_code == answer
    assert [venue.features.filter(name="Piano").count() for venue in venues] == [0, 1]


@pytest.mark.once
@pytest.mark.parametrize("model", SCOPED)
def test_managers_cannot_open_or_delete_foreign_rows(
    client: Client, mine: Venue, other: Venue, model: str
) -> None:
    signed_in(client, make_member(mine, Role.MANAGER))
    models = {each._meta.model_name: each for each in admin.site._registry}
    row = models[model]._default_manager.filter(venue=other).first()
    assert row is not None

    for page in ("change", "delete"):
        response = client.post(reverse(f"admin:resources_{model}_{page}", args=[row.pk]), {"post": "yes"})
        assert response.status_code in (302, 403)
        assert models[model]._default_manager.filter(pk=row.pk).exists()


def test_a_row_cannot_be_put_into_a_foreign_venue(client: Client, mine: Venue, other: Venue) -> None:
    signed_in(client, make_member(mine, Role.MANAGER))
    address = reverse("admin:resources_feature_add")

    refused = client.post(address, {"venue": other.pk, "name": "Sauna", "slug": "sauna"})
    accepted = client.post(address, {"venue": mine.pk, "name": "Sauna", "slug": "sauna"})

    assert (refused.status_code, accepted.status_code) == (200, 302)
    assert [each.venue for each in Feature.objects.filter(slug="sauna")] == [mine]


@pytest.mark.once
@pytest.mark.parametrize("role", [Role.STAFF, Role.FACILITATOR])
def test_only_managers_change_configuration(client: Client, mine: Venue, role: str) -> None:
    signed_in(client, make_member(mine, role))
    rules = BookingRules.objects.filter(venue=mine).first()
    assert rules is not None
    address = reverse("admin:resources_bookingrules_change", args=[rules.pk])

    assert client.get(address).status_code == 200
    assert client.post(address, {"name": "Mine now"}).status_code == 403
    assert client.get(reverse("admin:resources_bookingrules_add")).status_code == 403


@pytest.mark.once
def test_members_of_no_venue_and_customers_see_nothing(client: Client, mine: Venue) -> None:
    signed_in(client, make_user(is_staff=True))
    assert client.get(reverse("admin:resources_resource_changelist")).status_code == 403
    signed_in(client, make_user())
    assert client.get(reverse("admin:resources_resource_changelist")).status_code == 302


RULES = {
    "name": "New",
    "audience": "everyone",
    "slot_step": 30,
    "min_duration": 60,
    "default_duration": 60,
    "max_duration": 120,
    "buffer_before": 0,
    "buffer_after": 0,
    "min_notice": 0,
    "max_advance_days": 30,
    "hold_minutes": 10,
    "min_party_size": 1,
    "limit_period": "week",
    "approval": "instant",
    "check_in_opens": 30,
}


@pytest.mark.once
@pytest.mark.parametrize(
    "changes",
    [
        {"max_duration": 30},
        {"slot_step": 0},
        {"default_duration": 75},
        {"max_party_size": 1, "min_party_size": 4},
        {"hold_minutes": -1},
        {"audience": "nobody"},
        {"name": ""},
    ],
)
def test_impossible_rules_are_refused_in_the_form(
    client: Client, mine: Venue, changes: dict[str, Any]
) -> None:
    signed_in(client, make_member(mine, Role.MANAGER))
    address = reverse("admin:resources_bookingrules_add")

    refused = client.post(address, {"venue": mine.pk} | RULES | changes)
    accepted = client.post(address, {"venue": mine.pk} | RULES)

    assert (refused.status_code, accepted.status_code) == (200, 302)
    assert b"errorlist" in refused.content


@pytest.mark.once
@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("pricerule", {"name": "P", "basis": "hour", "amount": "5", "weekdays": [], "priority": 0}),
        ("pricerule", {"name": "P", "basis": "hour", "amount": "-5", "weekdays": ["1"], "priority": 0}),
        ("pricerule", {"name": "P", "basis": "hour", "amount": "5", "weekdays": ["9"], "priority": 0}),
        ("availabilityoverride", {"starts_on": "2027-02-02", "ends_on": "2027-02-01"}),
        ("availabilityoverride", {"starts_on": "2027-02-02", "ends_on": "2027-02-02", "start_time": "10:00"}),
        ("openinghours", {"weekday": 7, "start_time": "08:00", "end_time": "10:00"}),
        (
            "openinghours",
            {
                "weekday": 1,
                "start_time": "08:00",
                "end_time": "10:00",
                "valid_from": "2027-02-02",
                "valid_until": "2027-02-01",
            },
        ),
    ],
)
def test_bad_rows_are_refused_in_the_form(
    client: Client, mine: Venue, model: str, fields: dict[str, Any]
) -> None:
    signed_in(client, make_member(mine, Role.MANAGER))

    response = client.post(reverse(f"admin:resources_{model}_add"), {"venue": mine.pk} | fields)

    assert response.status_code == 200
    assert b"errorlist" in response.content


def test_price_rules_keep_their_weekdays(client: Client, mine: Venue) -> None:
    signed_in(client, make_member(mine, Role.MANAGER))
    fields = {"name": "Weekend", "basis": "hour", "amount": "5", "weekdays": ["6", "5"], "priority": 1}

    client.post(reverse("admin:resources_pricerule_add"), {"venue": mine.pk} | fields)

    assert PriceRule.objects.get(name="Weekend").weekdays == "56"


def formset(prefix: str, *rows: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": 0}
    return data | {f"{prefix}-{n}-{name}": value for n, row in enumerate(rows) for name, value in row.items()}


def test_a_resource_with_its_hours_is_added_at_once_and_a_cycle_of_parts_refused(
    client: Client, mine: Venue
) -> None:
    signed_in(client, make_member(mine, Role.MANAGER))
    rules = BookingRules.objects.filter(venue=mine).first()
    assert rules is not None
    fields = {
        "venue": mine.pk,
        "kind": "room",
        "name": "Attic",
        "slug": "attic",
        "capacity": 4,
        "units": 1,
        "units_by": "booking",
        "overbooking_percent": 0,
        "rules": rules.pk,
        "hourly_rate": "12.50",
        "position": 0,
        "is_active": "on",
    }
    hours = {"weekday": 0, "start_time": "10:00", "end_time": "12:00", "is_available": "on"}
    inlines = formset("part_links") | formset("opening_hours", hours) | formset("overrides")
    inlines |= formset("questions")
    response = client.post(reverse("admin:resources_resource_add"), fields | inlines)
    assert response.status_code == 302
    attic = Resource.objects.get(slug="attic")
    assert OpeningHours.objects.get(resource=attic).venue == mine

    itself = formset("part_links", {"part": attic.pk, "whole": attic.pk})
    address = reverse("admin:resources_resource_change", args=[attic.pk])
    response = client.post(
        address, fields | itself | formset("opening_hours") | formset("overrides") | formset("questions")
    )
    assert response.status_code == 200
    assert b"part of itself" in response.content


@pytest.mark.once
@pytest.mark.parametrize(
    "model", ["resource", "bookingrules", "openinghours", "pricerule", "cancellationpolicy"]
)
def test_lists_cost_the_same_for_one_and_three_rows(
    client: Client, model: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    signed_in(client, make_user(is_staff=True, is_superuser=True))
    address = reverse(f"admin:resources_{model}_changelist")

    def queries() -> int:
        with django_assert_max_num_queries(30) as counted:
            assert client.get(address).status_code == 200
        return len(counted)

    furnished("First")
    one = queries()
    furnished("Second")
    furnished("Third")
    assert queries() == one


def test_memberships_are_added_by_managers_for_people_they_know(client: Client, mine: Venue) -> None:
    assert VenueMembership.objects.filter(venue=mine).count() == 0
    manager = make_member(mine, Role.MANAGER)
    signed_in(client, manager)
    stranger = make_user("stranger@example.com")

    response = client.get(reverse("admin:resources_venue_change", args=[mine.pk]))

    assert stranger.email.encode() not in response.content
