"""What was agreed, when something else changes afterwards: a pass, a rate, a teacher, a studio."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from classes import services
from classes.drafts import TierDraft
from classes.enums import Attendance
from classes.models import Pass, PassKind, PassUse, Payout, PayRate, Session
from classes.own_rows import find_usable_passes
from classes.services.sweeping import warn_of_passes
from classes.tests.helpers import STAFF, House, after, fresh, make_house, take
from common.clock import now
from payments.selectors import net_paid
from reservations.domain.values import Actor, Customer
from reservations.exceptions import BookingRefused, TransitionNotAllowed
from resources.enums import Role
from tests.factories import at, make_member, make_user

pytestmark = pytest.mark.django_db
once = pytest.mark.once


@pytest.fixture
def house() -> House:
    return make_house()


def make_kind(house: House, **fields: Any) -> PassKind:
    values = {"venue": house.venue, "name": "Ten", "credits": 10, "valid_days": 30, "price": Decimal(100)}
    return PassKind.objects.create(**(values | fields))


def refunded(sold: Pass) -> Decimal:
    bill = Pass.objects.get(pk=sold.pk).bill
    assert bill
    return Decimal(100) - net_paid(bill.payments.all())


def amount_of(session: Session) -> int:
    return int(Payout.objects.get(session=session).amount)


@once
def test_days_of_a_pass_count_from_when_it_is_paid(house: House) -> None:
    user = make_user()
    sold = services.order_pass(kind_id=make_kind(house).pk, customer=user, actor=Actor(user))
    with time_machine.travel(now() + timedelta(days=40)):
        services.record_pass_payment(pass_id=sold.pk, actor=STAFF)
        assert Pass.objects.get().expires_on == now().astimezone(house.venue.zone).date() + timedelta(days=30)
    # Whoever was given more days keeps them.
    other = services.order_pass(kind_id=sold.kind_id, customer=user, actor=Actor(user))
    until = other.expires_on + timedelta(days=90)
    services.extend_pass(pass_id=other.pk, expires_on=until)
    assert services.record_pass_payment(pass_id=other.pk, actor=STAFF).expires_on == until


@once
def test_who_was_given_more_days_is_warned_again(house: House) -> None:
    kind = make_kind(house, valid_days=5)
    sold = services.sell_pass(kind_id=kind.pk, customer=make_user(), actor=STAFF, is_paid=True)
    assert (warn_of_passes(now=now()), warn_of_passes(now=now())) == (1, 0)
    services.extend_pass(pass_id=sold.pk, expires_on=sold.expires_on + timedelta(days=1))
    assert (warn_of_passes(now=now()), warn_of_passes(now=now())) == (1, 0)


@once
def test_credits_of_an_ended_pass_come_back_as_money(house: House) -> None:
    user = make_user()
    sold = services.sell_pass(kind_id=make_kind(house).pk, customer=user, actor=STAFF, is_paid=True)
    first, second, third = (house.add_session(at(day)) for day in (3, 4, 5))
    seats = [take(session, user, pass_id=sold.pk) for session in (first, second, third)]
    assert services.end_pass(pass_id=sold.pk, actor=STAFF)[1] == 70
    services.cancel_session(session_id=first.pk, actor=STAFF)
    assert refunded(sold) == 80
    services.cancel_booking(booking_id=seats[1].pk, actor=Actor(user))
    assert refunded(sold) == 90
    [use] = PassUse.objects.filter(returned_at=None)
    for _twice in range(2):
        services.return_credit(use_id=use.pk)
        assert refunded(sold) == 100


@once
def test_a_pass_pays_for_retreats_only_by_name(house: House) -> None:
    user, kind, away = make_user(), make_kind(house), house.add_type()
    sold = services.sell_pass(kind_id=kind.pk, customer=user, actor=STAFF, is_paid=True)
    tiers = (TierDraft("Single", Decimal(900), 3),)
    retreats = [
        house.add_session(at(20), 2880, session_type="retreat", class_type=away, price=Decimal(200)),
        house.add_session(at(30), class_type=away, tiers=tiers),
    ]
    for retreat in retreats:
        tier = retreat.tiers.first()
        assert find_usable_passes(user, retreat) == []
        with pytest.raises(BookingRefused, match="isn't valid"):
            take(retreat, user, pass_id=sold.pk, tier_id=tier.pk if tier else None)
    kind.class_types.add(away)
    assert find_usable_passes(user, retreats[0]) == [(sold, 10)]
    assert take(retreats[0], user, pass_id=sold.pk).reservation.total_amount == 0


@once
def test_pay_that_is_open_follows_rate_and_revenue(house: House) -> None:
    half, fixed = (
        PayRate.objects.create(venue=house.venue, name=name, **{part: 50})
        for name, part in (("Half", "percent"), ("Fixed", "base"))
    )
    services.set_pay_rate(facilitator=house.mia, pay_rate=half)
    sold = services.sell_pass(kind_id=make_kind(house).pk, customer=make_user(), actor=STAFF, is_paid=True)
    session, paid_out = house.add_session(at(1)), house.add_session(at(1, 12))
    take(session, sold.customer, pass_id=sold.pk)
    with after(paid_out):
        services.settle_payouts(payout_ids=[Payout.objects.get(session=paid_out).pk], actor=STAFF)
        assert (amount_of(session), amount_of(paid_out)) == (5, 0)
        services.return_credit(use_id=PassUse.objects.get().pk)
        assert amount_of(session) == 0
        services.set_pay_rate(facilitator=house.mia, pay_rate=fixed)
        assert (amount_of(session), amount_of(paid_out)) == (50, 0)
        boss = Client()
        boss.force_login(make_member(house.venue, Role.MANAGER))
        address = reverse("admin:classes_payrate_change", args=[fixed.pk])
        form = {
            "venue": house.venue.pk,
            "name": "Fixed",
            "base": 60,
            "per_head": 0,
            "percent": 0,
            "counts": "booked",
        }
        assert boss.post(address, form).status_code == 302
        assert (amount_of(session), amount_of(paid_out)) == (60, 0)


def test_nobody_has_two_seats_after_staying_away(house: House) -> None:
    user, session = make_user(), house.add_session(at(1))
    seat = take(session, user)

    def mark(attendance: Attendance) -> None:
        services.record_attendance(session_id=session.pk, marks={seat.pk: attendance}, actor=STAFF)

    with time_machine.travel(session.starts_at + timedelta(minutes=5)):
        mark(Attendance.ABSENT)
        second = services.add_walk_in(session_id=session.pk, customer=Customer.from_user(user), actor=STAFF)
        with pytest.raises(TransitionNotAllowed, match="once more"):
            mark(Attendance.PRESENT)
        assert (fresh(seat).attendance, fresh(second).attendance) == ("absent", "present")
