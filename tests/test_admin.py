"""The admin as a whole: every form is opened and saved by everybody who may enter; whose clock pages show."""

import re
from datetime import datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from notifications.models import Message
from payments.models import Payment
from reservations.domain.values import Actor
from reservations.models import Reservation
from reservations.services import record_payment
from resources.enums import Role
from resources.models import (
    Holiday,
    OpeningHours,
    Resource,
    Venue,
    VenueMembership,
)
from tests.admin_forms import admin_address, errors_on, once_for, one_of_each_sort, open_and_save
from tests.admin_world import World, make_world, new_rows
from tests.factories import (
    at,
    book,
    make_member,
    make_resource,
    make_rules,
    make_user,
    make_venue,
    open_weekly,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def world(shared_rows: None) -> World:
    return make_world()


@pytest.mark.parametrize(
    "person",
    ["superuser", *(once_for(each) for each in ("manager", "staff", "manager here, staff there"))],
)
def test_every_admin_is_opened_and_saved(client: Client, world: World, person: str) -> None:
    client.force_login(world.people[person])
    additions, saved = new_rows(world), []
    request = client.get(reverse("admin:index")).wsgi_request
    for model, model_admin in admin.site._registry.items():
        if not model_admin.has_view_permission(request):
            assert client.get(admin_address(model, "changelist")).status_code == 403, model
            continue
        assert client.get(admin_address(model, "changelist")).status_code == 200, model
        # In two venues they are the same, unless one has another role in each.
        rows = one_of_each_sort(model_admin.get_queryset(request), by_venue=person != "superuser")
        assert rows, f"{person} has nothing with {model._meta.label} to open"
        for row in rows:
            saved += _save_change(client, model_admin, request, row)
        saved += _save_addition(client, model_admin, request, additions)
    assert saved


def _save_change(client: Client, model_admin: Any, request: Any, row: Model) -> list[str]:
    address = admin_address(type(row), "change", row.pk)
    if not model_admin.has_change_permission(request, row):
        assert client.get(address).status_code == 200, address
        assert client.post(address, {}).status_code == 403, address
        return []
    answer = open_and_save(client, address)
    assert answer.status_code == 302, (address, errors_on(answer))
    return [row._meta.label_lower]


def _save_addition(client: Client, model_admin: Any, request: Any, additions: dict[str, Any]) -> list[str]:
    label = model_admin.model._meta.label_lower
    address = admin_address(model_admin.model, "add")
    if not model_admin.has_add_permission(request):
        assert client.get(address).status_code == 403, address
        return []
    answer = open_and_save(client, address, **additions[label])
    assert answer.status_code == 302, (address, errors_on(answer))
    return [label]


@pytest.mark.once
def test_what_one_signs_in_with_shows_no_secret_and_ends_with_its_row(client: Client, world: World) -> None:
    client.force_login(world.people["superuser"])
    for model in (Authenticator, SocialToken):
        row = model.objects.get()
        assert "SECRET" not in client.get(admin_address(model, "change", row.pk)).content.decode()
    signed_in = Client()
    signed_in.force_login(world.customer)
    UserSession.objects.filter(user=world.customer).update(session_key=signed_in.session.session_key)
    session = UserSession.objects.get(user=world.customer)
    assert signed_in.get(reverse("account-home")).status_code == 200
    client.post(admin_address(UserSession, "delete", session.pk), {"post": "yes"})
    assert signed_in.get(reverse("account-home")).status_code == 302


@pytest.mark.once
def test_the_role_alone_opens_the_admin(client: Client, world: World) -> None:
    member = make_user()
    client.force_login(member)
    assert client.get(reverse("admin:index")).status_code == 302
    VenueMembership.objects.create(venue=world.venue, user=member, role=Role.STAFF)
    assert client.get(admin_address(Reservation, "changelist")).status_code == 200
    member.is_active = False
    member.save()
    assert client.get(reverse("admin:index")).status_code == 302


@pytest.mark.once
def test_pages_show_the_venues_clock_and_say_so(client: Client, world: World) -> None:
    """A night booking in New York lies on another UTC day; Berlin's and UTC's clocks say another time."""
    late = datetime(2030, 3, 5, 23, 30, tzinfo=ZoneInfo("America/New_York"))
    venue = make_venue(time_zone="America/New_York", name="Attic")
    open_weekly(venue, time(0), time(0))
    reservation = book(make_resource(venue, rules=make_rules(venue, max_advance_days=None)), late)
    Message.objects.filter(venue=venue).update(created_at=late, sent_at=late)
    member = make_member(venue, Role.MANAGER)
    message = Message.objects.filter(venue=venue)[0]
    pages = {
        admin_address(Reservation, "changelist"): "Tue, 5 Mar 2030, 23:30",
        admin_address(Reservation, "change", reservation.pk): "March 5, 2030, 11:30 p.m.",
        admin_address(Message, "changelist"): "Tue, 5 Mar 2030, 23:30",
        admin_address(Message, "change", message.pk): "March 5, 2030, 11:30 p.m.",
    }
    client.force_login(member)
    for address, shown in pages.items():
        page = client.get(address).content.decode()
        assert shown in page, address
        assert "Time zone: America/New_York" in page, address
        assert 'data-admin-utc-offset="-' in page, "what a shortcut to the present fills in"

    on_that_day = {"starts_at__year": 2030, "starts_at__month": 3, "starts_at__day": 5}
    listed = client.get(admin_address(Reservation, "changelist"), on_that_day)
    assert list(listed.context["cl"].queryset) == [reservation]

    client.force_login(world.people["superuser"])  # of venues in several zones: rows name theirs
    everything = client.get(admin_address(Reservation, "changelist")).content.decode()
    assert "Tue, 5 Mar 2030, 23:30 EST" in everything
    detail = client.get(admin_address(Reservation, "change", reservation.pk)).content.decode()
    assert "Time zone: America/New_York" in detail
    assert "Time zone: UTC" in client.get(reverse("admin:index")).content.decode()


@pytest.mark.once
def test_choices_are_those_of_the_chosen_venue(client: Client, world: World) -> None:
    """Features of the same name in two venues are told apart, or only the venue's own are offered."""
    of_both = make_member(world.venue, Role.MANAGER)
    VenueMembership.objects.create(venue=world.other, user=of_both, role=Role.MANAGER)
    here_alone = world.people["manager here, staff there"]
    for user, labels in ((of_both, ["Screen · Loft", "Screen · Mill"]), (here_alone, ["Screen · Mill"])):
        client.force_login(user)
        add = client.get(admin_address(Resource, "add"))
        features = add.context["adminform"].form.fields["features"]
        assert sorted(label for _pk, label in features.choices) == labels
    for page in (
        client.get(admin_address(Resource, "add"), {"venue": world.venue.pk}),
        client.get(admin_address(Resource, "change", world.room.pk)),
    ):
        fields = page.context["adminform"].form.fields
        assert [label for _pk, label in fields["features"].choices] == ["Screen"]
        assert {rules.venue_id for rules in fields["rules"].queryset} == {world.venue.pk}


@pytest.mark.once
def test_odd_hours_are_questioned(client: Client, world: World) -> None:
    client.force_login(world.people["manager"])
    room = make_resource(world.venue)
    own = {"venue": world.venue.pk, "resource": room.pk, "weekday": 2, "is_available": "on"}
    address = admin_address(OpeningHours, "add")
    assert client.post(address, own | {"start_time": "09:00", "end_time": "17:00"}).status_code == 302
    for odd, text in (
        ({"start_time": "22:00", "end_time": "02:00"}, "These hours end on the next day."),
        ({"start_time": "16:00", "end_time": "20:00"}, "These hours overlap with"),
    ):
        assert text in client.post(address, own | odd).content.decode()
        assert client.post(address, own | odd | {"is_sure": "on"}).status_code == 302
    assert client.post(address, own | {"start_time": "06:00", "end_time": "09:00"}).status_code == 302
    breaks = {"start_time": "12:00", "end_time": "13:00", "is_available": ""}
    assert client.post(address, own | breaks).status_code == 302


@pytest.mark.once
def test_holidays_and_a_phone_number_as_one_dials_it(client: Client, world: World) -> None:
    client.force_login(world.people["manager"])
    assert "Unity" in client.get(admin_address(Holiday, "changelist")).content.decode()
    answer = open_and_save(client, admin_address(Venue, "change", world.venue.pk), phone="030 7654321")
    assert answer.status_code == 302, errors_on(answer)
    world.venue.refresh_from_db()
    assert str(world.venue.phone) == "+49307654321"


@pytest.mark.once
def test_money_is_shown_as_it_is_charged(client: Client, world: World) -> None:
    manager = world.people["manager"]
    client.force_login(manager)
    reservation = book(world.room, at(9))
    record_payment(reservation_id=reservation.pk, amount=Decimal("4.30"), actor=Actor(manager))
    Reservation.objects.filter(pk=reservation.pk).update(minimum_fee="12.34")  # moved within a fee's time
    shown = {
        reverse("admin:resources_resource_changelist"): "€25.00",
        reverse("admin:resources_pricerule_changelist"): "€5.00",
        reverse("admin:reservations_reservation_change", args=[reservation.pk]): "€4.30",
    }
    for address, amount in shown.items():
        page = client.get(address).content.decode()
        assert amount in page, address
        assert not re.search(r"\d\.\d{4}\b", page), address
    assert "€12.34" in page
    assert str(Payment(kind="charge", amount=Decimal(500), currency="JPY")) == "Charge JP¥500"
