"""What was agreed stays so, whatever becomes of a booking: its price, its parts, its credits."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
import time_machine

from classes import services
from classes.drafts import TierDraft
from classes.enums import Attendance, TierPays
from classes.models import Course, PassKind, SeatBooking, Session
from classes.policies.plans import Term
from classes.services.moving import SessionChanges
from classes.services.passes import balance_of
from classes.tests.helpers import STAFF, House, fresh, make_house, take
from classes.tests.test_money import pay
from classes.tests.test_seating import refused
from common.clock import now
from reservations.domain.values import Actor, Customer
from reservations.enums import Source
from reservations.services import complete_reservation
from resources.enums import Role
from tests.factories import at, make_member, make_user

pytestmark = pytest.mark.django_db
HALVES = (Term(Decimal(50), days_before=40), Term(Decimal(50), days_before=0))


@pytest.fixture
def house() -> House:
    return make_house()


def total(seat: SeatBooking) -> Decimal:
    return fresh(seat).reservation.total_amount


def parts_of(seat: SeatBooking) -> list[tuple[int, str]]:
    return [(int(part.amount), part.status) for part in seat.instalments.all()]


def test_a_course_costs_its_share_for_more_people_and_again(house: House) -> None:
    course = Course.objects.create(venue=house.venue, title="Beginners", price=Decimal(40))
    for day in (5, 6):
        house.add_session(at(day), course=course)
    user = make_user()
    who = Customer.from_user(user)
    first, second = services.book_course(course_id=course.pk, customer=who, actor=Actor(user))
    services.resize_booking(booking_id=first.pk, quantity=2, actor=Actor(user))
    assert total(first) == 40
    services.cancel_booking(booking_id=second.pk, actor=Actor(user))
    assert total(services.book_again(booking_id=second.pk, actor=Actor(user))) == 20


@pytest.mark.once
def test_nobody_books_again_at_a_price_they_have_not_seen(house: House) -> None:
    session, user = house.add_session(), make_user()
    seat = take(session, user)
    services.cancel_booking(booking_id=seat.pk, actor=Actor(user))
    services.change_session(session_id=session.pk, changes=SessionChanges(price=Decimal(90)), actor=STAFF)
    assert refused(lambda: services.book_again(booking_id=seat.pk, actor=Actor(user))) == "costs_more"
    assert not SeatBooking.objects.active().exists()
    services.change_session(session_id=session.pk, changes=SessionChanges(price=Decimal(20)), actor=STAFF)
    assert total(services.book_again(booking_id=seat.pk, actor=Actor(user))) == 20


def test_seats_keep_their_price_and_more_of_them_cost_that_of_today(house: House) -> None:
    session, user = house.add_session(), make_user()
    seat, other = take(session, user, quantity=2), make_user()
    held = services.hold_seat(session_id=session.pk, actor=Actor(other), customer=Customer.from_user(other))
    services.change_session(session_id=session.pk, changes=SessionChanges(price=Decimal(30)), actor=STAFF)
    booked = services.confirm_seat(
        reservation_id=held.reservation_id, customer=Customer.from_user(other), actor=Actor(other)
    )
    assert total(booked) == 25
    services.resize_booking(booking_id=seat.pk, quantity=3, actor=Actor(user))
    assert total(seat) == 80
    services.resize_booking(booking_id=seat.pk, quantity=1, actor=Actor(user))
    assert total(seat) == Decimal("26.67")
    assert total(take(session)) == 30


def test_parts_are_the_price_after_any_resizing(house: House) -> None:
    session = house.add_session(at(60), plan=HALVES, price=Decimal(100))
    seat, other = (take(session, pays_plan=True, quantity=2) for _ in range(2))
    pay(seat, "200")
    pay(other, "60")
    for group in (seat, other):
        services.resize_booking(booking_id=group.pk, quantity=1, actor=STAFF)
    assert parts_of(seat) == [(50, "paid"), (50, "paid")]
    assert parts_of(other) == [(50, "paid"), (50, "open")]
    services.resize_booking(booking_id=seat.pk, quantity=4, actor=STAFF)
    assert parts_of(seat) == [(50, "paid"), (50, "paid"), (300, "open")]


def test_the_last_part_can_be_recorded_after_a_deposit(house: House) -> None:
    tiers = (TierDraft("Room", Decimal(100), 3, Decimal(30), TierPays.PLAN),)
    retreat = house.add_session(at(60), 2880, session_type="retreat", tiers=tiers, plan=HALVES)
    seat = take(retreat, tier_id=retreat.tiers.get().pk)
    pay(seat, "30")
    taken = [
        services.record_instalment(instalment_id=part.pk, actor=STAFF).amount
        for part in seat.instalments.all()
    ]
    assert parts_of(seat) == [(50, "paid"), (50, "paid")]
    assert [int(amount) for amount in taken] == [20, 50]


@pytest.mark.once
def test_seats_keep_their_deposit_whatever_becomes_of_that_of_their_price(house: House) -> None:
    retreat = house.add_session(at(60), tiers=(TierDraft("Room", Decimal(100), None, Decimal(30)),))
    tier, user, other = retreat.tiers.get(), make_user(), make_user()
    waiting = take(retreat, user, quantity=2, tier_id=tier.pk)

    def change(deposit: int) -> None:
        edit = services.PriceEdit(TierDraft("Room", Decimal(100), None, Decimal(deposit)), tier.pk)
        services.change_prices(session_id=retreat.pk, actor=STAFF, tiers=[edit])

    # It would have waited for ever: for a deposit of nothing.
    change(0)
    services.resize_booking(booking_id=waiting.pk, quantity=1, actor=Actor(user))
    pay(waiting, "30")
    # And who was never asked for one would have lost their seats without it.
    booked = take(retreat, other, quantity=2, tier_id=tier.pk)
    change(80)
    services.resize_booking(booking_id=booked.pk, quantity=1, actor=Actor(other))
    assert [fresh(seat).reservation.status for seat in (waiting, booked)] == ["confirmed", "confirmed"]


@pytest.mark.once
def test_a_group_that_has_paid_the_deposit_of_those_who_stay_is_confirmed(house: House) -> None:
    retreat = house.add_session(at(60), tiers=(TierDraft("Room", Decimal(100), None, Decimal(30)),))
    seat = take(retreat, quantity=3, tier_id=retreat.tiers.get().pk)
    pay(seat, "60")
    assert fresh(seat).reservation.status == "pending"
    services.resize_booking(booking_id=seat.pk, quantity=2, actor=STAFF)
    assert fresh(seat).reservation.status == "confirmed"


@pytest.mark.once
def test_a_group_paid_by_a_pass_gets_no_credits_back_late(house: House) -> None:
    kind = PassKind.objects.create(venue=house.venue, name="Five", credits=5, price=Decimal(50))
    user, late = make_user(), house.add_type(late_cancel_hours=24 * 20)
    sold = services.sell_pass(kind_id=kind.pk, customer=user, actor=STAFF, is_paid=True)
    session = house.add_session(at(30), class_type=late)
    seat = take(session, user, quantity=3, pass_id=sold.pk)
    resize = partial(services.resize_booking, booking_id=seat.pk)
    resize(quantity=2, actor=Actor(user))
    with time_machine.travel(at(15)):
        assert refused(lambda: resize(quantity=1, actor=Actor(user))) == "too_late_to_change"
        resize(quantity=3, actor=Actor(user))
        resize(quantity=1, actor=Actor(make_member(house.venue, Role.STAFF), Source.STAFF))
    assert [use.credits for use in sold.uses.all()] == [1]


def test_a_pass_pays_again_and_is_free_to_leave_what_was_moved(house: House) -> None:
    kind = PassKind.objects.create(venue=house.venue, name="Five", credits=5, price=Decimal(50))
    user, late = make_user(), house.add_type(late_cancel_hours=24 * 20)
    sold = services.sell_pass(kind_id=kind.pk, customer=user, actor=STAFF, is_paid=True)
    session = house.add_session(at(30), class_type=late)
    seat = take(session, user, pass_id=sold.pk)
    services.cancel_booking(booking_id=seat.pk, actor=Actor(user))
    again = services.book_again(booking_id=seat.pk, actor=Actor(user))
    assert total(again) == 0
    assert balance_of(sold) == 4
    moved = SessionChanges(starts_at=at(8), ends_at=at(8) + timedelta(hours=1))
    services.change_session(session_id=session.pk, changes=moved, actor=STAFF)
    services.cancel_booking(booking_id=again.pk, actor=Actor(user))
    assert balance_of(sold) == 5
    services.end_pass(pass_id=sold.pk, actor=STAFF)
    assert refused(lambda: services.book_again(booking_id=seat.pk, actor=Actor(user))) == "pass_not_valid"


def test_who_was_moved_may_leave_freely_as_more_or_fewer_people(house: House) -> None:
    kind = PassKind.objects.create(venue=house.venue, name="Five", credits=5, price=Decimal(50))
    user, late = make_user(), house.add_type(late_cancel_hours=24 * 40)
    sold = services.sell_pass(kind_id=kind.pk, customer=user, actor=STAFF, is_paid=True)
    session = house.add_session(at(30), class_type=late)
    more, fewer = take(session), take(session, quantity=2)
    with_pass, later = take(session, user, pass_id=sold.pk), take(session)
    moved = SessionChanges(starts_at=at(31), ends_at=at(31) + timedelta(hours=1))
    services.change_session(session_id=session.pk, changes=moved, actor=STAFF)
    for seat, quantity in ((more, 2), (fewer, 1), (with_pass, 2), (later, 2)):
        services.resize_booking(booking_id=seat.pk, quantity=quantity, actor=STAFF)
    for seat in (more, fewer, with_pass):
        _reservation, terms = services.cancel_booking(booking_id=seat.pk, actor=Actor())
        assert terms.fee == 0
    assert balance_of(sold) == 5
    after = now() + timedelta(hours=49)
    assert services.cancel_booking(booking_id=later.pk, actor=Actor(), now=after)[1].fee == 50


def test_who_was_missing_and_then_came_owes_as_before(house: House) -> None:
    start = now().replace(second=0, microsecond=0) + timedelta(minutes=30)
    session = house.add_session(start, plan=HALVES, price=Decimal(100))
    seat = take(session, pays_plan=True)
    pay(seat, "50")
    for mark in (Attendance.ABSENT, Attendance.LATE):
        services.record_attendance(
            session_id=session.pk, marks={seat.pk: mark}, actor=STAFF, now=start + timedelta(minutes=5)
        )
        assert parts_of(seat) == [(50, "paid"), (50, "open")]
    complete_reservation(reservation_id=seat.reservation_id, actor=Actor(), now=session.ends_at)
    assert fresh(seat).attendance == Attendance.LATE


def test_a_week_is_copied_with_its_prices_and_its_drafts(house: House) -> None:
    tiers = (TierDraft("Tent", Decimal(10), 3), TierDraft("Cabin", Decimal(30), 1, pays=TierPays.BOTH))
    draft = house.add_session(at(8), tiers=tiers, plan=HALVES, is_published=False)
    monday = draft.local_start.date() - timedelta(days=draft.local_start.weekday())
    [copied] = services.copy_week(
        venue=house.venue, monday=monday, to=monday + timedelta(days=14), actor=STAFF
    )
    assert copied.published_at is None
    assert [(tier.name, int(tier.price), tier.quota) for tier in copied.tiers.all()] == [
        ("Tent", 10, 3),
        ("Cabin", 30, 1),
    ]
    assert Session.objects.get(pk=copied.pk).has_tiers
    assert copied.plan_terms.count() == 2
