"""Sessions in the world of the permission table: the facilitator leads some, a colleague another."""

from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from classes.choosing import SeatChoice
from classes.drafts import SessionDraft
from classes.models import (
    ClassType,
    Facilitator,
    Instalment,
    Pass,
    PassKind,
    Payout,
    PayRate,
    SeatBooking,
    Session,
    Studio,
)
from classes.services import (
    add_studio,
    ask_for_substitute,
    book_seat,
    cancel_booking,
    create_session,
    register_facilitator,
    sell_pass,
)
from reservations.domain.values import Actor, Customer
from reservations.enums import Source
from reservations.tests.api_helpers import local
from resources.services.products import offer_products
from tests.factories import make_user
from tests.permissions.lent_things import LentThings

BY_STAFF = Actor(source=Source.STAFF)


class Lessons(LentThings):
    @cached_property
    def studio(self) -> Studio:
        offer_products(venue=self.venue, names=["classes", "lending"])
        return add_studio(venue=self.venue, name="Lake", seats=20)

    @cached_property
    def teacher(self) -> Facilitator:
        user = self.person("facilitator")
        assert user
        return self._register(user, "Mia")

    @cached_property
    def colleague(self) -> Facilitator:
        return self._register(make_user("colleague@people.example"), "John")

    def _register(self, user: Any, name: str, *, is_approved: bool = True) -> Facilitator:
        return register_facilitator(venue=self.venue, user=user, name=name, is_approved=is_approved)

    @cached_property
    def pending_teacher(self) -> Facilitator:
        return self._register(make_user("pending@people.example"), "Pia", is_approved=False)

    def _put_up(self, day: int, leader: Facilitator, **fields: Any) -> Session:
        start = local(day, 10)
        values: dict[str, Any] = {"title": f"Lesson {day}", "place": self.studio, "capacity": 10} | fields
        draft = SessionDraft(leader, start, start + timedelta(hours=1), price=Decimal(25), **values)
        return create_session(venue=self.venue, draft=draft, actor=BY_STAFF)

    @cached_property
    def lesson(self) -> Session:
        """The customer has a seat."""
        return self._put_up(21, self.teacher)

    @cached_property
    def quiet_lesson(self) -> Session:
        """Nobody has booked it."""
        return self._put_up(22, self.teacher)

    @cached_property
    def wanted_lesson(self) -> Session:
        """A substitute is asked for."""
        lesson = self._put_up(23, self.teacher)
        assert self.colleague
        return ask_for_substitute(session_id=lesson.pk, actor=BY_STAFF)[0]

    @cached_property
    def draft_lesson(self) -> Session:
        return self._put_up(24, self.teacher, is_published=False)

    def _sit(self, session: Session, notes: str) -> SeatBooking:
        customer = Customer.from_user(self.customer)
        actor, choice = Actor(self.customer), SeatChoice(notes=notes)
        return book_seat(session_id=session.pk, customer=customer, actor=actor, choice=choice)

    @cached_property
    def seat(self) -> SeatBooking:
        return self._sit(self.lesson, "Secret knee")

    @cached_property
    def seat_elsewhere(self) -> SeatBooking:
        """In a session of the colleague's."""
        return self._sit(self._put_up(25, self.colleague), "Secret ankle")

    @cached_property
    def given_up(self) -> SeatBooking:
        seat = self._sit(self._put_up(26, self.teacher), "")
        cancel_booking(booking_id=seat.pk, actor=Actor(self.customer))
        return seat

    @cached_property
    def class_type(self) -> ClassType:
        return ClassType.objects.create(venue=self.venue, title="Yoga")

    @cached_property
    def pass_kind(self) -> PassKind:
        assert self.studio
        return PassKind.objects.create(venue=self.venue, name="Ten", credits=10, price=Decimal(200))

    @cached_property
    def sold_pass(self) -> Pass:
        return sell_pass(kind_id=self.pass_kind.pk, customer=self.customer, actor=BY_STAFF)

    @cached_property
    def payout(self) -> Payout:
        return Payout.objects.create(
            venue=self.venue,
            session=self.lesson,
            facilitator=self.teacher,
            amount=Decimal(40),
            currency="EUR",
        )

    @cached_property
    def instalment(self) -> Instalment:
        return Instalment.objects.create(
            venue=self.venue, booking=self.seat, due_on=local(20).date(), amount=Decimal(25)
        )

    @cached_property
    def pay_rate(self) -> PayRate:
        return PayRate.objects.create(venue=self.venue, name="Usual", base=Decimal(30))
