"""A month of bookings around today, made through the same services as everybody's."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from random import Random

from common.clock import epoch_minute, epoch_seconds
from common.clock import now as clock_now
from common.errors import Conflict
from demo.aftermath import Aftermath
from demo.blueprint import VenueSpec
from demo.people import REQUESTS
from reservations.availability import Moment, Wish, free_ranges
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.enums import Source
from reservations.exceptions import BookingRefused
from reservations.models import Reservation
from reservations.policies import Booker
from reservations.services import book_reservation
from resources.bookables import Bookable
from resources.catalog import catalog
from resources.enums import Approval, UnitsBy
from resources.models import Venue
from scheduling.zones import day_span, from_minute

DAYS_BACK = DAYS_AHEAD = 14
EARLIEST_NOTICE, LATEST_NOTICE = timedelta(days=12), timedelta(hours=3)
REQUEST_SHARE = 0.15
IMPORT = Actor(source=Source.IMPORT)
STAFF_EYES = Booker(is_signed_in=True, is_member=True, is_staff=True)
# How much people like to start in each local hour: most come in the late afternoon.
DEMAND_BY_HOUR = (1, 1, 1, 1, 1, 1, 2, 6, 20, 40, 50, 40, 50, 45, 50, 60, 100, 140, 150, 120, 60, 20, 6, 2)


class Bookings:
    def __init__(self, venue: Venue, place: VenueSpec, *, random: Random, guests: list[Customer]) -> None:
        self.venue, self.random, self.guests = venue, random, guests
        self.zone = venue.zone_name
        self.now = clock_now().replace(second=0, microsecond=0)
        self.bookables = {bookable.slug: bookable for bookable in catalog(venue.pk).bookables.values()}
        self.popularity = {thing.slug: thing.popularity for thing in place.resources}
        # Everything random comes from this one generator: the same seed makes the same demo.
        self.aftermath = Aftermath(random, self.now)

    def book_month(self, today: date, per_day: int) -> int:
        """Returns how many were made. The near future is fuller than the far one."""
        booked = 0
        for offset in range(-DAYS_BACK, DAYS_AHEAD + 1):
            wanted = per_day + 2 if abs(offset) <= 3 else per_day
            booked += self.book_day(today + timedelta(days=offset), wanted)
        return booked

    def book_day(self, day: date, wanted: int) -> int:
        slugs = list(self.popularity)
        requested = self.random.choices(slugs, weights=list(self.popularity.values()), k=wanted)
        return sum(self._try_to_book(day, self.bookables[slug]) for slug in requested)

    def book_for(self, customer: Customer, slug: str, days: Iterable[date]) -> Reservation | None:
        """Book the first of the days that has room; None when there is none."""
        bookable = self.bookables[slug]
        for day in days:
            wish = Wish(bookable.customer_rules.default_duration, 1, 1, STAFF_EYES)
            if starts := self._starts(bookable, wish, day):
                return self._book(bookable, wish, self._choose_start(starts), customer)
        return None

    def book_now(self, slug: str, minutes: int) -> Reservation:
        """Book what is in use at this moment, for a resource that never closes and is still empty."""
        bookable = self.bookables[slug]
        step = bookable.slot_rules.slot_step
        start = (epoch_minute(self.now) // step - 1) * step
        wish = Wish(minutes, 2, 1, STAFF_EYES)
        return self._book(bookable, wish, start, self.random.choice(self.guests))

    def _try_to_book(self, day: date, bookable: Bookable) -> bool:
        wish = self._wish(bookable)
        starts = self._starts(bookable, wish, day)
        if not starts:
            return False
        customer = self.random.choice(self.guests)
        try:
            reservation = self._book(bookable, wish, self._choose_start(starts), customer)
        except (Conflict, BookingRefused):
            return False  # one booking fewer is no loss to a demo
        self.aftermath.play(reservation)
        return True

    def _wish(self, bookable: Bookable) -> Wish:
        rules, people = bookable.slot_rules, bookable.customer_rules
        longer = self.random.choice((0, 0, 0, 1, 2)) * rules.slot_step
        size = self.random.randint(people.min_party_size, max(people.max_party_size, people.min_party_size))
        by_person = bookable.units_by == UnitsBy.PERSON or bookable.limit == 1
        quantity = 1 if by_person else self.random.randint(1, min(3, bookable.limit))
        return Wish(min(people.default_duration + longer, rules.max_duration), size, quantity, STAFF_EYES)

    def _starts(self, bookable: Bookable, wish: Wish, day: date) -> list[int]:
        # As somebody saw them who booked long before: minimum notice is no obstacle.
        start, end = day_span(day, self.zone)
        moment = Moment(start - int(EARLIEST_NOTICE.total_seconds()) // 60, epoch_seconds(self.now))
        ranges = free_ranges(bookable, wish, start=start, end=end, moment=moment)
        return [start_minute for starts in ranges for start_minute in starts]

    def _choose_start(self, starts: list[int]) -> int:
        weights = [DEMAND_BY_HOUR[from_minute(at, self.zone).hour] for at in starts]
        return self.random.choices(starts, weights=weights)[0]

    def _book(self, bookable: Bookable, wish: Wish, start: int, customer: Customer) -> Reservation:
        begins = from_minute(start)
        return book_reservation(
            venue_id=self.venue.pk,
            items=[ItemRequest(bookable.id, quantity=wish.quantity)],
            start=begins,
            end=begins + timedelta(minutes=wish.duration),
            party_size=wish.party_size,
            customer=customer,
            actor=self._actor(bookable, begins, customer),
            requests=self.random.choice(REQUESTS) if self.random.random() < REQUEST_SHARE else "",
            now=self._booked_at(begins),
        )

    def _actor(self, bookable: Bookable, begins: datetime, customer: Customer) -> Actor:
        # Imports are confirmed at once; what still waits for approval has to come in by the website.
        wants_approval = bookable.customer_rules.approval != Approval.INSTANT
        return Actor(customer.user) if wants_approval and begins > self.now + timedelta(days=3) else IMPORT

    def _booked_at(self, begins: datetime) -> datetime:
        latest = min(begins - LATEST_NOTICE, self.now)
        earliest = begins - EARLIEST_NOTICE
        return earliest + (latest - earliest) * self.random.random() if earliest < latest else latest
