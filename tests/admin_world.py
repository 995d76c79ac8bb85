"""A row of everything the admin shows, in two venues, and people with roles there."""

from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group

from accounts.models import User
from accounts.services.keys import create_key
from calendars.models import ExternalEvent
from calendars.services import add_calendar, make_feed
from classes.models import ClassType, Course, PassKind, PayRate
from classes.services import sell_pass, set_pay_rate, work_out_payouts
from classes.tests.helpers import house_at, take
from common.clock import now
from lending.models import Lendable, LendingRules
from lending.services import add_copy, return_loan
from lending.tests.helpers import ask, make_thing
from notifications.models import MessageTemplate
from reservations.domain.values import Actor
from resources.enums import Role
from resources.models import (
    AvailabilityOverride,
    Feature,
    Holiday,
    PriceRule,
    Question,
    Resource,
    TeamInvitation,
    Venue,
    VenueMembership,
)
from tests.factories import (
    at,
    book,
    make_group,
    make_member,
    make_policy,
    make_resource,
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


def make_world() -> World:
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
    _lend(venue)
    _teach(venue)
    MessageTemplate.objects.create(venue=venue, kind="confirmed", text="Hello", subject="Hi")
    endpoint = WebhookEndpoint.objects.create(venue=venue, url="https://93.184.216.34/hook")
    WebhookDelivery.objects.create(
        endpoint=endpoint, venue=venue, event="x", source=name, payload={}, created_at=now()
    )
    calendar = add_calendar(resource=room, name="Outlook", url="https://93.184.216.34/cal.ics", interval=15)
    ExternalEvent.objects.create(calendar=calendar, venue=venue, starts_at=at(8, 9), ends_at=at(8, 10))
    return venue


def _lend(venue: Venue) -> None:
    """Somebody has it, somebody waits, and somebody has brought it back."""
    thing = make_thing(venue)
    add_copy(resource=thing, code="L-01")
    return_loan(loan_id=ask(thing).uuid, actor=Actor())
    ask(thing)
    ask(thing)


def _teach(venue: Venue) -> None:
    """A class that somebody comes to with a pass, and what there is beside it."""
    house, customer = house_at(venue), make_user()
    kind = PassKind.objects.create(venue=venue, name="Ten", credits=10, price=Decimal(180))
    rate = PayRate.objects.create(venue=venue, name="Usual", base=Decimal(20))
    set_pay_rate(facilitator=house.mia, pay_rate=rate)
    sold = sell_pass(kind_id=kind.pk, customer=customer, actor=Actor(), is_paid=True)
    yoga = house.add_type()
    Course.objects.create(venue=venue, class_type=yoga, title="Beginners", price=Decimal(90))
    session = house.add_session(at(8, 9), class_type=yoga)
    take(session, customer, pass_id=sold.pk)
    work_out_payouts(session_ids=[session.pk])


def _furnish_account(customer: User, room: Resource) -> None:
    create_key(user=customer, name="Key", scopes=["read"])
    make_feed(user=room.venue.members.all()[0], kind="resource", resource=room)
    EmailAddress.objects.create(user=customer, email=customer.email)
    Authenticator.objects.create(user=customer, type="recovery_codes", data={"seed": "SECRET"})
    Group.objects.create(name="Nobody")
    app = SocialApp.objects.create(provider="openid_connect", name="Google", client_id="1")
    account = SocialAccount.objects.create(user=customer, provider="google", uid="1")
    SocialToken.objects.create(app=app, account=account, token="SECRET")
    UserSession.objects.create(user=customer, ip="127.0.0.1", session_key="k", user_agent="x")
    Holiday.objects.create(country="DE", date="2030-10-03", name="Unity", subdivision="")


def new_rows(world: World) -> dict[str, dict[str, Any]]:
    """What has to be filled in to add one of each."""
    venue = {"venue": world.venue.pk}
    return {
        "auth.group": {"name": "New"},
        "account.emailaddress": {"user": world.customer.pk, "email": "second@example.com"},
        "socialaccount.socialapp": {
            "provider": "openid_connect",
            "name": "G",
            "client_id": "2",
            "settings": '{"a": 1}',
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
        "lending.lendingrules": venue | {"name": "New"},
        "lending.lendable": {"resource": world.room.pk, "rules": LendingRules.objects.filter(**venue)[0].pk},
        "lending.copy": {
            "resource": Lendable.objects.filter(**venue)[0].resource_id,
            "code": "L-02",
            "state": "in_service",
        },
        "classes.classtype": venue | {"title": "New"},
        "classes.course": {
            "class_type": ClassType.objects.filter(**venue)[0].pk,
            "title": "New",
            "price": 5,
        },
        "classes.studio": venue | {"name": "New", "most": 5, "place_kind": "studio"},
        "classes.passkind": venue | {"name": "New", "credits": 5, "price": 5},
        "classes.payrate": venue | {"name": "New"},
        "classes.facilitator": venue | {"user": world.people["staff"].pk, "name": "New"},
        "classes.pass": {
            "kind": PassKind.objects.filter(**venue)[0].pk,
            "person": world.customer.email,
        },
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
