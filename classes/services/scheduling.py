"""Sessions: created, changed and moved, one or many at once; all of a change or none of it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from classes.drafts import (
    SessionDraft,
    Span,
    check_capacity,
    check_draft,
    check_price,
    check_span,
    check_title,
    make_session,
)
from classes.enums import PlaceKind, SessionStatus
from classes.exceptions import HasBegun, NotApproved, SessionNotFound, StillBooked
from classes.models import Facilitator, PlanTerm, SeatBooking, Session, Studio, Tier
from classes.occupying import free_cancelling, in_charge, make_block, move_sessions
from classes.services.places import find_lane
from classes.signals import SessionChange, SessionNews, tell_sessions
from classes.waiting import follow_session, list_entries
from common.clock import now as clock_now
from common.errors import NotFound
from common.inserting import insert_rows
from common.transactions import rehearsal, retried_atomic
from reservations.domain.freeing import announcing_freed
from reservations.domain.history import lock_reservations
from reservations.domain.values import Actor
from reservations.enums import Purpose, Status
from reservations.exceptions import SlotTaken, StaleVersion, TransitionNotAllowed
from reservations.models import Reservation
from reservations.services import block_many, block_time, release_hold
from resources.models import Venue
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


@retried_atomic
def create_session(
    *, venue: Venue, draft: SessionDraft, actor: Actor, now: datetime | None = None
) -> Session:
    """Take the facilitator, the room and the seats that are not sold.

    Raises ``InvalidInput``, ``NotApproved``, ``NotFound``, and ``SlotTaken`` whose ``extra["taken"]`` says
    whether it is the ``facilitator`` or the ``place``.
    """
    at = now or clock_now()
    check_draft(draft, venue)
    place = find_place(venue, draft, [Span(draft.starts_at, draft.ends_at)])
    session = make_session(venue, draft, place, Span(draft.starts_at, draft.ends_at), at)
    block = make_block(session)
    with naming_what_is_taken(draft.facilitator, place):
        session.reservation = block_time(
            venue_id=venue.pk,
            items=block.items,
            start=block.start,
            end=block.end,
            title=block.title,
            purpose=Purpose.SESSION,
            actor=in_charge(actor),
            now=at,
        )
    session.save(force_insert=True)
    write_prices([(session, draft)])
    tell_sessions([SessionChange(session, SessionNews.CREATED, actor)])
    return session


def create_sessions(
    *, venue: Venue, drafts: Sequence[SessionDraft], series: UUID | None, actor: Actor, now: datetime
) -> list[Session]:
    """Many at once. In the caller's transaction; raises ``SeriesRefused``."""
    sessions = plan_sessions(venue, drafts, now)
    blocks = [make_block(session) for session in sessions]
    reservations = block_many(
        venue_id=venue.pk, blocks=blocks, purpose=Purpose.SESSION, actor=in_charge(actor), now=now
    )
    for session, reservation in zip(sessions, reservations, strict=True):
        session.reservation, session.series = reservation, series
    insert_rows(sessions)
    write_prices(zip(sessions, drafts, strict=True))
    tell_sessions([SessionChange(session, SessionNews.CREATED, actor) for session in sessions])
    return sessions


def plan_sessions(venue: Venue, drafts: Sequence[SessionDraft], now: datetime) -> list[Session]:
    """Each at its place, not stored yet; those without a certain one share a lane."""
    places: dict[tuple[PlaceKind | None, int | None], Studio] = {}
    sessions = []
    for draft in drafts:
        key = draft.place_kind, None if draft.place_kind else draft.facilitator.pk
        place = draft.place or places.get(key)
        if place is None:
            alike = [Span(each.starts_at, each.ends_at) for each in drafts if each.place is None]
            place = places[key] = find_place(venue, draft, alike)
        sessions.append(make_session(venue, draft, place, Span(draft.starts_at, draft.ends_at), now))
    return sessions


def find_place(venue: Venue, draft: SessionDraft, spans: Sequence[Span]) -> Studio:
    """The one that is named, or a lane of its kind; without either the facilitator's usual one."""
    place = draft.place
    if place is None and draft.place_kind is not None:
        place = find_lane(venue=venue, kind=draft.place_kind, spans=spans)
    place = place or draft.facilitator.default_place or _find_first_studio(venue)
    if place is None:
        raise NotFound(_("This venue has no studio yet."))
    check_capacity(draft.capacity, draft.online_capacity, place)
    return place


def _find_first_studio(venue: Venue) -> Studio | None:
    studios = Studio.objects.filter(venue=venue, kind=PlaceKind.STUDIO).select_related("seats", "room")
    return studios.order_by("pk").first()


def write_prices(rows: Iterable[tuple[Session, SessionDraft]]) -> None:
    pairs = list(rows)
    insert_rows([tier for session, draft in pairs for tier in _make_tiers(session, draft)])
    insert_rows([term for session, draft in pairs for term in _make_terms(session, draft)])


def _make_tiers(session: Session, draft: SessionDraft) -> list[Tier]:
    return [
        Tier(
            venue_id=session.venue_id,
            session=session,
            name=tier.name,
            price=tier.price,
            quota=tier.quota,
            deposit=tier.deposit,
            pays=tier.pays,
            position=position,
        )
        for position, tier in enumerate(draft.tiers)
    ]


def _make_terms(session: Session, draft: SessionDraft) -> list[PlanTerm]:
    return [
        PlanTerm(
            venue_id=session.venue_id,
            session=session,
            position=position,
            due_on=term.due_on,
            days_before=term.days_before,
            percent=term.percent,
        )
        for position, term in enumerate(draft.plan)
    ]


@contextmanager
def naming_what_is_taken(facilitator: Facilitator, place: Studio) -> Iterator[None]:
    try:
        yield
    except SlotTaken as conflict:
        by_resource = {facilitator.resource_id: "facilitator", place.room_id: "place"}
        conflict.extra["taken"] = by_resource.get(conflict.resource_id, "seats")
        raise


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


@retried_atomic
@announcing_freed()
def change_sessions(
    *,
    ids: Collection[int],
    changes: Callable[[Session], SessionChanges],
    actor: Actor,
    version: int | None = None,
    dry_run: bool = False,
    now: datetime,
) -> SessionsMoved:
    """``changes`` gives those of each session. All or none."""
    with rehearsal(dry_run=dry_run):
        sessions = lock_sessions(ids)
        if version is not None and sessions[0].version != version:
            raise StaleVersion
        wanted = {session.pk: _leave_out_same(session, changes(session)) for session in sessions}
        changing = [session for session in sessions if wanted[session.pk]]
        old = {session.pk: _remember(session, wanted[session.pk]) for session in changing}
        pools = {session.pk: session.place.seats_id for session in changing}
        waiting = _list_waiting(changing, wanted)
        for session in changing:
            _check_change(session, wanted[session.pk], now)
            _apply(session, wanted[session.pk])
        moved = _carry_out(changing, wanted, pools, actor, now)
        for session in changing:
            follow_session(session, waiting.get(session.pk, ()))
        tell_sessions(
            [
                SessionChange(session, SessionNews.CHANGED, actor, _tell(session, old, waiting))
                for session in changing
            ]
        )
    return SessionsMoved(sessions, moved)


def _tell(
    session: Session, old: Mapping[int, Any], waiting: Mapping[int, Sequence[WaitlistEntry]]
) -> dict[str, Any]:
    return {"old": old[session.pk], "waiting": waiting.get(session.pk, ())}


def _list_waiting(
    sessions: Iterable[Session], wanted: Mapping[int, Mapping[str, Any]]
) -> dict[int, list[WaitlistEntry]]:
    """Of those that move."""
    return {
        session.pk: list_entries([session])
        for session in sessions
        if not MOVING.isdisjoint(wanted[session.pk])
    }


def lock_sessions(ids: Collection[int]) -> list[Session]:
    """Their rows in key order, before any reservation. Raises ``SessionNotFound``."""
    wanted = set(ids)
    rows = Session.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=wanted)
    related = ("venue", "facilitator", "place__seats", "place__room", "class_type")
    sessions = list(rows.select_related(*related).order_by("pk"))
    if len(sessions) < len(wanted):
        raise SessionNotFound
    return sessions


def _leave_out_same(session: Session, changes: SessionChanges) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if getattr(session, name) != value}


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
    check_span(start, end, session.session_type)
    capacity = wanted.get("capacity", session.capacity)
    check_capacity(capacity, wanted.get("online_capacity", session.online_capacity), place)


def _check_facilitator(session: Session, facilitator: Facilitator | None) -> None:
    if facilitator is None:
        return
    if facilitator.venue_id != session.venue_id:
        raise NotFound
    if not facilitator.is_approved:
        raise NotApproved


def _apply(session: Session, wanted: Mapping[str, Any]) -> None:
    for name, value in wanted.items():
        setattr(session, name, value.strip() if name == "title" else value)
    session.version += 1
    session.save(update_fields=[*wanted, "version"])


def _carry_out(
    sessions: Sequence[Session],
    wanted: Mapping[int, Mapping[str, Any]],
    pools: Mapping[int, int],
    actor: Actor,
    now: datetime,
) -> list[Reservation]:
    occupying = [session for session in sessions if not OCCUPANCY.isdisjoint(wanted[session.pk])]
    moving = [session for session in occupying if not MOVING.isdisjoint(wanted[session.pk])]
    _require_room_for_sold([session for session in occupying if "capacity" in wanted[session.pk]])
    seats = lock_seats(moving, actor, now)
    moved: list[Reservation] = []
    if occupying:
        changed = move_sessions(occupying, seats, pools, actor, now)
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


def lock_seats(sessions: Sequence[Session], actor: Actor, now: datetime) -> dict[UUID, Session]:
    """Bookings that go along. What is only held, or offered to somebody in line, is let go."""
    by_id = {session.pk: session for session in sessions}
    if not by_id:
        return {}
    rows = SeatBooking.objects.active().filter(session__in=by_id)
    found = dict(rows.order_by("reservation").values_list("reservation", "session"))
    reservations = lock_reservations([*found, *(session.reservation_id for session in sessions)])
    held = {reservation.pk for reservation in reservations if reservation.status == Status.HELD}
    for id in sorted(held):
        release_hold(reservation_id=id, actor=actor, now=now)
    return {id: by_id[session_id] for id, session_id in found.items() if id not in held}


def _rename(sessions: Sequence[Session]) -> None:
    """Their bookings are called as they are."""
    for session in sessions:
        seats = SeatBooking.objects.active().filter(session=session).values("reservation")
        Reservation.objects.filter(pk__in=seats).update(title=session.title)
        Reservation.objects.filter(pk=session.reservation_id).update(title=session.title)


def copy_draft(session: Session, **more: Any) -> SessionDraft:
    """Of a session as it is, for another one like it."""
    draft = SessionDraft(
        facilitator=session.facilitator,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        title=session.title,
        place=session.place,
        description=session.description,
        session_type=session.session_type,  # type: ignore[arg-type]
        capacity=session.capacity,
        online_capacity=session.online_capacity,
        price=session.price,
        class_type=session.class_type,
    )
    return replace(draft, **more)
