"""Loads the whole demo, in one transaction: all of it or nothing."""

from datetime import timedelta
from random import Random

from django.db import transaction

from accounts.models import User
from common.clock import now
from demo.blueprint import Place
from demo.bookings import Bookings
from demo.building import build
from demo.loft import LOFT
from demo.mill import MILL
from demo.people import CUSTOMER, MANAGER, STAFF, create_accounts, regulars
from notifications.services.writing import quiet
from reservations.domain.values import Customer
from resources.enums import Role
from resources.models import Venue

SEED = 1874
FOR_CUSTOMER = (("court-one", 2), ("massage-60", 5), ("weir-room", 9))
"""What the demo's customer looks forward to, and from how many days ahead."""


def is_loaded() -> bool:
    return Venue.objects.filter(slug=MILL.slug).exists()


@transaction.atomic
@quiet()
def load(password: str) -> int:
    """Creates the accounts, both venues and their bookings; returns how many bookings."""
    accounts = create_accounts(password)
    random = Random(SEED)
    guests = regulars(random)
    bookings = _place(
        MILL, random, guests, [(accounts[MANAGER], Role.MANAGER), (accounts[STAFF], Role.STAFF)]
    )
    running = bookings.book_now("rehearsal-cellar", 180)
    bookings.aftermath.arrive(running)
    mine = _for_customer(bookings, accounts[CUSTOMER])
    made = 1 + mine + _month(bookings, MILL)
    loft = _place(LOFT, random, guests, [(accounts[MANAGER], Role.MANAGER)])
    return made + _month(loft, LOFT)


def _place(
    place: Place, random: Random, guests: list[Customer], members: list[tuple[User, Role]]
) -> Bookings:
    venue = build(place, today=now().date(), members=members)
    return Bookings(venue, place, random=random, guests=guests)


def _month(bookings: Bookings, place: Place) -> int:
    return bookings.month(now().astimezone(bookings.venue.zone).date(), place.bookings_per_day)


def _for_customer(bookings: Bookings, account: User) -> int:
    customer, today = Customer.from_user(account), now().date()
    found = [
        bookings.book_for(customer, slug, [today + timedelta(days=ahead + later) for later in range(4)])
        for slug, ahead in FOR_CUSTOMER
    ]
    return sum(each is not None for each in found)
