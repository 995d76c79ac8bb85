"""Calling sessions off: everybody is told once and gets everything back; nobody in line is offered a seat."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from classes.drafts import check_length
from classes.enums import SessionStatus
from classes.exceptions import HasBegun, SessionNotFound
from classes.finding import forget_sessions, lock_sessions
from classes.models import Facilitator, PassUse, SeatBooking, Session, Studio
from classes.occupying import in_charge
from classes.services.returning import return_uses
from classes.signals import SessionChange, SessionNews, tell_sessions
from classes.waiting import list_entries
from common.clock import now as clock_now
from common.parsing import refuse
from common.transactions import joining, rehearsal, retried_atomic
from notifications.services.writing import gather_messages
from reservations.domain.freeing import announcing_freed
from reservations.domain.values import Actor
from reservations.enums import Status
from reservations.exceptions import StaleVersion, TransitionNotAllowed
from reservations.models import Reservation
from reservations.services import CancellationTerms, cancel_many, undo_attendance
from scheduling.zones import day_span, from_minute
from waitlist.services import end_waiting, lock_queue

LONGEST_REASON = 500


@dataclass
class CalledOff:
    """What calling off has done, or would do; ``people`` are those who are told."""

    sessions: list[Session]
    bookings: int = 0
    people: int = 0
    waiting: int = 0
    refunded: Decimal = Decimal(0)
    currency: str = ""
    terms: dict[UUID, CancellationTerms] = field(default_factory=dict)


def cancel_session(
    *,
    session_id: int,
    actor: Actor,
    reason: str = "",
    dry_run: bool = False,
    now: datetime | None = None,
) -> CalledOff:
    """Quiet the second time. Raises ``SessionNotFound``, and ``HasBegun`` for what cannot be taken back."""
    return cancel_sessions(ids=[session_id], actor=actor, reason=reason, dry_run=dry_run, now=now)


@retried_atomic
def cancel_sessions(
    *,
    ids: Collection[int],
    actor: Actor,
    reason: str = "",
    versions: Mapping[int, int] | None = None,
    dry_run: bool = False,
    now: datetime | None = None,
) -> CalledOff:
    """Several of one venue, all or none; the preview is the change itself, taken back.

    ``versions``: of sessions as somebody has seen them who decided. Raises ``StaleVersion``.
    """
    at = now or clock_now()
    check_length(reason, LONGEST_REASON, "reason")
    with rehearsal(dry_run=dry_run), announcing_freed(), gather_messages():
        # The venue's queue comes before every row: nothing is offered from here on.
        lock_queue(_find_venue(ids))
        sessions = lock_sessions(ids)
        ending = [session for session in sessions if session.status == SessionStatus.ACTIVE]
        if versions and any(versions.get(each.pk, each.version) != each.version for each in ending):
            raise StaleVersion
        if any(session.starts_at <= at for session in ending):
            raise HasBegun
        if any(session.status == SessionStatus.COMPLETED for session in sessions):
            raise TransitionNotAllowed
        done = CalledOff(sessions, currency=sessions[0].venue.currency)
        if ending:
            _call_off(ending, done, actor, reason, at)
    return done


def _find_venue(ids: Collection[int]) -> int:
    venue_id = Session.objects.filter(pk__in=ids).values_list("venue", flat=True).order_by("pk").first()
    if venue_id is None:
        raise SessionNotFound
    return venue_id


def _call_off(sessions: Sequence[Session], done: CalledOff, actor: Actor, reason: str, now: datetime) -> None:
    _mark(sessions, SessionStatus.CANCELLED, reason)
    # Before anything is freed: whoever waits must not be offered what will not take place.
    entries = list_entries(sessions)
    if entries:
        end_waiting(entry_ids=[entry.pk for entry in entries], reason=reason, actor=actor, now=now)
    status_by_seat = _list_seats(sessions, actor, now)
    seats = status_by_seat.keys()
    own = [session.reservation_id for session in sessions]
    with joining():
        cancelled = cancel_many(
            ids=[*seats, *own], actor=in_charge(actor), reason=reason, waive_fee=True, now=now
        )
    _return_all_credits(seats, now)
    agreed = {id for id, status in status_by_seat.items() if status != Status.HELD}
    _count(done, [pair for pair in cancelled if pair[0].pk in agreed], len(entries))
    tell_sessions([SessionChange(session, SessionNews.CANCELLED, actor) for session in sessions])


def _mark(sessions: Sequence[Session], status: SessionStatus, reason: str) -> None:
    for session in sessions:
        session.status, session.cancel_reason = status, reason
        session.version += 1
    Session.objects.bulk_update(sessions, ["status", "cancel_reason", "version"])
    forget_sessions()


def _list_seats(sessions: Sequence[Session], actor: Actor, now: datetime) -> dict[UUID, str]:
    """With their status. Whoever has been checked in early is only booked again, to be cancelled."""
    seats = SeatBooking.objects.active().filter(session__in=sessions)
    found = dict(seats.values_list("reservation", "reservation__status"))
    for id in sorted(id for id, status in found.items() if status == Status.CHECKED_IN):
        undo_attendance(reservation_id=id, actor=actor, now=now)
    return found


def _return_all_credits(seats: Collection[UUID], now: datetime) -> None:
    uses = PassUse.objects.filter(booking__reservation__in=seats, returned_at=None)
    return_uses(uses.order_by("pk"), now)


def _count(done: CalledOff, cancelled: Sequence[tuple[Reservation, CancellationTerms]], waiting: int) -> None:
    for reservation, terms in cancelled:
        done.terms[reservation.pk] = terms
        done.refunded += terms.refund
        done.bookings += 1
        done.people += reservation.party_size
    done.waiting = waiting


def call_off_day(
    *,
    on: date,
    facilitator: Facilitator | None = None,
    place: Studio | None = None,
    actor: Actor,
    reason: str = "",
    dry_run: bool = False,
    now: datetime | None = None,
) -> CalledOff:
    """Everything that a facilitator leads, or that takes place somewhere, on a day and has not begun yet.

    Raises ``SessionNotFound`` where there is nothing.
    """
    at = now or clock_now()
    owner = facilitator or place
    if owner is None:
        refuse("facilitator", _("Choose a facilitator or a studio."))
    start, end = day_span(on, owner.venue.zone_name)
    rows = Session.objects.active().filter(
        venue=owner.venue_id, starts_at__gte=from_minute(start), starts_at__lt=from_minute(end)
    )
    rows = rows.filter(facilitator=facilitator) if facilitator else rows
    rows = rows.filter(place=place) if place else rows
    ids = list(rows.filter(starts_at__gt=at).order_by("pk").values_list("pk", flat=True))
    if not ids:
        raise SessionNotFound
    return cancel_sessions(ids=ids, actor=actor, reason=reason, dry_run=dry_run, now=at)
