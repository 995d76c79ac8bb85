"""New sessions, one or many at once: all of them or none."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from classes.drafts import (
    SessionDraft,
    Span,
    TierDraft,
    check_capacity,
    check_draft,
    make_session,
)
from classes.enums import PlaceKind, TierPays
from classes.models import Facilitator, PlanTerm, Session, Studio, Tier
from classes.near import list_near_starts
from classes.occupying import in_charge, make_block
from classes.policies.plans import Term
from classes.services.places import LANE_NAMES, Wish, find_lane, lock_lanes, spread_over_lanes
from classes.signals import SessionChange, SessionNews, tell_sessions
from common.clock import now as clock_now
from common.errors import NotFound
from common.inserting import insert_rows
from common.transactions import retried_atomic
from reservations.domain.values import Actor
from reservations.enums import Purpose
from reservations.exceptions import SlotTaken
from reservations.services import block_many, block_time
from resources.models import Venue


def create_session(
    *, venue: Venue, draft: SessionDraft, actor: Actor, now: datetime | None = None
) -> Session:
    """Take the facilitator, the room and the seats that are not sold.

    Raises ``InvalidInput``, ``NotApproved``, ``NotFound``, and ``SlotTaken`` whose ``extra`` says what is
    ``taken``, ``facilitator`` or ``place``, with ``alternatives`` near by.
    """
    at = now or clock_now()
    check_draft(draft, venue, at)
    try:
        return _create(venue, draft, actor, at)
    except SlotTaken as conflict:
        # Looked for outside the transaction: a search must not keep locks.
        if not transaction.get_connection().in_atomic_block:
            _add_alternatives(conflict, venue, draft, at)
        raise


def _add_alternatives(conflict: SlotTaken, venue: Venue, draft: SessionDraft, now: datetime) -> None:
    ids = [draft.facilitator.resource_id, draft.place.room_id if draft.place else None]
    named = [id for id in ids if id is not None]
    conflict.extra["alternatives"] = list_near_starts(venue, named, draft.starts_at, draft.ends_at, now)


@retried_atomic
def _create(venue: Venue, draft: SessionDraft, actor: Actor, now: datetime) -> Session:
    span = Span(draft.starts_at, draft.ends_at)
    place = find_place(venue, draft, [span])
    session = make_session(venue, draft, place, span, now)
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
            now=now,
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
    drafts = _spread(venue, drafts)
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


def _spread(venue: Venue, drafts: Sequence[SessionDraft]) -> list[SessionDraft]:
    """Each keeps its place, but for what takes place online or elsewhere: there any lane will do."""
    placed = list(drafts)
    for kind in LANE_NAMES:
        there = {number: each.place for number, each in enumerate(drafts) if each.place}
        there = {number: place for number, place in there.items() if place.kind == kind}
        if not there:
            continue
        lock_lanes(venue.pk)
        spans = [Span(drafts[number].starts_at, drafts[number].ends_at) for number in there]
        asked = [Wish(span, place) for span, place in zip(spans, there.values(), strict=True)]
        for number, lane in zip(there, spread_over_lanes(venue=venue, kind=kind, wanted=asked), strict=True):
            placed[number] = replace(drafts[number], place=lane)
    return placed


def find_place(venue: Venue, draft: SessionDraft, spans: Sequence[Span]) -> Studio:
    """The one that is named, or a lane of its kind; without either the facilitator's usual one.

    A lane that is taken is as good as another.
    """
    place = draft.place
    kind = place.kind if place else draft.place_kind
    if kind in LANE_NAMES:
        place = find_lane(venue=venue, kind=PlaceKind(kind), spans=spans, usual=place)
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
    insert_rows([term for session, draft in pairs for term in make_terms(session, draft.plan)])


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
            is_on_sale=tier.is_on_sale,
            position=position,
        )
        for position, tier in enumerate(draft.tiers)
    ]


def make_terms(session: Session, plan: Sequence[Term]) -> list[PlanTerm]:
    return [
        PlanTerm(
            venue_id=session.venue_id,
            session=session,
            position=position,
            due_on=term.due_on,
            days_before=term.days_before,
            percent=term.percent,
        )
        for position, term in enumerate(plan)
    ]


@contextmanager
def naming_what_is_taken(facilitator: Facilitator, place: Studio) -> Iterator[None]:
    try:
        yield
    except SlotTaken as conflict:
        by_resource = {facilitator.resource_id: "facilitator", place.room_id: "place"}
        conflict.extra["taken"] = by_resource.get(conflict.resource_id, "seats")
        raise


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
        policy=session.policy,
        is_published=session.published_at is not None,
        tiers=[draft_of_tier(tier) for tier in session.tiers.all()] if session.has_tiers else (),
        plan=[Term(term.percent, term.due_on, term.days_before) for term in session.plan_terms.all()],
    )
    return replace(draft, **more)


def draft_of_tier(tier: Tier) -> TierDraft:
    pays = TierPays(tier.pays)
    return TierDraft(tier.name, tier.price, tier.quota, tier.deposit, pays, tier.is_on_sale)
