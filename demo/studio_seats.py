"""Seats by the hundred: rows as the services write them, a few statements for all of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from accounts.models import User
from classes.configuration import find_rules
from classes.enums import Attendance
from classes.finding import SessionFacts
from classes.models import Pass, PassUse, SeatBooking, Session
from classes.pricing import pass_fields, price_fields
from classes.services.seating import find_facts
from payments.enums import PaymentKind, PaymentStatus
from payments.models import Bill, Payment
from reservations.enums import SUBJECT, EventKind, Purpose, Source, Status
from reservations.models import Allocation, Reservation, ReservationEvent, ReservationItem
from scheduling.zones import to_minute

PAID_AHEAD, PAID_IN_THE_END, WITH_PASS = 0.5, 0.85, 0.6
ATTENDANCE = (Attendance.PRESENT, Attendance.LATE, Attendance.ABSENT)
SHARES = (88, 5, 7)
EARLIEST = timedelta(days=9)


@dataclass
class Seats:
    """Collected first, then written all at once; the guard counts them as any others."""

    random: Random
    now: datetime
    left: dict[int, int] = field(default_factory=dict)
    """Credits by pass."""
    passes: dict[Any, Pass] = field(default_factory=dict)
    facts: dict[int, SessionFacts] = field(default_factory=dict)
    rows: dict[type, list[Any]] = field(default_factory=dict)

    def add(self, session: Session, customer: User) -> None:
        booked_at = self._choose_moment(session)
        owned = self._find_pass(customer, booked_at)
        mark = self._choose_attendance(session)
        status = _status_of(session, mark, self.now)
        reservation = self._reserve(session, customer, booked_at, status, owned)
        seat = SeatBooking(
            venue_id=session.venue_id,
            session=session,
            reservation=reservation,
            customer=customer,
            guest_key=customer.email,
            is_active=status != Status.NO_SHOW,
            attendance=mark,
            attendance_at=None if mark == Attendance.UNKNOWN else session.starts_at,
            created_at=booked_at,
        )
        self._keep(seat)
        self._tell(reservation, session, booked_at, status)
        if owned is not None:
            use = {"used_pass": owned, "booking": seat, "credits": 1, "used_at": booked_at}
            self._keep(PassUse(venue_id=session.venue_id, **use))
        elif self.random.random() < (PAID_IN_THE_END if status == Status.COMPLETED else PAID_AHEAD):
            self._pay(reservation, booked_at)

    def write(self) -> int:
        """Returns how many seats there are. What is referred to comes first."""
        order = (
            Bill,
            Reservation,
            ReservationItem,
            Allocation,
            ReservationEvent,
            Payment,
            SeatBooking,
            PassUse,
        )
        for model in order:
            model._default_manager.bulk_create(self.rows.get(model, []))
        return len(self.rows.get(SeatBooking, []))

    def _keep(self, row: Any) -> None:
        self.rows.setdefault(type(row), []).append(row)

    def _choose_moment(self, session: Session) -> datetime:
        latest = min(session.starts_at - timedelta(hours=3), self.now)
        return latest - self.random.random() * EARLIEST

    def _choose_attendance(self, session: Session) -> Attendance:
        if session.ends_at > self.now:
            return Attendance.UNKNOWN
        return self.random.choices(ATTENDANCE, SHARES)[0]

    def _find_pass(self, customer: User, at: datetime) -> Pass | None:
        owned = self.passes.get(customer.pk)
        if owned is None or at < owned.sold_at or self.random.random() > WITH_PASS:
            return None
        if self.left.get(owned.pk, 0) < 1:
            return None
        self.left[owned.pk] -= 1
        return owned

    def _reserve(
        self, session: Session, customer: User, booked_at: datetime, status: Status, owned: Pass | None
    ) -> Reservation:
        price: dict[str, Any] = {"currency": session.venue.currency}
        rules = find_rules(session.venue_id, session.class_type_id)
        facts = self._find_facts(session)
        if owned is not None:
            agreed = dict(pass_fields(price, rules))
        else:
            agreed = price_fields(price, facts, None, 1, rules, None)
        reservation = Reservation(
            venue=session.venue,
            customer=customer,
            customer_name=customer.get_full_name(),
            customer_email=customer.email,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            source=Source.WEB,
            purpose=Purpose.BOOKING,
            title=session.title,
            status=status,
            created_at=booked_at,
            **agreed,
        )
        self._keep(reservation)
        thing = {"venue_id": session.venue_id, "reservation": reservation}
        pool = session.place.seats_id
        self._keep(ReservationItem(resource_id=pool, units=1, **thing))
        if status != Status.NO_SHOW:
            span = {"b0": to_minute(session.starts_at), "b1": to_minute(session.ends_at)}
            self._keep(Allocation(resource_id=pool, units=1, **span, **thing))
        return reservation

    def _find_facts(self, session: Session) -> SessionFacts:
        if session.pk not in self.facts:
            self.facts[session.pk] = find_facts(session.pk)
        return self.facts[session.pk]

    def _tell(self, reservation: Reservation, session: Session, booked_at: datetime, status: Status) -> None:
        for kind, at, old, new in _list_steps(session, booked_at, status):
            self._keep(
                ReservationEvent(
                    venue_id=session.venue_id,
                    reservation=reservation,
                    at=at,
                    kind=kind,
                    source=Source.WEB if kind == EventKind.BOOKED else Source.STAFF,
                    old_status=old,
                    new_status=new,
                )
            )

    def _pay(self, reservation: Reservation, at: datetime) -> None:
        common = {"venue_id": reservation.venue_id, "currency": reservation.currency, "created_at": at}
        bill = Bill(subject_type=SUBJECT, subject_id=str(reservation.pk), **common)
        reservation.bill = bill
        self._keep(bill)
        values = {"kind": PaymentKind.CHARGE, "status": PaymentStatus.SUCCEEDED, "note": "Card"}
        self._keep(Payment(bill=bill, amount=reservation.total_amount, **values, **common))


def _status_of(session: Session, mark: Attendance, now: datetime) -> Status:
    if mark == Attendance.ABSENT:
        return Status.NO_SHOW
    return Status.COMPLETED if session.ends_at <= now else Status.CONFIRMED


def _list_steps(
    session: Session, booked_at: datetime, status: Status
) -> Iterable[tuple[EventKind, datetime, str, Status]]:
    yield EventKind.BOOKED, booked_at, "", Status.CONFIRMED
    if status == Status.NO_SHOW:
        yield EventKind.NO_SHOW, session.ends_at, Status.CONFIRMED, status
    elif status == Status.COMPLETED:
        yield EventKind.CHECKED_IN, session.starts_at, Status.CONFIRMED, Status.CHECKED_IN
        yield EventKind.COMPLETED, session.ends_at, Status.CHECKED_IN, status


def choose_people(random: Random, people: Sequence[User], number: int) -> list[User]:
    """Everybody once."""
    return random.sample(people, min(number, len(people)))
