"""Changing and moving sessions, with their seats and those who wait: all of a change or none of it."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, TypedDict
from uuid import UUID

from classes.clashes import Asked, name_refused
from classes.drafts import (
    Span,
    check_ahead,
    check_capacity,
    check_price,
    check_span,
    check_title,
    require_teacher,
)
from classes.enums import SessionStatus
from classes.exceptions import HasBegun, StillBooked
from classes.finding import lock_sessions
from classes.models import Facilitator, SeatBooking, Session, Studio
from classes.occupying import free_cancelling, move_sessions
from classes.services.places import LANE_NAMES, Wish, lock_lanes, spread_over_lanes
from classes.services.prices import check_prices_sell
from classes.services.substituting import SETTLED, settle_request
from classes.signals import SessionChange, SessionNews, tell_sessions
from classes.waiting import follow_session, list_entries
from common.clock import now as clock_now
from common.errors import NotFound
from common.transactions import rehearsal, retried_atomic
from notifications.services.writing import gather_messages
from reservations.domain.freeing import announcing_freed
from reservations.domain.history import lock_reservations
from reservations.domain.values import Actor
from reservations.enums import OCCUPYING, Status
from reservations.exceptions import SeriesRefused, StaleVersion, TransitionNotAllowed
from reservations.models import Reservation
from reservations.services import release_hold
from waitlist.models import WaitlistEntry


class SessionChanges(TypedDict, total=False):
    """Only what is there changes."""

    title: str
    description: str
    starts_at: datetime
    ends_at: datetime
    facilitator: Facilitator
    place: Studio
    capacity: int
    online_capacity: int | None
    price: Decimal
    published_at: datetime | None


OCCUPANCY = frozenset({"starts_at", "ends_at", "facilitator", "place", "capacity"})
MOVING = frozenset({"starts_at", "ends_at", "place"})
"""What the seats follow."""


@dataclass
class SessionsMoved:
    """``seats``: bookings that went along."""

    sessions: list[Session]
    seats: list[Reservation] = field(default_factory=list)


def change_session(
    *,
    session_id: int,
    changes: SessionChanges,
    actor: Actor,
    version: int | None = None,
    dry_run: bool = False,
    now: datetime | None = None,
) -> Session:
    """Change and move it, its seats with it, or say all that stands in the way.

    Agreed bookings keep their price and terms; whoever is moved may cancel freely for two days. Raises
    ``SessionNotFound``, ``StaleVersion``, ``TransitionNotAllowed``, ``HasBegun``, ``InvalidInput``,
    ``StillBooked`` and ``SeriesRefused``.
    """
    at = now or clock_now()

    def list_changes(_session: Session) -> SessionChanges:
        return changes

    moved = change_sessions(
        ids=[session_id], changes=list_changes, actor=actor, version=version, dry_run=dry_run, now=at
    )
    return moved.sessions[0]


def change_sessions(
    *,
    ids: Collection[int],
    changes: Callable[[Session], SessionChanges],
    actor: Actor,
    version: int | None = None,
    dry_run: bool = False,
    now: datetime,
) -> SessionsMoved:
    """``changes`` gives those of each session; ``version`` is that of the first of ``ids``. All or none.

    Online and elsewhere another lane will do as well as the one it has.
    """
    act = partial(_change_all, ids=ids, changes=changes, actor=actor, version=version, now=now)
    try:
        return act(dry_run=dry_run)
    except SeriesRefused as refused:
        # Names are locked before sessions, and most changes need none: so it begins anew.
        rows = Session.objects.filter(pk__in=ids).select_related("venue", "place", "facilitator")
        wanted = [(session, changes(session)) for session in rows.order_by("pk")]
        if not any(_is_on_lane(*each) for each in wanted):
            name_refused(refused, [_describe_wish(*each) for each in wanted], actor, leave_out=ids)
            raise
        venue_id = wanted[0][0].venue_id
    return act(dry_run=dry_run, lanes_of=venue_id)


def _is_on_lane(session: Session, changes: SessionChanges) -> bool:
    """There by now, or from then on."""
    return not LANE_NAMES.keys().isdisjoint({session.place.kind, changes.get("place", session.place).kind})


def _describe_wish(session: Session, changes: SessionChanges) -> Asked:
    return Asked(
        changes.get("facilitator", session.facilitator),
        changes.get("place", session.place),
        changes.get("starts_at", session.starts_at),
        changes.get("ends_at", session.ends_at),
    )


@retried_atomic
def _change_all(
    *,
    ids: Collection[int],
    changes: Callable[[Session], SessionChanges],
    actor: Actor,
    version: int | None,
    dry_run: bool,
    now: datetime,
    lanes_of: int | None = None,
) -> SessionsMoved:
    """``lanes_of``: the venue whose lanes are looked through."""
    with rehearsal(dry_run=dry_run), announcing_freed(), gather_messages():
        if lanes_of is not None:
            lock_lanes(lanes_of)
        sessions = lock_sessions(ids)
        first = next(session for session in sessions if session.pk == next(iter(ids)))
        if version is not None and first.version != version:
            raise StaleVersion
        wanted = {session.pk: _leave_out_same(session, changes(session)) for session in sessions}
        if lanes_of is not None:
            _find_lanes(sessions, wanted)
        changing = [session for session in sessions if wanted[session.pk]]
        moved = _change(changing, wanted, actor, now)
    return SessionsMoved(sessions, moved)


Wanted = Mapping[int, Mapping[str, Any]]
"""New values by session."""


def _change(sessions: Sequence[Session], wanted: Wanted, actor: Actor, now: datetime) -> list[Reservation]:
    old = {session.pk: _remember(session, wanted[session.pk]) for session in sessions}
    pools = {session.pk: session.place.seats_id for session in sessions}
    waiting = _list_waiting(sessions, wanted)
    for session in sessions:
        _check_change(session, wanted[session.pk], now)
        _apply(session, wanted[session.pk])
    moved = _carry_out(sessions, wanted, pools, actor, now)
    for session in sessions:
        follow_session(session, waiting.get(session.pk, ()))
    news = ((session, _tell(session, old, waiting)) for session in sessions)
    tell_sessions([SessionChange(session, SessionNews.CHANGED, actor, extra) for session, extra in news])
    return moved


def _tell(
    session: Session, old: Mapping[int, Any], waiting: Mapping[int, Sequence[WaitlistEntry]]
) -> dict[str, Any]:
    return {"old": old[session.pk], "waiting": waiting.get(session.pk, ())}


def _list_waiting(sessions: Iterable[Session], wanted: Wanted) -> dict[int, list[WaitlistEntry]]:
    """Of those that move."""
    return {
        session.pk: list_entries([session])
        for session in sessions
        if not MOVING.isdisjoint(wanted[session.pk])
    }


def _leave_out_same(session: Session, changes: SessionChanges) -> dict[str, Any]:
    changed: dict[str, Any] = {
        name: value for name, value in changes.items() if getattr(session, name) != value
    }
    published, again = session.published_at, changed.get("published_at")
    if published is not None and again is not None and published <= again:
        del changed["published_at"]  # it is on the timetable already
    if "online_capacity" not in changes and session.online_capacity is not None:
        # Of fewer seats no more are sold online than there are.
        lower = min(session.online_capacity, changed.get("capacity", session.capacity))
        changed |= {"online_capacity": lower} if lower != session.online_capacity else {}
    return changed


def _find_lanes(sessions: Sequence[Session], wanted: dict[int, dict[str, Any]]) -> None:
    """For those that move to, or within, what is a lane."""
    moving = [session for session in sessions if not MOVING.isdisjoint(wanted[session.pk])]
    by_kind: dict[str, list[Session]] = defaultdict(list)
    for session in moving:
        by_kind[wanted[session.pk].get("place", session.place).kind].append(session)
    ids = [session.pk for session in moving]
    for kind in LANE_NAMES:
        group = by_kind[kind]
        if not group:
            continue
        asked = [_want_lane(session, wanted[session.pk]) for session in group]
        lanes = spread_over_lanes(venue=group[0].venue, kind=kind, wanted=asked, leave_out=ids)
        for session, lane in zip(group, lanes, strict=True):
            if lane.pk != wanted[session.pk].get("place", session.place).pk:
                wanted[session.pk]["place"] = lane


def _want_lane(session: Session, wanted: Mapping[str, Any]) -> Wish:
    start, end = wanted.get("starts_at", session.starts_at), wanted.get("ends_at", session.ends_at)
    return Wish(Span(start, end), wanted.get("place", session.place))


def _remember(session: Session, wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {name: getattr(session, name) for name in wanted}


def _check_change(session: Session, wanted: Mapping[str, Any], now: datetime) -> None:
    if session.status != SessionStatus.ACTIVE:
        raise TransitionNotAllowed
    is_moved = not MOVING.isdisjoint(wanted)
    if session.ends_at <= now or (is_moved and session.starts_at <= now):
        raise HasBegun
    if "title" in wanted:
        check_title(wanted["title"])
    if "price" in wanted:
        check_price(wanted["price"], session.venue.currency, "price")
    _check_facilitator(session, wanted.get("facilitator"))
    place = wanted.get("place", session.place)
    if place.venue_id != session.venue_id:
        raise NotFound
    start, end = wanted.get("starts_at", session.starts_at), wanted.get("ends_at", session.ends_at)
    if "starts_at" in wanted:
        check_ahead(start, now)
    check_span(start, end, session.session_type)
    capacity = wanted.get("capacity", session.capacity)
    check_capacity(capacity, wanted.get("online_capacity", session.online_capacity), place)
    if session.has_tiers and capacity > session.capacity:
        check_prices_sell(session, capacity)


def _check_facilitator(session: Session, facilitator: Facilitator | None) -> None:
    if facilitator is None:
        return
    if facilitator.venue_id != session.venue_id:
        raise NotFound
    require_teacher(facilitator)


def _apply(session: Session, wanted: Mapping[str, Any]) -> None:
    follows: list[str] = []
    if wanted.get("price", session.price) > session.price:
        session.dearer_since = clock_now()
        follows.append("dearer_since")
    for name, value in wanted.items():
        setattr(session, name, value.strip() if name == "title" else value)
    if "facilitator" in wanted:
        settle_request(session)
        follows += SETTLED
    if "starts_at" in wanted:
        # Whether enough people come is asked once more, before the new time.
        session.minimum_noted_at = None
        follows.append("minimum_noted_at")
    session.version += 1
    session.save(update_fields=[*wanted, *follows, "version"])


def _carry_out(
    sessions: Sequence[Session],
    wanted: Wanted,
    pools: Mapping[int, int],
    actor: Actor,
    now: datetime,
) -> list[Reservation]:
    occupying = [session for session in sessions if not OCCUPANCY.isdisjoint(wanted[session.pk])]
    moving = [session for session in occupying if not MOVING.isdisjoint(wanted[session.pk])]
    _require_room_for_sold([session for session in occupying if "capacity" in wanted[session.pk]])
    moved: list[Reservation] = []
    if occupying:
        seats = _find_seats(moving)
        going = _lock_all(occupying, seats, actor, now)
        changed = move_sessions(occupying, going, seats, pools, actor, now)
        moved = [reservation for reservation in changed if reservation.pk in seats]
        free_cancelling(moved, now)
    _rename([session for session in sessions if "title" in wanted[session.pk]])
    return moved


def _require_room_for_sold(sessions: Sequence[Session]) -> None:
    """Raises ``StillBooked``. The guard in the database counts them once more."""
    for session in sessions:
        sold = count_seats(session)
        if sold > session.capacity:
            raise StillBooked(extra={"booked": sold})


def count_seats(session: Session) -> int:
    taken = SeatBooking.objects.filter(session=session).taking_seats(clock_now())
    return sum(taken.values_list("seats", flat=True))


def _find_seats(sessions: Sequence[Session]) -> dict[UUID, Session]:
    """By reservation."""
    by_id = {session.pk: session for session in sessions}
    rows = SeatBooking.objects.active().filter(session__in=by_id) if by_id else SeatBooking.objects.none()
    return {id: by_id[session_id] for id, session_id in rows.values_list("reservation", "session")}


def _lock_all(
    sessions: Sequence[Session], seats: Collection[UUID], actor: Actor, now: datetime
) -> list[Reservation]:
    """The sessions' own and those that go along. What is only held, or offered to somebody, is let go."""
    locked = lock_reservations([*seats, *(session.reservation_id for session in sessions)])
    for reservation in locked:
        if reservation.status == Status.HELD:
            release_hold(reservation_id=reservation.pk, actor=actor, now=now)
    # Who has given up their seat just before has none to be moved.
    return [each for each in locked if each.status in OCCUPYING and each.status != Status.HELD]


def _rename(sessions: Sequence[Session]) -> None:
    """Their bookings are called as they are."""
    for session in sessions:
        seats = SeatBooking.objects.active().filter(session=session).values("reservation")
        Reservation.objects.filter(pk__in=seats).update(title=session.title)
        Reservation.objects.filter(pk=session.reservation_id).update(title=session.title)
