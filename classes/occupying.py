"""What a session occupies: a reservation of its own, changed through ``reservations`` alone."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from classes.choosing import moving_seats
from classes.finding import forget_sessions
from classes.models import Facilitator, Session, Studio
from classes.policies.windows import find_free_end
from common.clock import epoch_minute
from common.transactions import joining
from reservations.domain.values import Actor, ItemRequest, ReservationChanges
from reservations.enums import Purpose, Source
from reservations.models import Reservation
from reservations.services import Block, change_locked
from scheduling.zones import to_minute


def in_charge(actor: Actor) -> Actor:
    """The same person, acting for the product and its venue, not as a customer."""
    source = actor.source if actor.source == Source.SYSTEM else Source.STAFF
    return replace(actor, manages=Purpose.SESSION, source=source)


def list_items(facilitator: Facilitator, place: Studio, capacity: int) -> tuple[ItemRequest, ...]:
    """The facilitator, the room, and the seats that are not sold."""
    held_back = place.seats.limit - capacity
    items = [
        ItemRequest(facilitator.resource_id, takes_all=True),
        ItemRequest(place.room_id, takes_all=True),
    ]
    return (*items, ItemRequest(place.seats_id, quantity=held_back)) if held_back > 0 else tuple(items)


def make_block(session: Session) -> Block:
    items = list_items(session.facilitator, session.place, session.capacity)
    return Block(items, session.starts_at, session.ends_at, session.title)


def move_sessions(
    sessions: Sequence[Session],
    reservations: list[Reservation],
    seats: Mapping[UUID, Session],
    old_pools: Mapping[int, int],
    actor: Actor,
    now: datetime,
) -> list[Reservation]:
    """To what their rows, which are locked and saved, say by now.

    ``reservations``: their own and those of ``seats``, locked, too; ``seats`` has the session of each by key.
    ``old_pools``: the resource of the seats by session. All or none; raises ``SeriesRefused``.
    """
    forget_sessions()
    own = {session.reservation_id: session for session in sessions}

    def list_changes(reservation: Reservation) -> ReservationChanges:
        session = own.get(reservation.pk)
        if session is not None:
            block = make_block(session)
            return ReservationChanges(block.start, block.end, items=tuple(block.items), keep_price=True)
        return _follow(seats[reservation.pk], old_pools)

    with joining(), moving_seats():
        return change_locked(reservations=reservations, changes=list_changes, actor=in_charge(actor), now=now)


def _follow(session: Session, old_pools: Mapping[int, int]) -> ReservationChanges:
    before, after = old_pools[session.pk], session.place.seats_id
    return ReservationChanges(
        session.starts_at,
        session.ends_at,
        resources={before: after} if before != after else None,
        keep_price=True,
    )


def free_cancelling(seats: Sequence[Reservation], now: datetime) -> None:
    """Whoever does not like the new time or place may leave without a fee for a while."""
    by_terms: dict[str, list[Reservation]] = defaultdict(list)
    for seat in seats:
        if any(share["tiers"] for share in seat.cancellation_terms):
            terms = _add_free_end(seat.cancellation_terms, to_minute(seat.starts_at), epoch_minute(now))
            by_terms[json.dumps(terms)].append(seat)
    for text, equal in by_terms.items():
        Reservation.objects.filter(pk__in=[seat.pk for seat in equal]).update(
            cancellation_terms=json.loads(text)
        )


def _add_free_end(terms: Sequence[Mapping[str, Any]], start: int, now: int) -> list[dict[str, Any]]:
    return [{**share, "free_until": find_free_end(start, now)} for share in terms]
