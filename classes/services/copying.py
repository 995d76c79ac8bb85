"""The sessions of one week once more in another, at the same local times."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from classes.clashes import Asked, name_obstacles, name_refused
from classes.drafts import SessionDraft, check_capacity
from classes.enums import SessionStatus
from classes.exceptions import SessionNotFound
from classes.models import Facilitator, Session
from classes.occupying import in_charge, make_block
from classes.services.scheduling import copy_draft, create_sessions, plan_sessions
from common.clock import now as clock_now
from common.errors import InvalidInput
from common.parsing import resolve_local_time
from common.transactions import rehearsal, retried_atomic
from reservations.domain.values import Actor
from reservations.enums import Purpose
from reservations.exceptions import SeriesRefused
from reservations.policies import Violation
from reservations.services import find_obstacles
from resources.models import Venue

A_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class PlannedCopy:
    """``code`` and ``message`` say what stands in the way."""

    session: Session
    start: datetime | None
    code: str = ""
    message: str | Promise = ""

    @property
    def is_free(self) -> bool:
        return not self.code


def plan_copies(
    *,
    venue: Venue,
    monday: date,
    to: date,
    facilitator: Facilitator | None = None,
    actor: Actor,
    now: datetime | None = None,
) -> list[PlannedCopy]:
    """What ``copy_week`` would put up, with every obstacle; nothing is written."""
    at = now or clock_now()
    copies = [
        _plan(session, venue, to - monday, at) for session in _list_sessions(venue, monday, facilitator)
    ]
    starts = [(copy.session, copy.start) for copy in copies if copy.start is not None and copy.is_free]
    with rehearsal(dry_run=True):
        drafts = [_make_draft(session, start) for session, start in starts]
        planned = plan_sessions(venue, drafts, at)
        blocks = [make_block(session) for session in planned]
        found = find_obstacles(
            venue_id=venue.pk, blocks=blocks, purpose=Purpose.SESSION, actor=in_charge(actor), now=at
        )
    answers = iter(zip(found, name_obstacles(planned, found, actor), strict=True))
    return [_judge(copy, *next(answers)) if copy.is_free else copy for copy in copies]


def _judge(copy: PlannedCopy, obstacle: Violation | None, message: str | Promise) -> PlannedCopy:
    return replace(copy, code=str(obstacle.reason), message=message) if obstacle else copy


def _plan(session: Session, venue: Venue, by: timedelta, now: datetime) -> PlannedCopy:
    try:
        start = _shift_start(session, venue, by)
    except InvalidInput as error:
        return PlannedCopy(session, None, error.code, error.message)
    if start <= now:
        return PlannedCopy(session, start, "past", _("This time has passed."))
    return PlannedCopy(session, start)


@retried_atomic
def copy_week(
    *,
    venue: Venue,
    monday: date,
    to: date,
    facilitator: Facilitator | None = None,
    only: Collection[int] | None = None,
    actor: Actor,
    now: datetime | None = None,
) -> list[Session]:
    """All of them, or those of ``only``, or none. Raises ``SessionNotFound`` where there is nothing."""
    sessions = [
        session
        for session in _list_sessions(venue, monday, facilitator)
        if only is None or session.pk in only
    ]
    if not sessions:
        raise SessionNotFound
    drafts = [_make_draft(session, _shift_start(session, venue, to - monday)) for session in sessions]
    try:
        with transaction.atomic():
            return create_sessions(
                venue=venue, drafts=drafts, series=None, actor=actor, now=now or clock_now()
            )
    except SeriesRefused as refused:
        asked = [
            Asked(each.facilitator, each.place, each.starts_at, each.ends_at) for each in drafts if each.place
        ]
        name_refused(refused, asked, actor)
        raise


def _list_sessions(venue: Venue, monday: date, facilitator: Facilitator | None) -> Sequence[Session]:
    first = resolve_local_time(monday, time(0), venue.zone_name)
    last = resolve_local_time(monday + A_WEEK, time(0), venue.zone_name)
    # Those of a week that is over are completed.
    rows = Session.objects.exclude(status=SessionStatus.CANCELLED)
    rows = rows.filter(venue=venue, starts_at__gte=first, starts_at__lt=last)
    rows = rows.filter(facilitator=facilitator) if facilitator else rows
    related = ("venue", "facilitator", "place__seats", "place__room", "class_type", "policy")
    rows = rows.select_related(*related).prefetch_related("tiers", "plan_terms")
    return list(rows.order_by("starts_at", "pk"))


def _shift_start(session: Session, venue: Venue, by: timedelta) -> datetime:
    """Raises ``InvalidInput`` for a time that the clocks skip or repeat, or for a studio too small by now."""
    check_capacity(session.capacity, session.online_capacity, session.place)
    local = session.starts_at.astimezone(venue.zone)
    return resolve_local_time(local.date() + by, local.time().replace(tzinfo=None), venue.zone_name)


def _make_draft(session: Session, start: datetime) -> SessionDraft:
    return copy_draft(session, starts_at=start, ends_at=start + (session.ends_at - session.starts_at))
