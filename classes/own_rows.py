"""What somebody has of classes: seats given up, instalments, passes."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from classes.choosing import SeatChoice
from classes.enums import InstalmentStatus
from classes.models import Instalment, Pass, SeatBooking, Session
from classes.pass_balance import count_left
from classes.policies.credits import is_for
from classes.selling import Selling, read_selling
from reservations.enums import Status
from reservations.links import manage_path

if TYPE_CHECKING:
    Viewer = User | AnonymousUser

MOST_SHOWN = 20
SHOWN_AFTER_EXPIRY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class DueRow:
    """An instalment that is still to be paid; ``path`` leads to its booking."""

    instalment: Instalment
    is_late: bool
    path: str

    @property
    def booking(self) -> SeatBooking:
        return self.instalment.booking


@dataclass(frozen=True, slots=True)
class PassRow:
    owned: Pass
    left: int
    is_over: bool

    @property
    def is_paid(self) -> bool:
        return self.owned.paid_at is not None


def list_due(user_id: UUID, now: datetime) -> list[DueRow]:
    """Open instalments of bookings that stand, the earliest first; one query.

    What awaits its deposit, or the venue, pays that before.
    """
    rows = Instalment.objects.filter(
        booking__customer=user_id, booking__is_active=True, status=InstalmentStatus.OPEN
    ).exclude(booking__reservation__status__in=(Status.HELD, Status.PENDING))
    related = ("booking__reservation__venue", "booking__session__venue")
    parts = rows.select_related(*related).order_by("due_on", "position", "pk")[:MOST_SHOWN]
    return [
        DueRow(part, part.due_on < _today_at(part.booking, now), manage_path(part.booking.reservation))
        for part in parts
    ]


def _today_at(booking: SeatBooking, now: datetime) -> date:
    return now.astimezone(booking.session.venue.zone).date()


def list_passes(user_id: UUID, now: datetime, venue_id: int | None = None) -> list[PassRow]:
    """Those that are ordered, are good, or were until lately, what is left first; two queries."""
    of_venue = {} if venue_id is None else {"venue": venue_id}
    rows = Pass.objects.filter(customer=user_id, ended_at=None, **of_venue)
    recent = rows.filter(expires_on__gte=(now - SHOWN_AFTER_EXPIRY).date())
    passes = list(recent.select_related("kind", "venue").order_by("expires_on", "pk")[:MOST_SHOWN])
    left = count_left(passes)
    found = [PassRow(row, left[row.pk], row.expires_on < _venue_day(row, now)) for row in passes]
    return sorted(found, key=lambda row: row.is_over or not row.left)


def _venue_day(row: Pass, now: datetime) -> date:
    return now.astimezone(row.venue.zone).date()


def list_given_up(user_id: UUID, now: datetime) -> list[SeatBooking]:
    """Cancelled by their customer, of sessions still to come that they are not booked in; two queries."""
    rows = SeatBooking.objects.filter(
        customer=user_id,
        is_active=False,
        session__status="active",
        session__starts_at__gt=now,
        reservation__status=Status.CANCELLED,
    )
    related = ("session__venue", "session__facilitator", "session__place", "tier")
    seats = list(rows.select_related(*related).order_by("session__starts_at", "-pk"))
    active = SeatBooking.objects.taking_seats(now).filter(
        customer=user_id, session__in={seat.session_id for seat in seats}
    )
    again = set(active.values_list("session", flat=True)) if seats else set()
    latest: dict[int, SeatBooking] = {}
    for seat in seats:
        if seat.session_id not in again:
            latest.setdefault(seat.session_id, seat)
    return list(latest.values())[:MOST_SHOWN]


def find_usable_passes(user: "Viewer", session: Session) -> list[tuple[Pass, int]]:
    """One's own that will do for a seat of it, with what is left; three queries at most."""
    if not isinstance(user, User):
        return []
    on = session.starts_at.astimezone(session.venue.zone).date()
    rows = Pass.objects.filter(
        venue=session.venue_id, customer=user, ended_at=None, paid_at__isnull=False, expires_on__gte=on
    )
    passes = list(rows.select_related("kind").prefetch_related("kind__class_types").order_by("expires_on"))
    left = count_left(passes) if passes else {}
    return [(row, left[row.pk]) for row in passes if left[row.pk] > 0 and _is_for(row, session)]


def find_pass_for(user: User | None, session: Session, seats: int) -> Pass | None:
    """Which of theirs pays where nobody asks them: the first to expire that covers all seats."""
    usable = find_usable_passes(user, session) if user and not session.has_tiers else []
    return next((owned for owned, left in usable if left >= seats), None)


def _is_for(owned: Pass, session: Session) -> bool:
    types = {row.pk for row in owned.kind.class_types.all()}
    return is_for(types, session.class_type_id, is_retreat=session.is_retreat)


def choose_for(
    session: Session, person: User | None, seats: int, held: SeatBooking | None = None
) -> SeatChoice:
    """What staff book somebody for without asking."""
    selling = read_selling([session], but=held.reservation_id if held else None)
    tier = selling.get(session.pk, Selling()).find_cheapest(seats)
    owned = find_pass_for(person, session, seats)
    return SeatChoice(tier_id=tier.pk if tier else None, pass_id=owned.pk if owned else None)
