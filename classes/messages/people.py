"""To whom messages about classes go."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from classes.finding import SessionFacts
from classes.models import Facilitator, Pass, SeatBooking, Session
from common.venues import directory
from reservations.enums import Status

if TYPE_CHECKING:
    from accounts.models import User
    from reservations.domain.values import Actor


@dataclass(frozen=True, slots=True)
class ToldPerson:
    """Somebody, as the customer of what they are told about."""

    pk: Any
    venue_id: int
    customer: "User | None"
    customer_id: UUID | None
    customer_name: str
    customer_email: str
    texting_phone: ClassVar[str] = ""


def with_seat(seat: SeatBooking) -> ToldPerson:
    """By the address of the booking, also where they have no account."""
    reservation = seat.reservation
    return ToldPerson(
        seat.pk,
        seat.venue_id,
        reservation.customer,
        reservation.customer_id,
        reservation.customer_name,
        reservation.customer_email,
    )


def owner_of(sold: Pass) -> ToldPerson:
    user = sold.customer
    return ToldPerson(sold.pk, sold.venue_id, user, user.pk, user.get_full_name(), user.email)


def teacher(facilitator: Facilitator, about: Any) -> ToldPerson:
    """``about``: the key of what they are told of."""
    user = facilitator.user
    return ToldPerson(about, facilitator.venue_id, user, user.pk, facilitator.name, user.email)


def teacher_of(session: SessionFacts, about: Any) -> ToldPerson:
    """For what is never told by text message: of their account only what a booking has read is known."""
    user_id, name, email = session.teacher
    return ToldPerson(about, session.venue_id, None, user_id, name, email)


def has_acted(facilitator: Facilitator, actor: "Actor") -> bool:
    return actor.user is not None and actor.user.pk == facilitator.user_id


def is_told_as_staff(facilitator: Facilitator) -> bool:
    """Whoever hears of something as one of the staff hears it once."""
    return hears_as_staff(facilitator.venue_id, facilitator.user_id)


def hears_as_staff(venue_id: int, user_id: UUID) -> bool:
    return user_id in {person.user_id for person in directory().told_of_bookings(venue_id)}


def list_seated(session: Session) -> list[SeatBooking]:
    """Who has booked, not who only holds a seat or is offered one."""
    rows = SeatBooking.objects.active().filter(session=session).exclude(reservation__status=Status.HELD)
    return list(rows.select_related("reservation__customer").order_by("pk"))
