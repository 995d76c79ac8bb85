"""What the pages of facilitators show of what they lead."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from classes.configuration import find_rules
from classes.enums import SessionStatus
from classes.exceptions import NotApproved, SessionNotFound
from classes.models import Facilitator, SeatBooking, Session
from classes.permissions import can_manage, can_view
from classes.selectors import count_booked, roster_of, sessions_in_detail
from classes.waiting import key_of_entry, key_of_session, list_entries
from common.clock import epoch_seconds
from common.clock import now as clock_now
from common.errors import Forbidden
from reservations.availability import rows_touching
from reservations.enums import Status
from resources.permissions import works_at
from scheduling.zones import to_minute

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser

DAYS_AHEAD = 8
"""Today and the next seven days."""
A_DAY = timedelta(days=1)


class LedState(StrEnum):
    """What stands beside a session, for whoever leads it."""

    CANCELLED = "cancelled"
    GIVEN = "given"
    OVER = "over"
    WANTED = "wanted"
    DRAFT = "draft"
    NOW = "now"
    FEW = "few"
    FULL = "full"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class LedRow:
    """``booked`` and ``waiting`` are people; ``minimum``: how many it needs, 0 for any number."""

    session: Session
    state: LedState
    booked: int
    waiting: int
    minimum: int = 0

    @property
    def percent(self) -> int:
        return min(round(100 * self.booked / self.session.capacity), 100)

    @property
    def is_gone(self) -> bool:
        return self.state in (LedState.CANCELLED, LedState.GIVEN, LedState.OVER)

    @property
    def is_theirs(self) -> bool:
        """Whether its roster is still for them."""
        return self.state != LedState.GIVEN


@dataclass(frozen=True, slots=True)
class LedDay:
    on: date
    rows: Sequence[LedRow]


def list_profiles(user: "User") -> list[Facilitator]:
    """One's own at every venue, approved ones first."""
    rows = Facilitator.objects.filter(user=user, venue__is_active=True)
    profiles = rows.select_related("venue", "default_place__seats").order_by("venue__name", "pk")
    return sorted(profiles, key=lambda profile: not is_at_work(profile))


def is_at_work(profile: Facilitator) -> bool:
    """Approved, and still a member there."""
    return profile.is_approved and works_at(profile.user, profile.venue_id)


def list_led_days(profiles: Sequence[Facilitator], now: datetime) -> list[LedDay]:
    """Today and the next week on each venue's clock; a constant number of queries."""
    led = Q(facilitator__in=profiles) | Q(substitute_for__in=profiles)
    near = Q(starts_at__lt=now + (DAYS_AHEAD + 1) * A_DAY, ends_at__gt=now - A_DAY)
    sessions = [
        session
        for session in sessions_in_detail().filter(led & near).order_by("starts_at", "pk")
        if _is_shown(session, now)
    ]
    rows = make_led_rows(sessions, profiles, now)
    return [LedDay(on, list(group)) for on, group in groupby(rows, key=lambda row: day_of(row.session, now))]


MOST_LATER = 100


def list_later_days(profiles: Sequence[Facilitator], now: datetime) -> list[LedDay]:
    """What comes after that week, the next ones first; a constant number of queries."""
    after = sessions_in_detail().active().filter(facilitator__in=profiles)
    after = after.filter(starts_at__gt=now + (DAYS_AHEAD - 1) * A_DAY).order_by("starts_at", "pk")
    sessions = [session for session in after[: MOST_LATER + 50] if not _is_shown(session, now)]
    rows = make_led_rows(sessions[:MOST_LATER], profiles, now)
    return [LedDay(on, list(group)) for on, group in groupby(rows, key=lambda row: day_of(row.session, now))]


def _is_shown(session: Session, now: datetime) -> bool:
    today = now.astimezone(session.venue.zone).date()
    first, last = session.local_start.date(), (session.local_end - timedelta(seconds=1)).date()
    return last >= today and first < today + DAYS_AHEAD * A_DAY


def day_of(session: Session, now: datetime) -> date:
    """What has begun before stands under today."""
    return max(session.local_start.date(), now.astimezone(session.venue.zone).date())


def make_led_rows(
    sessions: Sequence[Session], profiles: Sequence[Facilitator], now: datetime
) -> list[LedRow]:
    booked, waiting = count_booked(sessions), count_waiting(sessions)
    own_ids = {profile.pk for profile in profiles}
    rows = []
    for session in sessions:
        people = booked.get(session.pk, 0)
        minimum = find_rules(session.venue_id, session.class_type_id).min_attendance
        is_theirs = session.facilitator_id in own_ids
        state = _find_state(session, people, minimum, now) if is_theirs else LedState.GIVEN
        rows.append(LedRow(session, state, people, waiting.get(session.pk, 0), minimum))
    return rows


def _find_state(session: Session, booked: int, minimum: int, now: datetime) -> LedState:
    if session.status == SessionStatus.CANCELLED:
        return LedState.CANCELLED
    if session.ends_at <= now or not session.is_active:
        return LedState.OVER
    if session.substitute_wanted_at is not None:
        return LedState.WANTED
    if session.starts_at <= now:
        return LedState.NOW
    if session.published_at is None:
        return LedState.DRAFT
    if booked < minimum:
        return LedState.FEW
    return LedState.FULL if booked >= session.capacity else LedState.OPEN


def count_waiting(sessions: Sequence[Session]) -> dict[int, int]:
    """People in line, by session; one query for each venue."""
    by_venue: dict[int, list[Session]] = {}
    for session in sessions:
        if session.is_active:
            by_venue.setdefault(session.venue_id, []).append(session)
    counts: dict[object, int] = {}
    for group in by_venue.values():
        for entry in list_entries(group):
            key = key_of_entry(entry)
            counts[key] = counts.get(key, 0) + entry.party_size
    return {session.pk: counts.get(key_of_session(session), 0) for session in sessions}


# --- Substitutes -----------------------------------------------------------------------------------


def list_requests(profiles: Sequence[Facilitator], now: datetime) -> list[Session]:
    """Sessions of colleagues that somebody could lead instead: free then, and not declined; two queries."""
    by_venue = {profile.venue_id: profile for profile in profiles}
    rows = sessions_in_detail().active().filter(venue__in=by_venue, ends_at__gt=now)
    wanted = rows.filter(substitute_wanted_at__isnull=False).exclude(facilitator__in=profiles)
    sessions = [
        session
        for session in wanted.order_by("starts_at", "pk")
        if by_venue[session.venue_id].pk not in session.substitute_declined
    ]
    windows = [
        (
            by_venue[session.venue_id].resource_id or 0,
            to_minute(session.starts_at),
            to_minute(session.ends_at),
        )
        for session in sessions
    ]
    busy = rows_touching(windows, now_seconds=epoch_seconds(clock_now())) if windows else {}
    return [session for number, session in enumerate(sessions) if not busy.get(number)]


# --- One session -----------------------------------------------------------------------------------


def find_managed_session(user: "Viewer", session_id: int) -> Session:
    """Raises ``SessionNotFound``, ``NotApproved``, and ``Forbidden`` for those who may only look at it."""
    is_key = 0 < session_id < 2**63
    session = sessions_in_detail().filter(pk=session_id).first() if is_key else None
    if session is None or not can_view(user, session):
        raise SessionNotFound
    if not can_manage(user, session):
        is_theirs = session.facilitator.user_id == user.pk
        raise NotApproved if is_theirs and not session.facilitator.is_approved else Forbidden
    return session


@dataclass(frozen=True, slots=True)
class Roster:
    """``seats`` are those who are expected; ``gone`` have cancelled."""

    seats: Sequence[SeatBooking]
    gone: Sequence[SeatBooking]

    @property
    def people(self) -> int:
        return sum(seat.seats for seat in self.seats)

    @property
    def unrecorded(self) -> list[SeatBooking]:
        return [seat for seat in self.seats if seat.attendance == "unknown" and can_be_marked(seat)]

    def count(self) -> dict[str, int]:
        """People by what was recorded of them."""
        counts = dict.fromkeys(("unknown", "present", "late", "absent"), 0)
        for seat in self.seats:
            counts[seat.attendance] += seat.seats
        return counts


def can_be_marked(seat: SeatBooking) -> bool:
    """Whoever waits for approval, or has not confirmed yet, is no guest so far."""
    return seat.reservation.status not in (Status.PENDING, Status.HELD)


def read_roster(session: Session) -> Roster:
    """By name, as one looks somebody up at the door; those who stayed away belong to it, too."""
    seats = sorted(roster_of(session), key=lambda seat: seat.reservation.who.casefold())
    return Roster(
        [seat for seat in seats if _is_expected(seat)], [seat for seat in seats if not _is_expected(seat)]
    )


def _is_expected(seat: SeatBooking) -> bool:
    return seat.is_active or seat.reservation.status in (Status.COMPLETED, Status.NO_SHOW)


def opens_at(session: Session) -> datetime:
    """When who came can be recorded: on the day."""
    return session.local_start.replace(hour=0, minute=0, second=0, microsecond=0)


def list_named(profiles: Iterable[Facilitator]) -> str:
    return ", ".join(profile.name for profile in profiles)
