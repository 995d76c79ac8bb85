"""Something to see on each of the pages for everybody, at a venue beside that of the permission table."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import time_machine

from classes.models import PassKind, PlanTerm, SeatBooking, Session, Tier
from classes.services import (
    ask_for_substitute,
    cancel_booking,
    cancel_session,
    register_facilitator,
    sell_pass,
    wait_for_seat,
)
from classes.tests.helpers import STAFF, House, make_house, take
from common.clock import now
from reservations.domain.values import Actor, Customer
from reservations.services import record_payment
from tests.factories import at, make_user

if TYPE_CHECKING:
    from tests.permissions.world import World

DAYS_AHEAD = 7


@dataclass(frozen=True)
class Week:
    house: House
    full: Session
    retreat: Session


def fill(world: "World") -> Week:
    """Once for a world. The customer has booked, waits, has given up a seat, and owns a pass."""
    if "_week" not in world.__dict__:
        world.__dict__["_week"] = _fill(world)
    week: Week = world.__dict__["_week"]
    return week


@dataclass(frozen=True)
class Lessons:
    """``running``: its roster is being filled in; ``wanted``: somebody is asked for."""

    running: Session
    booked: Session
    wanted: Session


def lead(world: "World") -> Lessons:
    """The manager leads sessions; a colleague asks them to step in."""
    if "_lessons" not in world.__dict__:
        world.__dict__["_lessons"] = _lead(world)
    lessons: Lessons = world.__dict__["_lessons"]
    return lessons


def _lead(world: "World") -> Lessons:
    manager = world.person("manager")
    assert manager
    assert world.studio
    profile = register_facilitator(venue=world.venue, user=manager, name="Mona", is_approved=True)
    house = House(world.venue, world.studio, profile)
    begun = now().replace(second=0, microsecond=0) - timedelta(minutes=5)
    with time_machine.travel(begun - timedelta(hours=1)):  # one that goes on, whatever the hour
        running = house.add_session(begun)
        _fill_seats(running, world)
    booked, wanted = house.add_session(at(2, 17)), house.add_session(at(3, 17))
    yours = house.add_session(at(4, 17), facilitator=world.colleague)
    _fill_seats(booked, world)
    ask_for_substitute(session_id=wanted.pk, actor=STAFF)
    ask_for_substitute(session_id=yours.pk, actor=STAFF, note="Prague")
    seat = SeatBooking.objects.filter(session=booked).earliest("pk")
    record_payment(reservation_id=seat.reservation_id, amount=Decimal(25), actor=STAFF)
    return Lessons(running, booked, wanted)


def _fill_seats(session: Session, world: "World") -> None:
    take(session, world.customer, notes="Left knee")
    take(session, quantity=2)


def _fill(world: "World") -> Week:
    house = make_house(name="Stillwater Studio", slug="stillwater", city="Berlin")
    make_house(name="Quiet House", slug="quiet-house")
    house.add_facilitator("Annika Löwenstein-Wertheim")
    calm = house.add_type(title="Restorative Yoga with Singing Bowls", level="beginner", bring="Warm socks.")
    free, booked, full, off = (
        house.add_session(at(DAYS_AHEAD, hour), class_type=calm, capacity=2) for hour in (7, 9, 12, 18)
    )
    house.add_session(at(DAYS_AHEAD + 1, 7), class_type=house.add_type(book_from_days=1))
    customer = world.customer
    take(booked, customer)
    take(full, quantity=2)
    for who in (make_user(), customer):
        wait_for_seat(session_id=full.pk, customer=Customer.from_user(who), actor=Actor(who))
    cancel_session(session_id=off.pk, actor=STAFF, reason="Mia is ill.")
    seat = take(free, customer)
    cancel_booking(booking_id=seat.pk, actor=Actor(customer))
    kind = PassKind.objects.create(venue=house.venue, name="Ten classes", credits=10, price=Decimal(180))
    sell_pass(kind_id=kind.pk, customer=customer, actor=STAFF, is_paid=True)
    return Week(house, full, add_retreat(house))


def add_retreat(house: House, capacity: int = 5) -> Session:
    """Two days, in a tent or in a cabin, which may be paid in two parts."""
    when = at(DAYS_AHEAD + 2)
    retreat = house.add_session(
        when, minutes=2880, title="Weekend Retreat", session_type="retreat", capacity=capacity
    )
    for name, price, quota, pays in (("Tent", 100, 2, "full"), ("Cabin", 300, 1, "both")):
        Tier.objects.create(
            venue=house.venue, session=retreat, name=name, price=price, quota=quota, pays=pays
        )
    for position, before in enumerate((3, 1)):
        PlanTerm.objects.create(
            venue=house.venue, session=retreat, position=position, days_before=before, percent=50
        )
    Session.objects.filter(pk=retreat.pk).update(has_tiers=True)
    return retreat
