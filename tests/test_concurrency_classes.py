"""Rivals at the same moment: no seat twice, nobody in two rooms, nothing offered that was called off."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError

from classes import services
from classes.drafts import TierDraft
from classes.enums import SessionStatus
from classes.models import PassKind, PassUse, Payout, PayRate, SeatBooking, Session
from classes.policies.plans import Term
from classes.selectors import count_free
from classes.tests.helpers import STAFF, after, fresh, make_house, take
from common.errors import Conflict, DomainError
from payments.exceptions import NothingDue
from reservations import guard
from reservations.domain.values import Actor, Customer
from reservations.enums import OCCUPYING
from reservations.exceptions import BookingRefused, CapacityReached, SlotTaken
from reservations.models import Reservation
from reservations.selectors import balance
from tests.effort import often
from tests.factories import at, make_user
from tests.racing import overbooked, overtaken, race
from waitlist.models import WaitlistOffer
from waitlist.services import accept_offer, end_waiting, offer_freed_capacity

pytestmark = pytest.mark.django_db(transaction=True)


def failures(results: Iterable[Any], *expected: type[BaseException]) -> list[Any]:
    return [each for each in results if isinstance(each, BaseException) and not isinstance(each, expected)]


def seats(session: Session) -> int:
    return sum(SeatBooking.objects.active().filter(session=session).values_list("seats", flat=True))


def assert_sound() -> None:
    """Seats are what the bookings say, in sessions that take place, and never too many."""
    assert overbooked() == []
    for seat in SeatBooking.objects.select_related("reservation", "session"):
        assert seat.is_active == (seat.reservation.status in OCCUPYING), seat.reservation.status
        if seat.is_active:
            assert seat.session.status != SessionStatus.CANCELLED
            span = (seat.reservation.starts_at, seat.reservation.ends_at)
            assert span == (seat.session.starts_at, seat.session.ends_at)
    for session in Session.objects.active().select_related("place__seats"):
        assert count_free([session])[session.pk] == session.capacity - seats(session)


def test_sixty_four_want_ten_seats(circles: list[OperationalError]) -> None:
    session = make_house().add_session(capacity=10)
    people = [make_user() for _ in range(64)]
    found = race(64, lambda number: take(session, people[number]))
    assert failures(found, CapacityReached) == []
    assert Counter(type(each).__name__ for each in found) == {"SeatBooking": 10, "CapacityReached": 54}
    assert circles == []
    assert_sound()


def test_without_the_guard_and_the_lock_too_many_get_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: this test can see what it looks for."""
    session = make_house().add_session(capacity=2)
    people = [make_user() for _ in range(12)]
    monkeypatch.setattr("reservations.services.booking._check_again", lambda *args: None)
    monkeypatch.setattr("reservations.services.booking.choose_lines", _choose_first)
    guard.remove()
    try:
        race(12, lambda number: take(session, people[number]))
    finally:
        guard.install()
    assert seats(session) > 2
    assert overbooked() != []


def _choose_first(choices: Any, *args: Any, **kwargs: Any) -> list[Any]:
    return [options[0] for options in choices]


def test_one_person_and_groups() -> None:
    house = make_house()
    session, small = house.add_session(), house.add_session(at(8), capacity=2)
    user = make_user()
    found = race(8, lambda _number: take(session, user))
    assert failures(found, BookingRefused) == []
    assert seats(session) == 1
    groups = [make_user() for _ in range(4)]
    found = race(4, lambda number: take(small, groups[number], quantity=3))
    assert failures(found, CapacityReached) == []
    assert seats(small) == 0
    found = race(4, lambda number: take(small, groups[number], quantity=2))
    assert (failures(found, CapacityReached), seats(small)) == ([], 2)
    assert_sound()


def test_booking_against_calling_off(circles: list[OperationalError]) -> None:
    """Either booked, and then cancelled with the rest, or refused; and nobody is offered what is no more."""
    house = make_house()
    rounds = often(8)
    for number in range(rounds):
        session = house.add_session(at(7 + number), capacity=2)
        first, second = take(session), take(session)
        waits = services.wait_for_seat(
            session_id=session.pk, customer=Customer.from_user(make_user()), actor=Actor()
        )
        people = [make_user() for _ in range(2)]

        def act(
            worker: int, session: Session = session, first: SeatBooking = first, people: Any = people
        ) -> object:
            if worker == 0:
                return services.cancel_session(session_id=session.pk, actor=STAFF)
            if worker == 1:
                return services.cancel_booking(booking_id=first.pk, actor=STAFF)
            if worker == 2:
                return offer_freed_capacity(venue_id=house.venue.pk)
            return take(session, people[worker - 3])

        assert failures(race(5, act), DomainError) == []
        waits.refresh_from_db()
        assert waits.status == "called_off"
        assert second.pk
    assert not SeatBooking.objects.active().exists()
    assert not WaitlistOffer.objects.filter(outcome="open").exists()
    assert circles == []
    assert_sound()


def test_calling_off_twice_frees_and_tells_once() -> None:
    house = make_house()
    session = house.add_session()
    for _ in range(3):
        take(session)
    found = race(6, lambda _number: services.cancel_session(session_id=session.pk, actor=STAFF))
    assert failures(found) == []
    assert sum(each.bookings for each in found if isinstance(each, services.CalledOff)) == 3
    assert Reservation.objects.filter(status="cancelled", events__kind="cancelled").count() == 4
    assert house.add_session().is_active
    assert_sound()


def test_moving_and_shrinking_against_booking(circles: list[OperationalError]) -> None:
    house = make_house()
    for number in range(often(6)):
        session = house.add_session(at(7 + number), capacity=6)
        people = [make_user() for _ in range(5)]
        take(session)
        later = session.starts_at + timedelta(hours=3)
        changes: list[Any] = [
            {"starts_at": later, "ends_at": later + timedelta(hours=1)},
            {"capacity": 3},
        ]

        def act(
            worker: int,
            session: Session = session,
            change: Any = changes[number % 2],
            people: list[Any] = people,
        ) -> object:
            if worker == 0:
                return services.change_session(session_id=session.pk, changes=change, actor=STAFF)
            return take(session, people[worker - 1])

        assert failures(race(6, act), DomainError) == []
        assert_sound()
    assert circles == []


def test_substitutes_studios_and_teachers() -> None:
    """Two sessions want one teacher, or one studio: one of them has it."""
    house = make_house()
    for number in range(often(3)):
        john, ann = house.add_facilitator(), house.add_facilitator()
        day, loft = at(7 + number), house.add_studio()
        session = house.add_session(day)

        def act(
            worker: int, session: Session = session, john: Any = john, ann: Any = ann, loft: Any = loft
        ) -> object:
            if worker == 0:
                return services.substitute(session_id=session.pk, facilitator=john, actor=STAFF)
            lead = john if worker == 1 else ann
            return house.add_session(session.starts_at, facilitator=lead, place=loft)

        found = race(3, act)
        assert failures(found, SlotTaken) == []
        assert sum(isinstance(each, SlotTaken) for each in found) >= 1
    assert_sound()


def test_an_answer_against_the_end_of_the_line() -> None:
    house = make_house()
    for number in range(often(4)):
        session = house.add_session(at(7 + number), capacity=1)
        seat = take(session)
        waits = services.wait_for_seat(
            session_id=session.pk, customer=Customer.from_user(make_user()), actor=Actor()
        )
        services.cancel_booking(booking_id=seat.pk, actor=STAFF)
        offer_freed_capacity(venue_id=house.venue.pk)
        offer = WaitlistOffer.objects.get(entry=waits)

        def act(worker: int, offer: WaitlistOffer = offer) -> object:
            if worker == 0:
                return accept_offer(offer_id=offer.pk, actor=Actor())
            return end_waiting(entry_ids=[offer.entry_id], reason="", actor=STAFF)

        assert failures(race(2, act), Conflict) == []
        waits.refresh_from_db()
        booked = SeatBooking.objects.active().filter(session=session).exists()
        assert (waits.status == "booked") == booked
    assert_sound()


def test_the_last_credit_and_the_last_place_of_a_tier() -> None:
    house = make_house()
    kind = PassKind.objects.create(venue=house.venue, name="One", credits=1, price=Decimal(20))
    user = make_user()
    sold = services.sell_pass(kind_id=kind.pk, customer=user, actor=STAFF, is_paid=True)
    sessions = [house.add_session(at(7 + number)) for number in range(6)]
    found = race(6, lambda number: take(sessions[number], user, pass_id=sold.pk))
    assert failures(found, BookingRefused) == []
    assert (PassUse.objects.count(), SeatBooking.objects.active().count()) == (1, 1)
    tiers = (TierDraft("Dorm", Decimal(10), 5), TierDraft("Single", Decimal(20), 12))
    retreat = house.add_session(at(40), capacity=12, tiers=tiers)
    dorm = retreat.tiers.get(name="Dorm")
    people = [make_user() for _ in range(8)]
    found = race(8, lambda number: take(retreat, people[number], tier_id=dorm.pk))
    assert failures(found, SlotTaken) == []
    assert SeatBooking.objects.active().filter(tier=dorm).count() == 5
    assert_sound()


def test_what_is_taken_comes_with_times_near_by() -> None:
    """Here, since nothing is looked for within a transaction."""
    house = make_house()
    session = house.add_session(at(7, 10))
    house.add_session(at(7, 11), place=house.add_studio())
    with pytest.raises(SlotTaken) as conflict:
        house.add_session(at(7, 10))
    assert conflict.value.extra["taken"] == "facilitator"
    assert conflict.value.extra["alternatives"] == [
        session.starts_at - timedelta(minutes=minutes) for minutes in (60, 75, 90)
    ]


def test_an_instalment_is_taken_once_however_often_it_is_pressed() -> None:
    plan = [Term(Decimal(30), days_before=20), Term(Decimal(70), days_before=5)]
    seat = take(make_house().add_session(at(40), plan=plan, price=Decimal(100)), pays_plan=True)
    first = seat.instalments.all()[0]
    found = race(4, lambda _: services.record_instalment(instalment_id=first.pk, actor=STAFF))
    assert failures(found, NothingDue) == []
    assert balance(fresh(seat).reservation) == 30


@pytest.mark.postgresql
def test_pay_that_is_settled_meanwhile_is_not_worked_out_anew() -> None:
    house = make_house()
    rate = PayRate.objects.create(venue=house.venue, name="Fixed", base=50)
    services.set_pay_rate(facilitator=house.mia, pay_rate=rate)
    with after(house.add_session(at(1))):
        payout = Payout.objects.get()
        PayRate.objects.update(base=60)
        overtaken(
            lambda: services.work_out_payouts(session_ids=[payout.session_id]),
            by=lambda: services.settle_payouts(payout_ids=[payout.pk], actor=STAFF),
            after="FROM .classes_session",
        )
    payout.refresh_from_db()
    assert (int(payout.amount), payout.settled_at is not None) == (50, True)
