"""Rows beside a reservation of seats: the booking of the session, its instalments, the credits it took."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError

from classes.choosing import SeatChoice
from classes.enums import InstalmentStatus
from classes.finding import SessionFacts
from classes.models import Instalment, Pass, PassUse, PlanTerm, SeatBooking, Session, Tier
from classes.pass_balance import value_used
from classes.policies.plans import Part, Term, count_paid, make_parts
from classes.querysets import SeatBookingQuerySet
from classes.refusals import refuse_seat
from common.clock import now as clock_now
from common.inserting import insert_rows
from common.transactions import readings_of_change
from payments.services import refund_charges
from reservations.models import Reservation
from reservations.selectors import balance

FACTS = "seat facts"


@dataclass(frozen=True, slots=True)
class SeatFacts:
    """What was agreed for a reservation; ``seat`` is None for a new one. ``credits`` of ``used_pass``."""

    session: SessionFacts
    seat: SeatBooking | None
    tier: Tier | None
    choice: SeatChoice
    pays_plan: bool = False
    used_pass: Pass | None = None
    wanted_pass: Pass | None = None
    credits: int = 0


def keep_facts(facts: SeatFacts, reservation_id: UUID | None) -> None:
    """Until the rows are written, in the same change."""
    readings = readings_of_change()
    if readings is not None:
        readings[FACTS, reservation_id] = facts


def take_facts(reservation: Reservation) -> SeatFacts | None:
    readings = readings_of_change() or {}
    facts = readings.pop((FACTS, reservation.pk), None) or readings.pop((FACTS, None), None)
    return facts if isinstance(facts, SeatFacts) else None


def write_seat(facts: SeatFacts, reservation: Reservation) -> None:
    """Raises ``BookingRefused`` (``already_booked``)."""
    if facts.session.has_lapsed:
        end_lapsed(SeatBooking.objects.filter(session=facts.session.id).exclude(reservation=reservation))
    try:
        seat = _insert(facts, reservation) if facts.seat is None else _update(facts.seat, facts, reservation)
    except IntegrityError as error:
        if has_seats_already(error):
            raise refuse_seat("already_booked") from error
        raise
    if facts.pays_plan:
        _write_instalments(seat, reservation)
    if facts.used_pass:
        _write_use(seat, facts.used_pass, facts.credits)


def end_lapsed(seats: SeatBookingQuerySet) -> None:
    """Holds that have run out stand in nobody's way, whether or not they were tidied up."""
    seats.lapsed(clock_now()).update(is_active=False)


def has_seats_already(error: IntegrityError) -> bool:
    """Whether it is about the rule that nobody has seats in a session twice."""
    return "seat_once" in str(error) or "seatbooking.session_id" in str(error)


def _insert(facts: SeatFacts, reservation: Reservation) -> SeatBooking:
    seat = SeatBooking(
        venue_id=reservation.venue_id,
        session_id=facts.session.id,
        reservation=reservation,
        notes=facts.choice.notes or reservation.requests,
        wanted_pass=facts.wanted_pass,
        created_at=reservation.created_at,
        **_follow(facts, reservation),
    )
    insert_rows([seat])
    return seat


def _update(seat: SeatBooking, facts: SeatFacts, reservation: Reservation) -> SeatBooking:
    seat.reservation = reservation  # for whoever is told of it
    values = _follow(facts, reservation)
    if notes := facts.choice.notes or reservation.requests:
        values["notes"] = notes
    for name, value in values.items():
        setattr(seat, name, value)
    seat.save(update_fields=[*values])
    return seat


def _follow(facts: SeatFacts, reservation: Reservation) -> dict[str, object]:
    return {
        "is_active": True,
        "customer_id": reservation.customer_id,
        "guest_key": reservation.customer_email,
        "seats": reservation.party_size,
        "tier": facts.tier,
        "pays_plan": facts.pays_plan,
    }


def _write_instalments(seat: SeatBooking, reservation: Reservation) -> None:
    """Of the whole price; what has been paid already stays paid, unless it is more than the price by now."""
    agreed = read_agreed(seat)
    kept = _keep_paid(seat, reservation)
    rest = reservation.total_amount - sum(kept, Decimal(0))
    terms = agreed or read_terms(seat.session_id, seat.session.local_start.date())
    if not terms or rest <= 0:
        return
    # Of more people who have paid all parts the rest is due with the last one.
    left = terms[len(kept) :] or terms[-1:]
    parts = plan_parts(seat.session, left, rest, reservation.currency, clock_now())
    number = count_paid([*kept, *(part.amount for part in parts)], balance(reservation))
    insert_rows(
        [
            Instalment(
                venue_id=seat.venue_id,
                booking=seat,
                position=position,
                due_on=part.due_on,
                amount=part.amount,
                status=InstalmentStatus.PAID if position < number else InstalmentStatus.OPEN,
            )
            for position, part in enumerate(parts, len(kept))
        ]
    )


def read_agreed(seat: SeatBooking | None) -> list[Term]:
    """The plan as it was when they booked, whatever has become of the session's; its amounts as shares."""
    if seat is None:
        return []
    rows = seat.instalments.exclude(status=InstalmentStatus.CANCELLED).order_by("position")
    parts = [Term(part.amount, part.due_on) for part in rows]
    return parts if all(part.percent for part in parts) else []


def _keep_paid(seat: SeatBooking, reservation: Reservation) -> list[Decimal]:
    """The amounts of the parts that stay."""
    paid = seat.instalments.filter(status=InstalmentStatus.PAID).order_by("position")
    amounts = list(paid.values_list("amount", flat=True))
    if sum(amounts, Decimal(0)) > reservation.total_amount:
        amounts = []
    seat.instalments.exclude(position__lt=len(amounts)).delete()
    return amounts


def read_terms(session_id: int, starts_on: date) -> list[Term]:
    """The earliest first, as the parts are."""
    rows = PlanTerm.objects.filter(session=session_id).order_by("position", "pk")
    terms = [Term(row.percent, row.due_on, row.days_before) for row in rows]
    return sorted(terms, key=lambda term: term.find_date(starts_on, date.min))


def plan_parts(
    session: Session, terms: list[Term], total: Decimal, currency: str, now: datetime
) -> list[Part]:
    zone = session.venue.zone
    starts_on, today = session.starts_at.astimezone(zone).date(), now.astimezone(zone).date()
    return make_parts(total, terms, currency, starts_on=starts_on, today=today)


def _write_use(seat: SeatBooking, used_pass: Pass, credits: int) -> None:
    use = getattr(seat, "pass_use", None)
    if use is not None:
        _change_use(use, used_pass, credits)
        return
    use = PassUse(
        venue_id=seat.venue_id,
        used_pass=used_pass,
        booking=seat,
        credits=credits,
        used_at=clock_now(),
    )
    insert_rows([use])


def _change_use(use: PassUse, used_pass: Pass, credits: int) -> None:
    """What comes back to a pass that was ended is refunded, as what was left of it has been."""
    use.used_pass, use.returned_at = used_pass, None if credits else use.returned_at or clock_now()
    use.credits = credits or use.credits
    use.save(update_fields=["credits", "used_pass", "returned_at"])
    if used_pass.ended_at and used_pass.bill:
        refund_charges({used_pass.bill: value_used(used_pass)}, actor=None, now=clock_now())


def resize_seat(reservation: Reservation) -> None:
    """Where nothing was agreed anew: the price stays."""
    SeatBooking.objects.filter(reservation=reservation).update(seats=reservation.party_size)
