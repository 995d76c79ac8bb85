"""A slice of classes: ten seats, a studio, a teacher and a waitlist, called off with refunds."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from common.error_codes import error_codes
from common.errors import DomainError
from notifications.models import Message
from payments.enums import PaymentKind
from payments.models import Payment
from reservations.domain.extensions import Extension, Proposal, Refusal, extensions, register_extension
from reservations.domain.values import Actor, Customer, ItemRequest, all_units_of
from reservations.enums import Purpose, Source, Status
from reservations.messages.names import BookingMessage
from reservations.models import Reservation
from reservations.services import block_time, book_reservation, cancel_many, record_payment
from resources.enums import ResourceKind, UnitsBy
from resources.models import Resource
from scheduling.zones import from_minute
from tests.factories import at, make_resource, make_user, make_venue, open_always
from tests.racing import assert_never_overbooked, race
from waitlist.messages.names import WaitlistMessage
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.services import end_waiting, join_waitlist, offer_freed_capacity

STAFF = Actor(source=Source.STAFF)
SEATS = 10
START, END = (19, 0), (20, 30)


class Classes(Extension):
    """Seats are for the whole of a session that takes place."""

    reasons = {400: {"no_session": "no class takes place then"}}

    def refusal(self, proposal: Proposal) -> Refusal | None:
        start, end = (from_minute(minute) for minute in (proposal.span.start, proposal.span.end))
        sessions = Reservation.objects.filter(purpose=Purpose.EVENT, status=Status.CONFIRMED)
        takes_place = sessions.filter(venue=proposal.venue_id, starts_at=start, ends_at=end).exists()
        return None if takes_place else Refusal("no_session", "There is no class then.")

    def title(self, proposal: Proposal) -> str:
        return "Yoga with Mia"


class Studio:
    def __init__(self) -> None:
        self.venue = make_venue()
        open_always(self.venue)
        self.room = make_resource(self.venue, name="Studio A")
        rules = self.room.rules
        mia = make_user("mia@people.example")
        self.mia = make_resource(self.venue, rules=rules, kind=ResourceKind.PERSON, name="Mia", person=mia)
        self.seats = make_resource(
            self.venue,
            rules=rules,
            name="Seats in Studio A",
            extension="classes_slice",
            is_listed=False,
            units=SEATS,
            units_by=UnitsBy.PERSON,
            capacity=SEATS,
            hourly_rate=Decimal(10),
        )

    def schedule(self) -> Reservation:
        things: list[Resource] = [self.room, self.mia]
        return block_time(
            venue_id=self.venue.pk,
            items=all_units_of([each.pk for each in things]),
            start=at(7, *START),
            end=at(7, *END),
            title="Yoga with Mia",
            purpose=Purpose.EVENT,
            actor=STAFF,
        )

    def book(self, name: str, seats: int = 1, minutes: int = 90) -> Reservation:
        return book_reservation(
            venue_id=self.venue.pk,
            items=[ItemRequest(self.seats.pk, quantity=seats)],
            start=at(7, *START),
            end=at(7, *START) + timedelta(minutes=minutes),
            party_size=seats,
            customer=Customer(name=name.title(), email=f"{name}@example.com"),
            actor=Actor(),
        )

    def wait(self, name: str) -> WaitlistEntry:
        return join_waitlist(
            venue_id=self.venue.pk,
            resource_id=self.seats.pk,
            preferred_on=at(7).date(),
            duration=90,
            customer=Customer(name=name.title(), email=f"{name}@example.com"),
            actor=Actor(),
        )

    def call_off(self, session: Reservation, sold: list[Reservation], waiting: list[WaitlistEntry]) -> None:
        end_waiting(entry_ids=[each.pk for each in waiting], reason="Mia is ill.", actor=STAFF)
        ids = [session.pk, *(each.pk for each in sold)]
        cancel_many(ids=ids, actor=STAFF, reason="Mia is ill.", waive_fee=True)


@pytest.fixture
def studio() -> Iterator[Studio]:
    register_extension("classes_slice", Classes())
    yield Studio()
    extensions.unregister("classes_slice")
    error_codes.unregister("no_session")


@pytest.mark.django_db
def test_a_class_is_sold_waited_for_and_called_off_with_refunds(studio: Studio) -> None:
    with pytest.raises(DomainError) as refusal:
        studio.book("early")
    assert refusal.value.code == "no_session"
    session = studio.schedule()
    sold = [studio.book("ada", 4), studio.book("bob", 6)]
    assert {each.title for each in sold} == {"Yoga with Mia"}
    with pytest.raises(DomainError) as refusal:
        studio.book("eve")
    assert refusal.value.code == "capacity"
    record_payment(reservation_id=sold[0].pk, amount=Decimal(15), actor=STAFF)
    waiting = [studio.wait("eve"), studio.wait("fay")]

    studio.call_off(session, sold, waiting)
    offer_freed_capacity(venue_id=studio.venue.pk)

    assert {each.status for each in Reservation.objects.all()} == {Status.CANCELLED}
    assert Payment.objects.get(kind=PaymentKind.REFUND).amount == 15
    assert not WaitlistOffer.objects.exists()
    told = Message.objects.filter(kind__in=[BookingMessage.CANCELLED, WaitlistMessage.CALLED_OFF])
    assert {message.name for message in told} == {"Ada", "Bob", "Eve", "Fay"}


@pytest.mark.django_db(transaction=True)
def test_rivals_for_the_last_seats_are_never_too_many(studio: Studio) -> None:
    studio.schedule()
    race(8, lambda number: studio.book(f"guest{number}", seats=3))
    assert sum(each.party_size for each in Reservation.objects.filter(purpose=Purpose.BOOKING)) == 9
    assert_never_overbooked()
