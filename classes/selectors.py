"""What is read of sessions, for pages and API: each list in a constant number of queries."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from classes.models import Facilitator, SeatBooking, Session, Studio
from classes.querysets import SeatBookingQuerySet, SessionQuerySet
from classes.selling import Selling, read_selling
from classes.waiting import entries_of, key_of_entry, key_of_session
from common.clock import epoch_seconds
from common.clock import now as clock_now
from common.selecting import written_once
from reservations.availability import rows_touching
from reservations.enums import NEVER_BOOKED
from scheduling.load import LoadProfile
from scheduling.zones import to_minute
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.querysets import WaitlistQuerySet


def sessions_in_detail() -> SessionQuerySet:
    """With all that a timetable shows of each."""
    related = ("venue", "facilitator", "place__seats", "class_type", "substitute_for")
    return Session.objects.select_related(*related)


def count_free(sessions: Sequence[Session], selling: Mapping[int, Selling] | None = None) -> dict[int, int]:
    """Seats that can be booked now, by session, read with their places; one query.

    ``selling``: of those with several prices, where it is read already; else two more.
    """
    windows = [
        (session.place.seats_id, to_minute(session.starts_at), to_minute(session.ends_at))
        for session in sessions
    ]
    if not windows:
        return {}
    busy = rows_touching(windows, now_seconds=epoch_seconds(clock_now()))
    prices = read_selling(sessions) if selling is None else selling
    return {
        session.pk: prices.get(session.pk, Selling()).limit(
            _count_free_in(session, busy.get(number, ()), windows[number])
        )
        for number, session in enumerate(sessions)
    }


def _count_free_in(
    session: Session, rows: Iterable[tuple[int, int, int, bool]], window: tuple[int, int, int]
) -> int:
    if not session.is_active:
        return 0
    _pool, start, end = window
    peak = LoadProfile.of((b0, b1, units) for b0, b1, units, _is_hold in rows).peak(start, end)
    return max(min(session.place.seats.limit - peak, session.capacity), 0)


def count_booked(sessions: Iterable[Session]) -> dict[int, int]:
    """People with a seat, by session, also those who have not confirmed yet; one query."""
    rows = SeatBooking.objects.filter(session__in=[session.pk for session in sessions])
    taking = rows.taking_seats(clock_now()).order_by().values_list("session")
    return dict(taking.annotate(Sum("seats")))


def roster_of(session: Session) -> SeatBookingQuerySet:
    """Everybody who has booked, also those who have cancelled, with what a facilitator may know."""
    rows = SeatBooking.objects.filter(session=session).exclude(reservation__status__in=NEVER_BOOKED)
    return rows.select_related("reservation__customer", "tier", "pass_use").order_by("-is_active", "pk")


def bookings_of(customer_id: UUID) -> SeatBookingQuerySet:
    """One's own, the latest first."""
    rows = SeatBooking.objects.filter(customer=customer_id).exclude(reservation__status__in=NEVER_BOOKED)
    related = ("reservation__venue", "session__facilitator", "session__place", "tier", "pass_use")
    return rows.select_related(*related).order_by("-pk")


def waiting_for(session: Session) -> WaitlistQuerySet:
    """In the order in which they are asked."""
    return entries_of([session])[session.pk].in_order()


def list_free_colleagues(session: Session) -> list[Facilitator]:
    """Who else of the venue leads sessions, and has nothing at that time; two queries."""
    rows = Facilitator.objects.at_work().filter(venue=session.venue_id)
    others = list(rows.exclude(pk=session.facilitator_id).select_related("user").order_by("name", "pk"))
    start, end = to_minute(session.starts_at), to_minute(session.ends_at)
    windows = [(other.resource_id or 0, start, end) for other in others]
    busy = rows_touching(windows, now_seconds=epoch_seconds(clock_now())) if windows else {}
    return [other for number, other in enumerate(others) if not busy.get(number)]


def list_clashes(
    *,
    venue_id: int,
    start: datetime,
    end: datetime,
    facilitator: Facilitator | None,
    place: Studio | None,
    leave_out: Session | None = None,
) -> list[Session]:
    """Other sessions at that time of the same person or in the same place; one query."""
    rows = sessions_in_detail().active().filter(venue=venue_id).overlapping(start, end)
    condition = Q(facilitator=facilitator) if facilitator else Q(pk__in=())
    condition |= Q(place=place) if place else Q(pk__in=())
    rows = rows.filter(condition).exclude(pk=leave_out.pk if leave_out else 0)
    return list(rows.order_by("starts_at", "pk")[:5])


def list_at_risk(venue_id: int, now: datetime) -> list[tuple[Session, int]]:
    """Sessions to come with fewer people than they need, and how many they have."""
    rows = sessions_in_detail().active().filter(venue=venue_id, starts_at__gt=now)
    sessions = list(rows.filter(class_type__min_attendance__gt=0))
    booked = count_booked(sessions)
    return [
        (session, booked.get(session.pk, 0))
        for session in sessions
        if session.class_type and booked.get(session.pk, 0) < session.class_type.min_attendance
    ]


def timetable_of(venue_id: int | None, start: datetime, end: datetime) -> SessionQuerySet:
    """Published sessions that begin in [start, end), also those that were called off; None: of all venues."""
    rows = sessions_in_detail().filter(starts_at__gte=start, starts_at__lt=end)
    rows = rows if venue_id is None else rows.filter(venue=venue_id)
    return rows.filter(published_at__isnull=False).order_by("starts_at", "pk")


@written_once
def select_timetable(venue_id: int, start: datetime, end: datetime, now: datetime) -> SessionQuerySet:
    """All that is published of a venue, as it is asked for most."""
    return timetable_of(venue_id, start, end).published(now)


def find_booked(sessions: Sequence[Session], user_id: UUID) -> dict[int, SeatBooking]:
    """Somebody's own seats, by session, also those they hold; one query."""
    ids = [session.pk for session in sessions]
    return {seat.session_id: seat for seat in _select_booked(ids, user_id, clock_now())} if ids else {}


@written_once
def _select_booked(session_ids: list[int], user_id: UUID, now: datetime) -> QuerySet[SeatBooking]:
    rows = SeatBooking.objects.taking_seats(now).filter(session__in=session_ids, customer=user_id)
    return rows.select_related("reservation")


def find_waits(sessions: Sequence[Session], user_id: UUID) -> dict[int, WaitlistEntry]:
    """Somebody's own places in line, by session read with its venue and place; one query."""
    pools = [*{session.place.seats_id for session in sessions}]
    entries = {key_of_entry(entry): entry for entry in _select_waits(user_id, pools)} if pools else {}
    found = ((session.pk, entries.get(key_of_session(session))) for session in sessions)
    return {id: entry for id, entry in found if entry is not None}


@written_once
def _select_waits(user_id: UUID, pools: list[int]) -> QuerySet[WaitlistEntry]:
    return WaitlistEntry.objects.active().filter(customer=user_id, resource__in=pools)


def find_offer(session: Session, user_id: UUID) -> WaitlistOffer | None:
    """What is held for somebody from its line."""
    entry = find_waits([session], user_id).get(session.pk)
    rows = WaitlistOffer.objects.filter(entry=entry, outcome=WaitlistOffer.Outcome.OPEN)
    return rows.select_related("entry").first() if entry else None


def find_position(session: Session, entry: WaitlistEntry) -> int:
    """Of those who wait for this session, from 1; one query."""
    ids = list(waiting_for(session).values_list("pk", flat=True))
    return ids.index(entry.pk) + 1 if entry.pk in ids else 0
