from datetime import timedelta
from random import Random

from django.db import transaction

from accounts.models import User
from common.clock import now
from common.lanes import Lane
from common.periodic import jobs
from demo.blueprint import VenueSpec
from demo.bookings import Bookings
from demo.building import build_venue
from demo.lending import lend_things, play_lending
from demo.loft import LOFT
from demo.mill import MILL
from demo.people import CUSTOMER, MANAGER, STAFF, create_accounts, make_regulars
from demo.studio import STUDIO
from demo.studio_weeks import hold_classes
from demo.workshop import WORKSHOP
from notifications.enums import MessageStatus
from notifications.models import Message
from notifications.services.writing import suppress_messages
from reservations.domain.values import Customer
from resources.enums import Role
from resources.models import Venue

SEED = 1874
# What the demo's customer looks forward to, and from how many days ahead.
FOR_CUSTOMER = (("court-one", 2), ("massage-60", 5), ("weir-room", 9))


def is_loaded() -> bool:
    return Venue.objects.filter(slug=MILL.slug).exists()


def is_in_use() -> bool:
    """An owner counts, also while there is no venue yet."""
    return Venue.objects.exists() or User.objects.exists()


@transaction.atomic
def load_demo(password: str) -> int:
    """Create the accounts, the venues, their bookings and loans; returns how many of both."""
    with suppress_messages():
        booked = _create_venues(password)
    _settle_messages()
    return booked


def _settle_messages() -> None:
    """What is due already counts as told, or the server's first minutes would write it to made-up people."""
    due = now()
    for job in jobs:
        if job.lane == Lane.DEFAULT:
            job.perform(due)
    Message.objects.filter(status=MessageStatus.WAITING).update(status=MessageStatus.CANCELLED)


def _create_venues(password: str) -> int:
    accounts = create_accounts(password)
    random = Random(SEED)
    guests = make_regulars(random)
    bookings = _create_venue(
        MILL, random, guests, [(accounts[MANAGER], Role.MANAGER), (accounts[STAFF], Role.STAFF)]
    )
    running = bookings.book_now("rehearsal-cellar", 180)
    bookings.aftermath.arrive(running)
    customer_bookings = _book_for_customer(bookings, accounts[CUSTOMER])
    booked = 1 + customer_bookings + _book_month(bookings, MILL)
    loft = _create_venue(LOFT, random, guests, [(accounts[MANAGER], Role.MANAGER)])
    booked += _book_month(loft, LOFT) + _create_workshop(accounts)
    return booked + _create_studio(accounts)


def _create_workshop(accounts: dict[str, User]) -> int:
    members = [(accounts[MANAGER], Role.MANAGER), (accounts[STAFF], Role.STAFF)]
    venue = build_venue(WORKSHOP, today=now().date(), members=members)
    lend_things(venue)
    return play_lending(venue, accounts[CUSTOMER], Random(SEED))


def _create_studio(accounts: dict[str, User]) -> int:
    members = [(accounts[MANAGER], Role.MANAGER), (accounts[STAFF], Role.STAFF)]
    venue = build_venue(STUDIO, today=now().date(), members=members)
    return hold_classes(venue, accounts, accounts[CUSTOMER], Random(SEED))


def _create_venue(
    place: VenueSpec, random: Random, guests: list[Customer], members: list[tuple[User, Role]]
) -> Bookings:
    venue = build_venue(place, today=now().date(), members=members)
    return Bookings(venue, place, random=random, guests=guests)


def _book_month(bookings: Bookings, place: VenueSpec) -> int:
    return bookings.book_month(now().astimezone(bookings.venue.zone).date(), place.bookings_per_day)


def _book_for_customer(bookings: Bookings, account: User) -> int:
    customer, today = Customer.from_user(account), now().date()
    reservations = [
        bookings.book_for(customer, slug, [today + timedelta(days=ahead + later) for later in range(4)])
        for slug, ahead in FOR_CUSTOMER
    ]
    return sum(reservation is not None for reservation in reservations)
