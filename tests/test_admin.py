"""The admin as a whole: every form is opened and saved by everybody who may enter; whose clock pages show."""

import re
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services.keys import create_key
from calendars.models import ExternalEvent
from calendars.services import add_calendar, make_feed
from common.clock import now
from notifications.models import Message, MessageTemplate
from reservations.domain.values import Actor
from reservations.models import Reservation
from reservations.services import record_payment
from resources.enums import Role
from resources.models import (
    AvailabilityOverride,
    Feature,
    Holiday,
    OpeningHours,
    PriceRule,
    Question,
    Resource,
    TeamInvitation,
    Venue,
    VenueMembership,
)
from tests.admin_forms import errors_on, open_and_save
from tests.factories import (
    at,
    book,
    make_group,
    make_member,
    make_policy,
    make_resource,
    make_rules,
    make_user,
    make_venue,
    open_weekly,
)
from waitlist.tests.helpers import join, offer
from webhooks.models import WebhookDelivery, WebhookEndpoint

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class World:
    venue: Venue
    other: Venue
    room: Resource
    people: dict[str, User]
    customer: User


@pytest.fixture(scope="module")
def world(shared_rows: None) -> World:
    """A row of everything that is registered, in one venue; and a second venue to have another role in."""
    venue, other = _furnish_venue("Mill"), _furnish_venue("Loft")
    room = Resource.objects.filter(venue=venue).order_by("pk")[0]
    people = {
        "superuser": make_user("root@example.com", is_staff=True, is_superuser=True),
        "manager": make_member(venue, Role.MANAGER),
        "staff": make_member(venue, Role.STAFF),
        "manager here, staff there": make_member(venue, Role.MANAGER),
    }
    VenueMembership.objects.create(venue=other, user=people["manager here, staff there"], role=Role.STAFF)
    customer = make_user("customer@example.com", first_name="Cora")
    assert customer.username is None
    _furnish_account(customer, room)
    return World(venue, other, room, people, customer)


def _furnish_venue(name: str) -> Venue:
    venue = make_venue(name=name, slug=name.lower(), email=f"{name}@example.com", phone="+493012345678")
    open_weekly(venue, time(0), time(0))
    room = make_resource(venue, cancellation_policy=make_policy(venue, (24, "100", "0")))
    make_group([room])
    room.features.add(Feature.objects.create(venue=venue, name="Screen", slug="screen"))
    PriceRule.objects.create(venue=venue, name="Evening", basis="hour", amount=5)
    Question.objects.create(venue=venue, text="Chairs?")
    AvailabilityOverride.objects.create(
        venue=venue, resource=room, starts_on="2030-01-01", ends_on="2030-01-02"
    )
    TeamInvitation.objects.create(venue=venue, email=f"new@{name}.example")
    book(room, at(6))
    offer(join(room, duration=60))
    MessageTemplate.objects.create(venue=venue, kind="confirmed", text="Hello", subject="Hi")
    endpoint = WebhookEndpoint.objects.create(venue=venue, url="https://93.184.216.34/hook")
    WebhookDelivery.objects.create(
        endpoint=endpoint, venue=venue, event="x", source=name, payload={}, created_at=now()
    )
    calendar = add_calendar(resource=room, name="Outlook", url="https://93.184.216.34/cal.ics", interval=15)
    ExternalEvent.objects.create(calendar=calendar, venue=venue, starts_at=at(8, 9), ends_at=at(8, 10))
    return venue


def _furnish_account(customer: User, room: Resource) -> None:
    create_key(user=customer, name="Key", scopes=["read"])
    make_feed(user=room.venue.members.all()[0], kind="resource", resource=room)
    EmailAddress.objects.create(user=customer, email=customer.email)
    Authenticator.objects.create(user=customer, type="recovery_codes", data={"seed": "x"}, last_used_at=now())
    Group.objects.create(name="Nobody")
    app = SocialApp.objects.create(provider="openid_connect", name="Google", client_id="1")
    account = SocialAccount.objects.create(user=customer, provider="google", uid="1", extra_data={"a": 1})
    SocialToken.objects.create(app=app, account=account, token="t")
    UserSession.objects.create(user=customer, ip="127.0.0.1", session_key="k", user_agent="x", data={"a": 1})
    Holiday.objects.create(country="DE", date="2030-10-03", name="Unity", subdivision="")


def new_rows(world: World) -> dict[str, dict[str, Any]]:
    """What has to be filled in to add one of each."""
    venue = {"venue": world.venue.pk}
    return {
        "auth.group": {"name": "New"},
        "account.emailaddress": {"user": world.customer.pk, "email": "second@example.com"},
        "mfa.authenticator": {
            "user": world.customer.pk,
            "type": "totp",
            "data": '{"a": 1}',
            "last_used_at_0": "2027-01-01",
            "last_used_at_1": "10:00",
        },
        "socialaccount.socialapp": {
            "provider": "openid_connect",
            "name": "G",
            "client_id": "2",
            "settings": '{"a": 1}',
        },
        "socialaccount.socialaccount": {
            "user": world.customer.pk,
            "provider": "github",
            "uid": "2",
            "extra_data": '{"a": 1}',
        },
        "socialaccount.socialtoken": {
            "app": SocialApp.objects.all()[0].pk,
            "account": SocialAccount.objects.create(
                user=world.customer, provider="x", uid="3", extra_data={"a": 1}
            ).pk,
            "token": "t",
        },
        "usersessions.usersession": {
            "user": world.customer.pk,
            "ip": "127.0.0.1",
            "session_key": "other",
            "user_agent": "x",
            "data": '{"a": 1}',
        },
        "accounts.user": {
            "email": "fresh@example.com",
            "password1": "correct horse 9",
            "password2": "correct horse 9",
        },
        "notifications.messagetemplate": venue
        | {"kind": "confirmed", "subject": "Hi", "text": "Hello", "language": "de"},
        "webhooks.webhookendpoint": venue | {"url": "https://93.184.216.34/new"},
        "resources.venue": {
            "name": "New",
            "slug": "new",
            "time_zone": "Europe/Berlin",
            "currency": "EUR",
            "country": "DE",
        },
        "resources.teaminvitation": venue | {"email": "nina@example.com", "role": "staff"},
        "resources.resource": venue
        | {
            "name": "New",
            "slug": "new",
            "kind": "room",
            "rules": world.room.rules_id,
            "hourly_rate": Decimal(1),
        },
        "resources.resourcegroup": venue | {"name": "New", "slug": "new"},
        "resources.bookingrules": venue | {"name": "New"},
        "resources.cancellationpolicy": venue | {"name": "New"},
        "resources.pricerule": venue | {"name": "New", "basis": "hour", "amount": 5, "weekdays": ["1"]},
        "resources.openinghours": venue
        | {"weekday": 1, "start_time": "08:00", "end_time": "09:00", "is_sure": "on"},
        "resources.availabilityoverride": venue | {"starts_on": "2031-01-01", "ends_on": "2031-01-01"},
        "resources.feature": venue | {"name": "New", "slug": "new"},
        "resources.question": venue | {"text": "New?"},
        "resources.holiday": {"country": "DE", "date": "2031-10-03", "name": "Unity"},
        "waitlist.waitlistentry": venue
        | {
            "resource": world.room.pk,
            "preferred_on": at(9).date().isoformat(),
            "duration": 60,
            "party_size": 1,
            "customer_name": "Caller",
            "customer_email": "caller@example.com",
            "priority": 0,
        },
        "calendars.externalcalendar": {
            "resource": world.room.pk,
            "name": "New",
            "url": "https://93.184.216.34/new.ics",
        },
    }


@pytest.mark.parametrize("person", ["superuser", "manager", "staff", "manager here, staff there"])
def test_every_admin_is_opened_and_saved(client: Client, world: World, person: str) -> None:
    client.force_login(world.people[person])
    additions, saved = new_rows(world), []
    for model, model_admin in admin.site._registry.items():
        request = client.get(reverse("admin:index")).wsgi_request
        if not model_admin.has_view_permission(request):
            assert client.get(_address(model, "changelist")).status_code == 403, model
            continue
        assert client.get(_address(model, "changelist")).status_code == 200, model
        rows = list(model_admin.get_queryset(request))
        assert rows, f"{person} has nothing of {model._meta.label} to open"
        for row in rows:
            saved += _save_change(client, model_admin, request, row)
        saved += _save_addition(client, model_admin, request, additions)
    assert saved


def _save_change(client: Client, model_admin: Any, request: Any, row: Model) -> list[str]:
    address = _address(type(row), "change", row.pk)
    if not model_admin.has_change_permission(request, row):
        assert client.get(address).status_code == 200, address
        assert client.post(address, {}).status_code == 403, address
        return []
    answer = open_and_save(client, address)
    assert answer.status_code == 302, (address, errors_on(answer))
    return [row._meta.label_lower]


def _save_addition(client: Client, model_admin: Any, request: Any, additions: dict[str, Any]) -> list[str]:
    label = model_admin.model._meta.label_lower
    address = _address(model_admin.model, "add")
    if not model_admin.has_add_permission(request):
        assert client.get(address).status_code == 403, address
        return []
    answer = open_and_save(client, address, **additions[label])
    assert answer.status_code == 302, (address, errors_on(answer))
    return [label]


def _address(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_the_role_alone_opens_the_admin(client: Client, world: World) -> None:
    member = make_user()
    client.force_login(member)
    assert client.get(reverse("admin:index")).status_code == 302
    VenueMembership.objects.create(venue=world.venue, user=member, role=Role.STAFF)
    assert client.get(_address(Reservation, "changelist")).status_code == 200
    member.is_active = False
    member.save()
    assert client.get(reverse("admin:index")).status_code == 302


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
        _address(Reservation, "changelist"): "Tue, 5 Mar 2030, 23:30",
        _address(Reservation, "change", reservation.pk): "March 5, 2030, 11:30 p.m.",
        _address(Message, "changelist"): "Tue, 5 Mar 2030, 23:30",
        _address(Message, "change", message.pk): "March 5, 2030, 11:30 p.m.",
    }
    client.force_login(member)
    for address, shown in pages.items():
        page = client.get(address).content.decode()
        assert shown in page, address
        assert "Times of America/New_York" in page, address
        assert 'data-admin-utc-offset="-' in page, "what a shortcut to the present fills in"

    on_that_day = {"starts_at__year": 2030, "starts_at__month": 3, "starts_at__day": 5}
    listed = client.get(_address(Reservation, "changelist"), on_that_day)
    assert list(listed.context["cl"].queryset) == [reservation]

    client.force_login(world.people["superuser"])  # of venues in several zones: rows name theirs
    everything = client.get(_address(Reservation, "changelist")).content.decode()
    assert "Tue, 5 Mar 2030, 23:30 EST" in everything
    detail = client.get(_address(Reservation, "change", reservation.pk)).content.decode()
    assert "Times of America/New_York" in detail
    assert "Times of UTC" in client.get(reverse("admin:index")).content.decode()


def test_choices_are_those_of_the_chosen_venue(client: Client, world: World) -> None:
    """Features of the same name in two venues are told apart, or only the venue's own are offered."""
    of_both = make_member(world.venue, Role.MANAGER)
    VenueMembership.objects.create(venue=world.other, user=of_both, role=Role.MANAGER)
    here_alone = world.people["manager here, staff there"]
    for user, labels in ((of_both, ["Screen · Loft", "Screen · Mill"]), (here_alone, ["Screen · Mill"])):
        client.force_login(user)
        add = client.get(_address(Resource, "add"))
        features = add.context["adminform"].form.fields["features"]
        assert sorted(label for _pk, label in features.choices) == labels
    for page in (
        client.get(_address(Resource, "add"), {"venue": world.venue.pk}),
        client.get(_address(Resource, "change", world.room.pk)),
    ):
        fields = page.context["adminform"].form.fields
        assert [label for _pk, label in fields["features"].choices] == ["Screen"]
        assert {rules.venue_id for rules in fields["rules"].queryset} == {world.venue.pk}


def test_odd_hours_are_questioned(client: Client, world: World) -> None:
    client.force_login(world.people["manager"])
    room = make_resource(world.venue)
    own = {"venue": world.venue.pk, "resource": room.pk, "weekday": 2, "is_available": "on"}
    address = _address(OpeningHours, "add")
    assert client.post(address, own | {"start_time": "09:00", "end_time": "17:00"}).status_code == 302
    for odd, text in (
        ({"start_time": "22:00", "end_time": "02:00"}, "They end on the next day."),
        ({"start_time": "16:00", "end_time": "20:00"}, "They overlap with"),
    ):
        assert text in client.post(address, own | odd).content.decode()
        assert client.post(address, own | odd | {"is_sure": "on"}).status_code == 302
    assert client.post(address, own | {"start_time": "06:00", "end_time": "09:00"}).status_code == 302
    breaks = {"start_time": "12:00", "end_time": "13:00", "is_available": ""}
    assert client.post(address, own | breaks).status_code == 302


def test_holidays_and_a_phone_number_as_one_dials_it(client: Client, world: World) -> None:
    client.force_login(world.people["manager"])
    assert "Unity" in client.get(_address(Holiday, "changelist")).content.decode()
    answer = open_and_save(client, _address(Venue, "change", world.venue.pk), phone="030 7654321")
    assert answer.status_code == 302, errors_on(answer)
    world.venue.refresh_from_db()
    assert str(world.venue.phone) == "+49307654321"


def test_money_is_shown_as_it_is_charged(client: Client, world: World) -> None:
    manager = world.people["manager"]
    client.force_login(manager)
    reservation = book(world.room, at(9))
    record_payment(reservation_id=reservation.pk, amount=Decimal("4.30"), actor=Actor(manager))
    shown = {
        reverse("admin:resources_resource_changelist"): "€25.00",
        reverse("admin:resources_pricerule_changelist"): "€5.00",
        reverse("admin:reservations_reservation_change", args=[reservation.pk]): "€4.30",
    }
    for address, amount in shown.items():
        page = client.get(address).content.decode()
        assert amount in page, address
        assert not re.search(r"\d\.\d{4}\b", page), address
