"""Who came: the roster, which says the same as the bookings do wherever they are looked at."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from classes.drafts import check_length
from classes.enums import ATTENDED, Attendance
from classes.exceptions import BookingNotFound
from classes.finding import lock_sessions
from classes.models import SeatBooking, Session
from classes.occupying import in_charge
from classes.services.seating import book_seat
from classes.signals import SessionChange, SessionNews, tell_sessions
from common.clock import now as clock_now
from common.transactions import retried_atomic
from reservations.domain.freeing import announcing_freed
from reservations.domain.values import Actor, Customer
from reservations.enums import Status
from reservations.models import Reservation
from reservations.services import check_in, complete_reservation, mark_no_show, undo_attendance

LONGEST_LETTER = 2000


@retried_atomic
@announcing_freed()
def record_attendance(
    *,
    session_id: int,
    marks: Mapping[int, Attendance],
    actor: Actor,
    now: datetime | None = None,
) -> list[SeatBooking]:
    """By booking; ``unknown`` takes back what was recorded. All or none; quiet for what is recorded already.

    Raises ``BookingNotFound`` for those of another session, ``BookingRefused`` (``too_soon``) before people
    can be checked in, or be missing.
    """
    at = now or clock_now()
    session = lock_sessions([session_id])[0]
    rows = SeatBooking.objects.filter(session=session, pk__in=marks).select_related("reservation")
    seats = list(rows.order_by("reservation"))
    if len(seats) < len(marks):
        raise BookingNotFound
    changing = [seat for seat in seats if marks[seat.pk] != seat.attendance]
    for seat in changing:
        _record(seat, session, marks[seat.pk], actor, at)
    told = {"bookings": {seat.pk: seat.attendance for seat in changing}}
    if changing:
        tell_sessions([SessionChange(session, SessionNews.ATTENDANCE, actor, told)])
    return seats


def _record(seat: SeatBooking, session: Session, mark: Attendance, actor: Actor, now: datetime) -> None:
    seat.reservation = _follow(seat.reservation, session, mark, in_charge(actor), now)
    seat.attendance, seat.attendance_at = mark, None if mark == Attendance.UNKNOWN else now
    # "Late" is the roster's alone: for the booking they have come.
    seat.save(update_fields=["attendance", "attendance_at"])


def _follow(
    reservation: Reservation, session: Session, mark: Attendance, actor: Actor, now: datetime
) -> Reservation:
    status, id = Status(reservation.status), reservation.pk
    if mark in ATTENDED and status in (Status.CHECKED_IN, Status.COMPLETED):
        return reservation
    if status in (Status.CHECKED_IN, Status.COMPLETED, Status.NO_SHOW):
        reservation = undo_attendance(reservation_id=id, actor=actor, now=now)
    if mark == Attendance.ABSENT:
        return mark_no_show(reservation_id=id, actor=actor, now=now)
    if mark == Attendance.UNKNOWN:
        return reservation
    # Rosters are filled in afterwards, too.
    arrive = check_in if now < session.ends_at else complete_reservation
    return arrive(reservation_id=id, actor=actor, now=now)


class Letter(NamedTuple):
    """To how many bookings it goes, and who has no address to send it to."""

    told: int
    missed: Sequence[str]


@retried_atomic
def write_letter(
    *, session_id: int, text: str, key: str, actor: Actor, now: datetime | None = None
) -> Letter:
    """Tell everybody who has a seat something.

    ``key`` is of one letter: sent again, nobody gets it twice. Raises ``InvalidInput``, ``BookingNotFound``
    where nobody could get it, and ``ToldOften``.
    """
    at = now or clock_now()
    check_length(text, LONGEST_LETTER, "text")
    session = lock_sessions([session_id])[0]
    rows = SeatBooking.objects.filter(session=session).taking_seats(at)
    seats = list(rows.exclude(reservation__status=Status.HELD).select_related("reservation__customer"))
    if not seats:
        raise BookingNotFound(_("Nobody has booked yet."))
    missed = [seat.reservation.who for seat in seats if not seat.reservation.customer_email]
    if len(missed) == len(seats):
        raise BookingNotFound(_("Nobody who has booked gave an email address."))
    told = {"text": text, "key": key, "seats": seats}
    tell_sessions([SessionChange(session, SessionNews.LETTER, actor, told)])
    return Letter(len(seats) - len(missed), missed)


class WalkIn(NamedTuple):
    customer: Customer
    quantity: int = 1


@retried_atomic
def record_roster(
    *, session_id: int, marks: Mapping[int, Attendance], walk_in: WalkIn | None, actor: Actor
) -> None:
    """Who came, and who came without booking: all or none. Raises what the two do."""
    if marks:
        record_attendance(session_id=session_id, marks=marks, actor=actor)
    if walk_in is not None:
        customer, quantity = walk_in
        add_walk_in(session_id=session_id, customer=customer, actor=actor, quantity=quantity)


def add_walk_in(
    *,
    session_id: int,
    customer: Customer,
    actor: Actor,
    quantity: int = 1,
    idempotency_key: str = "",
    now: datetime | None = None,
) -> SeatBooking:
    """Somebody who came without booking, for as long as seats are left: booked by staff, and present.

    With the same ``idempotency_key`` it is the same booking.
    """
    at = now or clock_now()

    @retried_atomic
    def add() -> SeatBooking:
        # Whoever leads it knows them by sight: a name is enough.
        seat = book_seat(
            session_id=session_id,
            customer=customer,
            actor=in_charge(actor),
            quantity=quantity,
            idempotency_key=idempotency_key,
            now=at,
        )
        marks = {seat.pk: Attendance.PRESENT}
        return record_attendance(session_id=session_id, marks=marks, actor=actor, now=at)[0]

    return add()
