"""Classes in the admin: what its actions do, ask and refuse. ``tests/test_admin.py`` opens every form."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.test import Client

from accounts.models import User
from classes.models import (
    ClassType,
    Facilitator,
    Pass,
    PassKind,
    PassUse,
    Payout,
    PayRate,
    SeatBooking,
    Session,
    Studio,
)
from classes.services import register_facilitator, set_pay_rate, work_out_payouts
from classes.tests.helpers import House, make_house, take
from resources.enums import Role
from resources.models import Resource
from tests.admin_forms import admin_address, errors_on, open_and_save
from tests.factories import at, make_member, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


SHOWN = re.compile(r'name="(version-[^"]+)" value="([^"]+)"')


@dataclass
class Office:
    house: House
    client: Client
    manager: User

    def act(self, action: str, *rows: Model, **data: Any) -> str:
        """Choose the action, and answer yes where it asks."""
        sent = {"action": action, ACTION_CHECKBOX_NAME: [row.pk for row in rows]} | data
        address = admin_address(type(rows[0]), "changelist")
        asked = self.client.post(address, sent)
        if asked.status_code != 200:
            return str(asked.status_code)
        shown = dict(SHOWN.findall(asked.content.decode()))
        answer = self.client.post(address, shown | sent | {"confirmed": "1"}, follow=True)
        return str(asked.content.decode() + answer.content.decode())


@pytest.fixture
def office() -> Office:
    house, client = make_house(), Client()
    manager = make_member(house.venue, Role.MANAGER)
    client.force_login(manager)
    return Office(house, client, manager)


def test_sessions_and_seats_are_ended_by_actions(office: Office) -> None:
    session, other = office.house.add_session(), office.house.add_session(at(8))
    take(session, quantity=3)
    seat = take(other)
    asked = office.act("call_off", session, reason="Mia is ill.")
    assert "3 people are told" in asked
    session.refresh_from_db()
    assert (session.status, session.cancel_reason) == ("cancelled", "Mia is ill.")
    stale = {f"version-{other.pk}": other.version + 1}
    assert "has changed" in office.act("call_off", other, **stale)
    office.act("cancel", seat, reason="Asked by phone")
    seat.refresh_from_db()
    other.refresh_from_db()
    assert (seat.is_active, other.status) == (False, "active")
    elsewhere = make_house().add_session()
    office.act("call_off", elsewhere)
    assert Session.objects.get(pk=elsewhere.pk).status == "active"


def test_what_is_agreed_keeps_its_price_and_says_so(office: Office) -> None:
    yoga = office.house.add_type()
    session = office.house.add_session(class_type=yoga)
    seat = take(session)
    page = open_and_save(office.client, admin_address(ClassType, "change", yoga.pk), price="30")
    assert page.status_code == 302, errors_on(page)
    page = open_and_save(
        office.client, admin_address(Session, "change", session.pk), price="30", capacity="4"
    )
    assert page.status_code == 302, errors_on(page)
    texts = office.client.get(admin_address(Session, "changelist")).content.decode()
    assert "keep their price" in texts
    session.refresh_from_db()
    assert (session.price, session.capacity) == (Decimal(30), 4)
    assert SeatBooking.objects.get(pk=seat.pk).reservation.total_amount == 25
    refused = open_and_save(office.client, admin_address(Session, "change", session.pk), capacity="0")
    assert "capacity" in errors_on(refused)


def test_seats_of_a_studio_stay_while_sessions_are_to_come(office: Office) -> None:
    studio = office.house.studio
    address = admin_address(Resource, "change", studio.seats_id)
    assert open_and_save(office.client, address, units="21").status_code == 302
    studio.seats.refresh_from_db()
    assert studio.seats.units == 21
    office.house.add_session()
    pages = {
        "units": open_and_save(office.client, address, units="30"),
        "overbooking_percent": open_and_save(office.client, address, overbooking_percent="5"),
        "most": open_and_save(office.client, admin_address(Studio, "change", studio.pk), most="30"),
    }
    for field, page in pages.items():
        assert field in page.context["adminform"].form.errors, field
    renamed = open_and_save(office.client, admin_address(Studio, "change", studio.pk), name="Sea")
    assert renamed.status_code == 302
    studio.refresh_from_db()
    assert (studio.name, studio.seats.name, studio.seats.units) == ("Sea", "Sea", 21)


def test_facilitators_are_added_approved_and_declined(office: Office) -> None:
    venue = office.house.venue
    asking, unwanted = (register_facilitator(venue=venue, user=make_user()) for _ in range(2))
    office.act("approve", asking)
    asking.refresh_from_db()
    assert asking.is_approved
    assert "they may ask again" in office.act("decline", unwanted, asking)
    assert list(Facilitator.objects.filter(pk__in=[asking.pk, unwanted.pk])) == [asking]
    member = make_member(venue)
    rate = PayRate.objects.create(venue=venue, name="Usual", base=Decimal(20))
    paid = {"venue": venue.pk, "name": "Odd", "base": 1, "floor": 50, "counts": "booked"}
    odd = open_and_save(office.client, admin_address(PayRate, "add"), **paid, cap=40)
    assert "cap" in errors_on(odd)
    with pytest.raises(IntegrityError), transaction.atomic():
        PayRate.objects.filter(pk=rate.pk).update(floor=50, cap=40)
    sent = {"venue": venue.pk, "user": member.pk, "name": "Ann", "pay_rate": rate.pk, "is_public": "on"}
    answer = open_and_save(office.client, admin_address(Facilitator, "add"), **sent)
    assert answer.status_code == 302, errors_on(answer)
    added = Facilitator.objects.get(user=member)
    assert (added.name, added.is_approved, added.pay_rate) == ("Ann", True, rate)
    answer = open_and_save(office.client, admin_address(Facilitator, "change", added.pk), bio="Calm.")
    assert answer.status_code == 302, errors_on(answer)
    added.refresh_from_db()
    assert (added.bio, added.pay_rate) == ("Calm.", rate)


def test_passes_and_payouts(office: Office) -> None:
    venue, customer = office.house.venue, make_user()
    kind = PassKind.objects.create(venue=venue, name="Ten", credits=10, price=Decimal(180))
    address = admin_address(Pass, "add")
    unknown = open_and_save(office.client, address, kind=kind.pk, person="nobody@example.com")
    assert "no account" in str(errors_on(unknown))
    assert open_and_save(office.client, address, kind=kind.pk, person=customer.email).status_code == 302
    sold = Pass.objects.get()
    assert sold.paid_at is None
    office.act("record_payment", sold)
    use = take(office.house.add_session(), customer, pass_id=sold.pk).pass_use
    office.act("give_back", use)
    assert PassUse.objects.get().returned_at
    change = admin_address(Pass, "change", sold.pk)
    earlier = open_and_save(office.client, change, expires_on="2020-01-01")
    assert "expires_on" in errors_on(earlier)
    assert open_and_save(office.client, change, expires_on="2099-01-01").status_code == 302
    assert "€180.00 is refunded" in office.act("end", sold)
    sold.refresh_from_db()
    assert sold.ended_at
    assert sold.expires_on.year == 2099
    rate = PayRate.objects.create(venue=venue, name="Usual", base=Decimal(20))
    set_pay_rate(facilitator=office.house.mia, pay_rate=rate)
    [payout] = work_out_payouts(session_ids=[Session.objects.get().pk])
    # Not another amount than the page has shown, and none that no page has.
    for seen in ("210000", ""):
        assert "has changed" in office.act("settle", payout, **{f"version-{payout.pk}": seen})
    assert Payout.objects.get().settled_at is None
    assert "€20.00" in office.act("settle", payout)
    assert Payout.objects.get().settled_by == office.manager
    assert "settled already" in office.act("settle", payout)


def test_neither_staff_see_pay_nor_facilitators_rosters(office: Office) -> None:
    staff, mia = make_member(office.house.venue), office.house.mia.user
    seat = take(office.house.add_session())
    for user, closed in (
        (staff, (Payout, PayRate)),
        (mia, (Session, SeatBooking, Pass, Payout, Facilitator)),
    ):
        office.client.force_login(user)
        for model in closed:
            assert office.client.get(admin_address(model, "changelist")).status_code in (302, 403), model
    assert office.client.get(admin_address(SeatBooking, "change", seat.pk)).status_code in (302, 403)
