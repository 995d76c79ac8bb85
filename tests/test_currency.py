"""A venue's currency stays while there are amounts in it, whichever door asks."""

from collections.abc import Callable
from datetime import time
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from classes.models import PassKind, PayRate
from classes.services import sell_pass
from classes.tests.helpers import STAFF, house_at
from common.clock import now
from common.subjects import Subject
from payments.services import open_bill, record_charge
from resources.enums import Role
from resources.models import PriceRule, Venue
from resources.models.checks import kept_amounts
from tests.admin_forms import errors_on, open_and_save
from tests.factories import (
    at,
    book,
    make_member,
    make_policy,
    make_resource,
    make_user,
    make_venue,
    open_weekly,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def pay(venue: Venue) -> None:
    bill = open_bill(venue_id=venue.pk, subject=Subject("pass", "1"), currency="EUR", now=now())
    record_charge(bill, Decimal(5), total=Decimal(5), actor=None, now=now())


def add_pass(venue: Venue) -> None:
    kind = PassKind.objects.create(venue=venue, name="Ten", credits=10, price=Decimal(50))
    sell_pass(kind_id=kind.pk, customer=make_user(), actor=STAFF)
    PassKind.objects.update(price=0)


def book_priced(venue: Venue) -> None:
    room = make_resource(venue, hourly_rate=25)
    open_weekly(venue, time(8), time(18))
    book(room, at(7, 10))
    type(room).objects.update(hourly_rate=0)


KEPT: dict[str, Callable[[Venue], object]] = {
    "payments": pay,
    "prices and fees": lambda venue: make_policy(venue, (24, "100", "5")),
    "prices and fees ": lambda venue: make_resource(venue, hourly_rate=25),
    " prices and fees": lambda venue: PriceRule.objects.create(venue=venue, name="x", basis="hour", amount=5),
    "bookings with a price": book_priced,
    "classes, passes and pay": add_pass,
    " classes, passes and pay": lambda venue: house_at(venue).add_session(price=Decimal(5)),
    "classes, passes and pay ": lambda venue: PayRate.objects.create(venue=venue, name="Usual", base=5),
}


def test_it_changes_only_while_there_are_no_amounts() -> None:
    for name, make in KEPT.items():
        venue = make_venue()
        venue.currency = "JPY"
        venue.full_clean()
        make(venue)
        with pytest.raises(ValidationError) as refused:
            venue.full_clean()
        assert refused.value.message_dict == {
            "currency": [f"The currency can't be changed while there are amounts in it: {name.strip()}."]
        }
    assert len(kept_amounts) == 5


def test_the_admin_and_the_api_say_what_is_in_the_way(client: Client) -> None:
    venue = make_venue()
    client.force_login(make_member(venue, Role.MANAGER))
    address = reverse("admin:resources_venue_change", args=[venue.pk])
    PassKind.objects.create(venue=venue, name="Ten", credits=10, price=Decimal(50))
    said = "amounts in it: classes, passes and pay."
    assert said in errors_on(open_and_save(client, address, currency="JPY"))
    changed = client.patch(f"/api/venues/{venue.uuid}", {"currency": "JPY"}, "application/json")
    assert (changed.status_code, said in changed.json()["fields"]["currency"][0]) == (400, True)
    assert open_and_save(client, address, city="Kiel").status_code == 302
    venue.refresh_from_db()
    assert (venue.currency, venue.city) == ("EUR", "Kiel")
