"""What a teacher's figures cost, with a thousand sessions behind them and with one."""

from collections.abc import Iterator
from functools import partial
from itertools import islice

from bench.lending import LendingCost, compare_medians, tidy
from bench.waiting import Measured, measure
from classes.dashboard import read_metrics, recent_bookings
from classes.models import Facilitator, SeatBooking, Session
from common.clock import now
from payments.enums import PaymentKind, PaymentStatus
from payments.models import Bill, Payment
from reservations.enums import SUBJECT, Source, Status
from reservations.models import Reservation
from resources.models import Venue

PEOPLE, PRICE, BATCH = 20, 25, 1000


def measure_dashboard(repeat: int, venue: Venue) -> LendingCost:
    """Of two teachers of the venue: one with many sessions, all booked and paid for, one with one."""
    many, single, other = Facilitator.objects.filter(venue=venue).order_by("-pk")[:3]
    sessions = list(Session.objects.filter(facilitator=many))
    one = Session.objects.filter(facilitator=single).latest("pk")
    Session.objects.filter(facilitator=single).exclude(pk=one.pk).update(facilitator=other)
    _book([*sessions, one])
    tidy()
    sides: list[list[Measured]] = [[], []]
    for _ in range(min(repeat, 20) + 1):
        for side, teacher in zip(sides, (many, single), strict=True):
            side.append(measure(partial(_look, teacher)))
    name = f"a dashboard of {len(sessions):,} sessions, {len(sessions) * PEOPLE:,} seats"
    return compare_medians(name, sides[0][1:], "one session's", sides[1][1:], "<= 10")


def _look(teacher: Facilitator) -> None:
    read_metrics(teacher, now=now())
    recent_bookings(teacher)


def _book(sessions: list[Session]) -> None:
    """Written as they are, without asking who has room."""
    seats = _make_seats(sessions)
    while batch := list(islice(seats, BATCH)):
        reservations = [seat.reservation for seat in batch]
        bills = [reservation.bill for reservation in reservations]
        Bill.objects.bulk_create([bill for bill in bills if bill])
        Reservation.objects.bulk_create(reservations)
        SeatBooking.objects.bulk_create(batch)
        Payment.objects.bulk_create([_pay(bill) for bill in bills if bill])


def _make_seats(sessions: list[Session]) -> Iterator[SeatBooking]:
    for session in sessions:
        for number in range(PEOPLE):
            yield _make_seat(session, f"guest{number}@example.com")


def _make_seat(session: Session, guest: str) -> SeatBooking:
    at, venue_id = session.created_at, session.venue_id
    booked = Reservation(
        venue_id=venue_id,
        customer_email=guest,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        status=Status.CONFIRMED,
        source=Source.IMPORT,
        currency="EUR",
        total_amount=PRICE,
        created_at=at,
    )
    booked.bill = Bill(
        venue_id=venue_id, subject_type=SUBJECT, subject_id=str(booked.pk), currency="EUR", created_at=at
    )
    return SeatBooking(venue_id=venue_id, session=session, reservation=booked, guest_key=guest, created_at=at)


def _pay(bill: Bill) -> Payment:
    return Payment(
        venue_id=bill.venue_id,
        bill=bill,
        kind=PaymentKind.CHARGE,
        amount=PRICE,
        currency=bill.currency,
        status=PaymentStatus.SUCCEEDED,
        created_at=bill.created_at,
    )
