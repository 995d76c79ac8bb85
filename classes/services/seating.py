"""Seats: booked, held and confirmed, made more or fewer, given up and taken again; one's place in line."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from classes.choosing import NO_CHOICE, SeatChoice, choosing
from classes.configuration import find_rules
from classes.drafts import check_length
from classes.exceptions import (
    AlreadyBooked,
    BookingNotFound,
    SessionNotAvailable,
    SessionNotFound,
    WaitlistClosed,
    WaitlistFull,
)
from classes.finding import SessionFacts, read_facts
from classes.models import Course, SeatBooking, Session
from classes.policies.plans import split_amount
from classes.policies.windows import is_waitlist_open
from classes.refusals import refuse_seat
from classes.waiting import entries_of, local_wish
from common.clock import epoch_minute
from common.clock import now as clock_now
from common.parsing import refuse
from common.transactions import retried_atomic
from reservations.domain.values import NO_REPLY, Actor, Customer, ItemRequest, Reply, ReservationChanges
from reservations.models import Reservation
from reservations.services import (
    CancellationTerms,
    book_reservation,
    cancel_reservation,
    change_reservation,
    confirm_hold,
    hold_reservation,
)
from scheduling.zones import to_minute
from waitlist.models import WaitlistEntry
from waitlist.services import accept_offer, join_waitlist, lock_queue

LONGEST_NOTES = 2000


def find_facts(session_id: int) -> SessionFacts:
    """Raises ``SessionNotFound``, and ``SessionNotAvailable`` for one that is over or called off."""
    facts = read_facts(session_id)
    if facts is None:
        raise SessionNotFound
    if not facts.is_active:
        raise SessionNotAvailable
    return facts


def book_seat(
    *,
    session_id: int,
    customer: Customer,
    actor: Actor,
    quantity: int = 1,
    choice: SeatChoice = NO_CHOICE,
    reply: Reply = NO_REPLY,
    idempotency_key: str = "",
    now: datetime | None = None,
) -> SeatBooking:
    """Seats for a person and whom they bring.

    Raises ``SessionNotFound``, ``SessionNotAvailable``, ``CapacityReached`` and ``BookingRefused`` with
    one of ``refusals.REASONS``.
    """
    check_length(choice.notes, LONGEST_NOTES, "notes")
    session = find_facts(session_id)
    with choosing(choice, session):
        reservation = book_reservation(
            **_describe(session, quantity),
            customer=customer,
            actor=actor,
            requests=choice.notes,
            reply=reply,
            idempotency_key=idempotency_key,
            now=now,
        )
    return seat_of(reservation)


def hold_seat(
    *,
    session_id: int,
    actor: Actor,
    customer: Customer | None = None,
    quantity: int = 1,
    choice: SeatChoice = NO_CHOICE,
    idempotency_key: str = "",
    now: datetime | None = None,
) -> SeatBooking:
    """Keep seats while somebody fills in the form; ``confirm_seat`` books them."""
    session = find_facts(session_id)
    with choosing(choice, session):
        reservation = hold_reservation(
            **_describe(session, quantity),
            actor=actor,
            customer=customer,
            idempotency_key=idempotency_key,
            now=now,
        )
    return seat_of(reservation)


def confirm_seat(
    *,
    reservation_id: UUID,
    customer: Customer,
    actor: Actor,
    choice: SeatChoice = NO_CHOICE,
    reply: Reply = NO_REPLY,
    now: datetime | None = None,
) -> SeatBooking:
    """As ``confirm_hold``, with what was chosen."""
    check_length(choice.notes, LONGEST_NOTES, "notes")
    with choosing(choice):
        reservation = confirm_hold(
            reservation_id=reservation_id,
            customer=customer,
            actor=actor,
            requests=choice.notes,
            reply=reply,
            now=now,
        )
    return seat_of(reservation)


def _describe(session: SessionFacts, quantity: int) -> dict[str, Any]:
    return {
        "venue_id": session.venue_id,
        "items": [ItemRequest(session.pool)],
        "start": session.starts_at,
        "end": session.ends_at,
        "party_size": quantity,
    }


def seat_of(reservation: Reservation) -> SeatBooking:
    """Raises ``BookingNotFound``."""
    if "seat_booking" in reservation._state.fields_cache:
        return reservation.seat_booking
    seat = SeatBooking.objects.filter(reservation=reservation).first()
    if seat is None:
        raise BookingNotFound
    seat.reservation = reservation
    return seat


@retried_atomic
def book_course(
    *,
    course_id: int,
    customer: Customer,
    actor: Actor,
    quantity: int = 1,
    notes: str = "",
    reply: Reply = NO_REPLY,
    now: datetime | None = None,
) -> list[SeatBooking]:
    """Seats in all sessions of a course that are still to come, at its price; all or none."""
    at = now or clock_now()
    course = Course.objects.filter(pk=course_id).first()
    if course is None:
        raise SessionNotFound
    rows = Session.objects.active().filter(course=course, starts_at__gt=at).select_related("place", "venue")
    sessions = list(rows.order_by("pk"))
    if not sessions:
        raise SessionNotAvailable
    return [
        book_seat(
            session_id=session.pk,
            customer=customer,
            actor=actor,
            quantity=quantity,
            choice=SeatChoice(notes=notes, amount=amount),
            reply=reply,
            now=at,
        )
        for session, amount in zip(sessions, _share(course, sessions, quantity), strict=True)
    ]


def _share(course: Course, sessions: Sequence[Session], quantity: int) -> list[Decimal]:
    """Each session its part of the price, so that one may be cancelled by itself."""
    currency = sessions[0].venue.currency
    return split_amount(course.price * quantity, [Decimal(1)] * len(sessions), currency)


def resize_booking(
    *, booking_id: int, quantity: int, actor: Actor, now: datetime | None = None
) -> SeatBooking:
    """More or fewer people; the whole group stays together. Raises as booking does."""
    seat = find_booking(booking_id)
    reservation = change_reservation(
        reservation_id=seat.reservation_id,
        changes=ReservationChanges(party_size=quantity),
        actor=actor,
        now=now,
    )
    return seat_of(reservation)


def cancel_booking(
    *,
    booking_id: int,
    actor: Actor,
    reason: str = "",
    waive_fee: bool = False,
    now: datetime | None = None,
) -> tuple[Reservation, CancellationTerms]:
    """By the terms it was booked with; a pass credit comes back if it is in time. Quiet the second time."""
    seat = find_booking(booking_id)
    return cancel_reservation(
        reservation_id=seat.reservation_id, actor=actor, reason=reason, waive_fee=waive_fee, now=now
    )


@retried_atomic
def book_again(
    *, booking_id: int, actor: Actor, choice: SeatChoice = NO_CHOICE, now: datetime | None = None
) -> SeatBooking:
    """Undo a cancellation: a new booking like the old one, while seats are left.

    A pass pays again, and one that will not do any more is said (``pass_not_valid``, ``pass_used_up``); a
    session of a course costs its part of that again. Nobody pays more without having seen it
    (``costs_more``).
    """
    seat = find_booking(booking_id)
    if seat.is_active and not _has_lapsed(seat):
        raise AlreadyBooked
    old, use = seat.reservation, getattr(seat, "pass_use", None)
    is_of_course = use is None and seat.session.course_id is not None
    customer = Customer(old.customer, old.customer_name, old.customer_email, str(old.customer_phone or ""))
    booked = book_seat(
        session_id=seat.session_id,
        customer=customer,
        actor=actor,
        quantity=seat.seats,
        choice=replace(
            choice,
            tier_id=choice.tier_id or seat.tier_id,
            pass_id=choice.pass_id or (use.used_pass_id if use else None),
            pays_plan=choice.pays_plan or seat.pays_plan,
            notes=choice.notes or seat.notes,
            amount=old.total_amount if is_of_course else choice.amount,
        ),
        reply=_repeat_reply(old),
        now=now,
    )
    if booked.reservation.total_amount > old.total_amount:
        raise refuse_seat("costs_more")
    return booked


def _has_lapsed(seat: SeatBooking) -> bool:
    return SeatBooking.objects.filter(pk=seat.pk).lapsed(clock_now()).exists()


def _repeat_reply(reservation: Reservation) -> Reply:
    answers = {answer["question_id"]: answer["answer"] for answer in reservation.answers}
    return Reply(answers, accepts_terms=reservation.terms_accepted_at is not None)


def find_booking(booking_id: int) -> SeatBooking:
    """Raises ``BookingNotFound``."""
    rows = SeatBooking.objects.select_related("reservation__customer", "session__venue", "pass_use")
    seat = rows.filter(pk=booking_id).order_by().first()
    if seat is None:
        raise BookingNotFound
    return seat


@retried_atomic
def wait_for_seat(
    *,
    session_id: int,
    customer: Customer,
    actor: Actor,
    quantity: int = 1,
    now: datetime | None = None,
) -> WaitlistEntry:
    """Join the line for a session; the group stays together.

    Raises ``SessionNotFound``, ``SessionNotAvailable``, ``AlreadyBooked``, ``WaitlistClosed``,
    ``WaitlistFull`` and what ``join_waitlist`` raises.
    """
    at = now or clock_now()
    session = read_session(session_id)
    # First of all, so that no two of the last place are counted without each other.
    lock_queue(session.venue_id)
    _require_line(session, customer, quantity, at)
    return join_waitlist(
        venue_id=session.venue_id,
        resource_id=session.place.seats_id,
        customer=customer,
        actor=actor,
        party_size=quantity,
        now=at,
        **local_wish(session),
    )


def accept_seat(
    *,
    offer_id: UUID,
    actor: Actor,
    choice: SeatChoice = NO_CHOICE,
    reply: Reply = NO_REPLY,
    now: datetime | None = None,
) -> SeatBooking:
    """What is held for somebody in line, at one of several prices. Raises as ``accept_offer`` does."""
    with choosing(choice):
        return seat_of(accept_offer(offer_id=offer_id, actor=actor, reply=reply, now=now))


def read_session(session_id: int) -> Session:
    """Raises ``SessionNotFound``."""
    session = Session.objects.select_related("place", "venue").filter(pk=session_id).order_by().first()
    if session is None:
        raise SessionNotFound
    return session


def _require_line(session: Session, customer: Customer, quantity: int, now: datetime) -> None:
    if not session.is_active or session.starts_at <= now:
        raise SessionNotAvailable
    if has_booked(session, customer):
        raise AlreadyBooked
    if quantity > session.capacity:
        refuse("quantity", _("Enter %(most)d or fewer.") % {"most": session.capacity})
    rules = find_rules(session.venue_id, session.class_type_id)
    if not is_waitlist_open(rules, to_minute(session.starts_at), epoch_minute(now)):
        raise WaitlistClosed
    if rules.max_waiting is not None:
        waiting = sum(entries_of([session])[session.pk].values_list("party_size", flat=True))
        if waiting + quantity > rules.max_waiting:
            raise WaitlistFull


def has_booked(session: Session, customer: Customer) -> bool:
    rows = SeatBooking.objects.filter(session=session).taking_seats(clock_now())
    if customer.user and rows.filter(customer=customer.user).exists():
        return True
    return bool(customer.email) and rows.filter(guest_key=customer.email).exists()
