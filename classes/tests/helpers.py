"""What the tests of classes share."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import time_machine

from accounts.models import User
from classes.choosing import SeatChoice
from classes.drafts import SessionDraft
from classes.enums import PRODUCT
from classes.models import ClassType, Facilitator, SeatBooking, Session, Studio
from classes.services.people import register_facilitator
from classes.services.places import add_studio
from classes.services.scheduling import create_session
from classes.services.seating import book_seat
from classes.services.sweeping import complete_sessions
from common.clock import now
from reservations.domain.values import Actor, Customer
from reservations.enums import Source
from resources.models import Venue
from resources.services.products import offer_products
from tests.factories import at, make_user, make_venue

_numbers = count(1)
STAFF = Actor(source=Source.STAFF)


@dataclass
class House:
    """A venue with classes: a studio for twenty and somebody who leads them."""

    venue: Venue
    studio: Studio
    mia: Facilitator

    def add_facilitator(self, name: str = "John", user: User | None = None) -> Facilitator:
        who = user or make_user()
        return register_facilitator(venue=self.venue, user=who, name=name, is_approved=True)

    def add_studio(self, seats: int = 12) -> Studio:
        return add_studio(venue=self.venue, name=f"Studio {next(_numbers)}", seats=seats)

    def add_type(self, **fields: Any) -> ClassType:
        values = {"venue": self.venue, "title": f"Yoga {next(_numbers)}", "price": Decimal(25)}
        return ClassType.objects.create(**(values | fields))

    def add_session(self, start: datetime | None = None, minutes: int = 60, **fields: Any) -> Session:
        begin = start or at()
        values: dict[str, Any] = {
            "facilitator": self.mia,
            "place": self.studio,
            "title": "Morning Meditation",
            # As many as its prices sell.
            "capacity": min(sum(tier.quota or 10 for tier in fields.get("tiers", ())), 10) or 10,
            "price": Decimal(25),
        }
        draft = SessionDraft(starts_at=begin, ends_at=begin + timedelta(minutes=minutes), **(values | fields))
        return create_session(venue=self.venue, draft=draft, actor=STAFF)


def make_house(seats: int = 20, **fields: Any) -> House:
    return house_at(make_venue(**fields), seats)


def house_at(venue: Venue, seats: int = 20) -> House:
    """At a venue that there is already, with all it has."""
    offer_products(venue=venue, names=[PRODUCT, *venue.offered_products.values_list("product", flat=True)])
    studio = add_studio(venue=venue, name="Lake", seats=seats)
    mia = register_facilitator(venue=venue, user=make_user(), name="Mia", is_approved=True)
    return House(venue, studio, mia)


def take(
    session: Session, who: User | Customer | None = None, quantity: int = 1, **fields: Any
) -> SeatBooking:
    """Seats, for somebody new unless said otherwise; ``fields`` of the choice, or of ``book_seat``."""
    customer = who if isinstance(who, Customer) else Customer.from_user(who or make_user())
    names = SeatChoice.__dataclass_fields__.keys()
    choice = SeatChoice(**{name: fields.pop(name) for name in names & fields.keys()})
    values: dict[str, Any] = {"actor": Actor(customer.user), "choice": choice}
    return book_seat(session_id=session.pk, customer=customer, quantity=quantity, **(values | fields))


@contextmanager
def after(session: Session) -> Iterator[None]:
    """Once it is over, and what comes of that is done."""
    with time_machine.travel(session.ends_at + timedelta(minutes=5)):
        complete_sessions(now=now())
        yield


def fresh(seat: SeatBooking) -> SeatBooking:
    return SeatBooking.objects.select_related("reservation__bill", "session").get(pk=seat.pk)
