"""Long random lives: whatever people and staff do, seats free and seats booked are the capacity."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from random import Random

import pytest

from classes import services
from classes.enums import Attendance, SessionStatus
from classes.models import SeatBooking, Session
from classes.selectors import count_booked, count_free
from classes.tests.helpers import STAFF, House, make_house, take
from common.clock import now
from common.errors import DomainError
from reservations.domain.values import Actor, Customer
from reservations.enums import OCCUPYING
from tests.effort import often
from tests.factories import at, make_user
from tests.racing import overbooked
from waitlist.services import accept_offer, offer_freed_capacity

pytestmark = pytest.mark.django_db
STEPS = often(100)


class Life:
    def __init__(self, seed: int) -> None:
        self.random, self.house = Random(seed), make_house(seats=8)
        self.loft = self.house.add_studio(6)
        self.people = [make_user() for _ in range(12)]
        soon = now().replace(second=0, microsecond=0) + timedelta(minutes=30)
        self.house.add_session(soon, capacity=5)
        for day in range(1, 5):
            self.house.add_session(at(day), capacity=self.random.randint(2, 6))
        self.done = 0

    def session(self) -> Session:
        return self.random.choice(list(Session.objects.order_by("pk")))

    def seat(self) -> SeatBooking:
        rows = list(SeatBooking.objects.order_by("pk"))
        return self.random.choice(rows) if rows else take(self.session(), self.random.choice(self.people))

    def book(self) -> None:
        take(self.session(), self.random.choice(self.people), quantity=self.random.randint(1, 3))

    def cancel(self) -> None:
        services.cancel_booking(booking_id=self.seat().pk, actor=STAFF)

    def again(self) -> None:
        services.book_again(booking_id=self.seat().pk, actor=Actor())

    def resize(self) -> None:
        services.resize_booking(booking_id=self.seat().pk, quantity=self.random.randint(1, 4), actor=STAFF)

    def reshape(self) -> None:
        capacity = self.random.randint(1, 8)
        services.change_session(session_id=self.session().pk, changes={"capacity": capacity}, actor=STAFF)

    def move(self) -> None:
        start = at(self.random.randint(1, 6), self.random.randint(6, 12))
        services.change_session(
            session_id=self.session().pk,
            changes={
                "starts_at": start,
                "ends_at": start + timedelta(minutes=self.random.choice((45, 60, 90))),
                "place": self.random.choice((self.house.studio, self.loft)),
            },
            actor=STAFF,
        )

    def miss(self) -> None:
        seat = self.seat()
        later = seat.session.starts_at + timedelta(minutes=1)
        mark = self.random.choice(list(Attendance))
        services.record_attendance(session_id=seat.session_id, marks={seat.pk: mark}, actor=STAFF, now=later)

    def wait(self) -> None:
        user = self.random.choice(self.people)
        customer = Customer.from_user(user)
        services.wait_for_seat(session_id=self.session().pk, customer=customer, actor=Actor(user))

    def offer(self) -> None:
        for offer in offer_freed_capacity(venue_id=self.house.venue.pk):
            if self.random.random() < 0.5:
                accept_offer(offer_id=offer.pk, actor=Actor())

    def call_off(self) -> None:
        if self.random.random() < 0.2:
            services.cancel_session(session_id=self.session().pk, actor=STAFF)
            self.house.add_session(at(self.random.randint(7, 60)), capacity=4)

    def step(self) -> None:
        acts: list[Callable[[], None]] = [
            *([self.book] * 5),
            *(self.cancel, self.again, self.resize, self.reshape, self.move, self.miss, self.wait),
            *(self.offer, self.call_off),
        ]
        with suppress(DomainError):
            self.random.choice(acts)()
            self.done += 1
        self.check()

    def check(self) -> None:
        sessions = list(Session.objects.select_related("place__seats").order_by("pk"))
        free, booked = count_free(sessions), count_booked(sessions)
        for session in sessions:
            if session.status == SessionStatus.CANCELLED:
                assert session.pk not in booked
            else:
                assert free[session.pk] + booked.get(session.pk, 0) == session.capacity
        rows = SeatBooking.objects.values_list("is_active", "reservation__status", "session", "customer")
        active = [row for row in rows if row[0]]
        assert all(is_active == (status in OCCUPYING) for is_active, status, *_rest in rows)
        people = [(session, customer) for _active, _status, session, customer in active if customer]
        assert len(people) == len(set(people))


@pytest.mark.parametrize("seed", [1, 2])
def test_seats_add_up(seed: int) -> None:
    life = Life(seed)
    for _ in range(STEPS // 2):
        life.step()
    assert life.done > STEPS / 10
    assert overbooked() == []
    assert isinstance(life.house, House)
