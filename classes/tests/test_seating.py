"""Seats of a session, by whichever door: what is booked, refused and counted."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from classes import services
from classes.drafts import TierDraft
from classes.enums import TierPays
from classes.models import SeatBooking, Session, Tier
from classes.policies.plans import Term
from classes.selectors import count_booked, count_free
from classes.tests.helpers import STAFF, House, fresh, make_house, take
from common.clock import now
from common.errors import DomainError
from reservations.domain.values import Actor, Customer, ReservationChanges
from reservations.enums import Purpose
from reservations.exceptions import CapacityReached
from reservations.services import cancel_reservation, change_reservation, confirm_hold
from tests.factories import GUEST, at, book, hold, make_member, make_policy, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_house()


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(DomainError) as error:
        act()
    return error.value.code


def free(session: Session) -> int:
    found = Session.objects.select_related("place__seats").get(pk=session.pk)
    return count_free([found])[session.pk]


def test_a_seat_is_a_booking_at_the_sessions_price_and_name(house: House) -> None:
    session = house.add_session()
    seat = take(session, quantity=2, notes="Bad knee")
    reservation = seat.reservation
    agreed = (reservation.title, reservation.total_amount, reservation.party_size, reservation.requests)
    assert agreed == ("Morning Meditation", Decimal(50), 2, "Bad knee")
    assert (seat.session_id, seat.seats, seat.is_active, seat.notes) == (session.pk, 2, True, "Bad knee")
    assert (free(session), count_booked([session])) == (8, {session.pk: 2})
    take(session, quantity=7)
    assert refused(lambda: take(session, quantity=2)) == "capacity"
    take(session)
    with pytest.raises(CapacityReached):
        take(session)
    assert free(session) == 0


def test_seats_exist_in_sessions_alone(house: House) -> None:
    """By the plain service, which every door of the kernel calls."""
    session, pool = house.add_session(), house.studio.seats
    start = session.starts_at
    assert refused(lambda: book(pool, start + timedelta(hours=3))) == "no_session"
    assert refused(lambda: book(pool, start, minutes=30)) == "no_session"
    made = book(pool, start, party_size=3)
    assert (int(made.total_amount), SeatBooking.objects.get().guest_key) == (75, GUEST.email)
    late = ReservationChanges(start=start + timedelta(days=1), end=start + timedelta(days=1, hours=1))
    change: dict[str, Any] = {"reservation_id": made.pk, "actor": STAFF}
    other = house.add_session(start + timedelta(days=1))
    assert refused(lambda: change_reservation(changes=late, **change)) == "stays_with_session"
    grown = change_reservation(changes=ReservationChanges(party_size=5), **change)
    assert (int(grown.total_amount), fresh(SeatBooking.objects.get()).seats) == (125, 5)
    # Nobody else changes what a session occupies.
    move = ReservationChanges(end=session.ends_at + timedelta(hours=1))
    own: dict[str, Any] = {"reservation_id": session.reservation_id, "actor": Actor(make_member(house.venue))}
    assert refused(lambda: change_reservation(changes=move, **own)) == "transition_not_allowed"
    assert refused(lambda: cancel_reservation(**own)) == "transition_not_allowed"
    assert session.reservation.purpose == Purpose.SESSION
    assert other.pk != session.pk


def test_nobody_books_twice(house: House) -> None:
    session, user = house.add_session(), make_user()
    first = take(session, user)
    by_mail = Customer(name="Me", email=user.email)
    assert refused(lambda: take(session, user)) == "already_booked"
    assert refused(lambda: take(session, by_mail)) == "already_booked"
    assert free(session) == 9
    services.cancel_booking(booking_id=first.pk, actor=Actor(user))
    assert not fresh(first).is_active
    again = services.book_again(booking_id=first.pk, actor=Actor(user))
    assert (again.pk != first.pk, again.seats, free(session)) == (True, 1, 9)
    assert refused(lambda: services.book_again(booking_id=again.pk, actor=Actor(user))) == "already_booked"


def test_what_is_not_offered_is_refused(house: House) -> None:
    draft = house.add_session(is_published=False)
    assert refused(lambda: take(draft)) == "session_not_available"
    early = house.add_session(at(10), class_type=house.add_type(book_from_days=3))
    late = house.add_session(at(11), class_type=house.add_type(book_until_minutes=60 * 24 * 30))
    assert refused(lambda: take(early)) == "booking_not_open"
    assert refused(lambda: take(late)) == "booking_closed"
    staff = Actor(make_member(house.venue), STAFF.source)
    seat = take(early, actor=staff)
    assert seat.is_active
    few = house.add_session(at(13), online_capacity=2)
    take(few, quantity=2)
    assert refused(lambda: take(few)) == "online_full"
    assert take(few, actor=staff).is_active
    assert refused(lambda: take(few, quantity=0)) == "invalid"
    missing = few
    missing.pk = 10**9
    assert refused(lambda: take(missing)) == "not_found"


def test_a_hold_becomes_a_seat(house: House) -> None:
    session, user = house.add_session(), make_user()
    held = hold(house.studio.seats, session.starts_at)
    assert free(session) == 9
    assert SeatBooking.objects.get().reservation_id == held.pk
    done = confirm_hold(reservation_id=held.pk, customer=Customer.from_user(user), actor=Actor(user))
    seat = SeatBooking.objects.get()
    assert (done.title, seat.customer_id, seat.is_active) == ("Morning Meditation", user.pk, True)
    second = services.hold_seat(session_id=session.pk, actor=Actor(user))
    confirm: dict[str, Any] = {"reservation_id": second.reservation_id, "customer": Customer.from_user(user)}
    assert refused(lambda: services.confirm_seat(actor=Actor(user), **confirm)) == "already_booked"


def test_cancelling_costs_what_the_class_says(house: House) -> None:
    kind = house.add_type(policy=make_policy(house.venue, (24, "50", "0")))
    seat = take(house.add_session(class_type=kind))
    assert seat.reservation.cancellation_terms[0]["tiers"] == [["24", "50.00", "0.00"]]
    _reservation, terms = services.cancel_booking(booking_id=seat.pk, actor=Actor())
    assert terms.fee == Decimal("12.50")
    late = take(house.add_session(at(8), class_type=house.add_type(late_cancel_hours=24 * 30)))
    _reservation, terms = services.cancel_booking(booking_id=late.pk, actor=Actor())
    assert terms.fee == 25


TIERS = (
    TierDraft("Dorm", Decimal(100), 4),
    TierDraft("Double", Decimal("150.01"), 2, Decimal(30), TierPays.BOTH),
    TierDraft("Single", Decimal(200), 1, pays=TierPays.PLAN),
)
PLAN = (Term(Decimal("33.33"), days_before=30), Term(Decimal("66.67"), days_before=3))


def test_tiers_have_prices_and_quotas(house: House) -> None:
    retreat = house.add_session(at(60), 2880, session_type="retreat", capacity=5, tiers=TIERS, plan=PLAN)
    dorm, double, single = Tier.objects.filter(session=retreat)
    assert refused(lambda: take(retreat)) == "tier_needed"
    assert refused(lambda: take(retreat, tier_id=10**6)) == "tier_unknown"
    assert refused(lambda: take(retreat, tier_id=dorm.pk, pays_plan=True)) == "plan_not_offered"
    first = take(retreat, tier_id=single.pk)
    assert (int(first.reservation.total_amount), first.pays_plan) == (200, True)
    assert refused(lambda: take(retreat, tier_id=single.pk)) == "tier_sold_out"
    second = take(retreat, quantity=2, tier_id=double.pk, pays_plan=True)
    assert second.reservation.status == "pending"
    money = (second.reservation.total_amount, second.reservation.deposit_amount)
    assert money == (Decimal("300.02"), Decimal(60))
    parts = [part.amount for part in second.instalments.all()]
    assert (parts, sum(parts)) == ([Decimal("100.00"), Decimal("200.02")], Decimal("300.02"))
    # Five in all, whatever the quotas add up to.
    assert refused(lambda: take(retreat, quantity=3, tier_id=dorm.pk)) == "capacity"
    services.cancel_booking(booking_id=second.pk, actor=STAFF)
    assert {part.status for part in second.instalments.all()} == {"cancelled"}
    assert take(retreat, quantity=3, tier_id=dorm.pk).is_active


def test_a_course_is_all_its_sessions_at_one_price(house: House) -> None:
    from classes.models import Course

    course = Course.objects.create(venue=house.venue, title="Four weeks", price=Decimal(100))
    for week in range(3):
        house.add_session(at(7 + 7 * week), course=course, capacity=2)
    user = make_user()
    seats = services.book_course(course_id=course.pk, customer=Customer.from_user(user), actor=Actor(user))
    assert [seat.reservation.total_amount for seat in seats] == [
        Decimal("33.33"),
        Decimal("33.34"),
        Decimal("33.33"),
    ]
    take(Session.objects.order_by("pk")[1])
    again: dict[str, Any] = {"course_id": course.pk, "actor": Actor()}
    assert refused(lambda: services.book_course(customer=GUEST, **again)) == "capacity"
    assert SeatBooking.objects.active().count() == 4
    assert now() < seats[0].session.starts_at
