"""Something to see on each of the pages for everybody, at a venue beside that of the permission table."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from classes.models import PassKind, PlanTerm, Session, Tier
from classes.services import cancel_booking, cancel_session, sell_pass, wait_for_seat
from classes.tests.helpers import STAFF, House, make_house, take
from reservations.domain.values import Actor, Customer
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
