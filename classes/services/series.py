"""Weekly classes: one session on many local dates, made and changed as one; what is past never changes."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from classes.clashes import Asked, name_obstacles, name_refused
from classes.drafts import SessionDraft, check_draft
from classes.enums import SessionStatus
from classes.exceptions import SessionNotFound
from classes.models import Facilitator, Session, Studio
from classes.occupying import in_charge, make_block
from classes.permissions import manages_classes
from classes.services.calling_off import CalledOff, cancel_sessions
from classes.services.moving import SessionChanges, SessionsMoved, change_sessions
from classes.services.scheduling import create_sessions, plan_sessions
from common.clock import now as clock_now
from common.errors import InvalidInput
from common.parsing import refuse, resolve_local_time
from common.transactions import rehearsal, retried_atomic
from reservations.domain.values import Actor
from reservations.enums import Purpose
from reservations.exceptions import SeriesRefused, StaleVersion
from reservations.series import SeriesScope, list_dates
from reservations.services import find_obstacles
from resources.models import Venue

A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """``code`` and ``message`` say what stands in the way."""

    on: date
    start: datetime | None
    end: datetime | None
    code: str = ""
    message: str | Promise = ""

    @property
    def is_free(self) -> bool:
        return not self.code


@dataclass
class SeriesMade:
    series: UUID | None
    occurrences: list[Occurrence]
    sessions: list[Session] = field(default_factory=list)


def create_series(
    *,
    venue: Venue,
    draft: SessionDraft,
    rule: str,
    skip: Collection[date] = (),
    actor: Actor,
    dry_run: bool = False,
    now: datetime | None = None,
) -> SeriesMade:
    """``draft`` on each date of ``rule`` (RFC 5545), at its local time, from its own date on; all or none.

    With ``dry_run`` every obstacle is listed and nothing written; without, ``SeriesRefused`` lists them.
    """
    at = now or clock_now()
    check_draft(draft, venue, at)
    occurrences = _list_occurrences(venue, draft, rule, skip)
    if dry_run:
        return SeriesMade(None, _judge(venue, draft, occurrences, actor, at))
    try:
        return _create(venue, draft, occurrences, actor, at)
    except SeriesRefused as refused:
        if draft.place is not None:
            spans = [(each.start, each.end) for each in occurrences if each.start and each.end]
            name_refused(refused, [Asked(draft.facilitator, draft.place, *span) for span in spans], actor)
        raise


def _list_occurrences(
    venue: Venue, draft: SessionDraft, rule: str, skip: Collection[date]
) -> list[Occurrence]:
    local_start = draft.starts_at.astimezone(venue.zone)
    length = draft.ends_at - draft.starts_at
    dates = [on for on in list_dates(rule, local_start) if on not in skip]
    if not dates:
        refuse("skip", _("No dates are left in this series."))
    at = local_start.time().replace(tzinfo=None)
    occurrences = [_make_occurrence(on, at, length, venue.zone_name) for on in dates]
    _require_apart(occurrences)
    return occurrences


def _make_occurrence(on: date, at: time, length: timedelta, zone: str) -> Occurrence:
    """A time that the clocks skip or repeat that day is an obstacle."""
    try:
        start = resolve_local_time(on, at, zone)
    except InvalidInput as error:
        return Occurrence(on, None, None, error.code, error.message)
    return Occurrence(on, start, start + length)


def _require_apart(occurrences: Sequence[Occurrence]) -> None:
    spans = [(each.start, each.end) for each in occurrences if each.start and each.end]
    if any(start < end for (_first, end), (start, _last) in zip(spans, spans[1:], strict=False)):
        refuse("duration", _("Choose a duration shorter than the time between two dates."))


def _drafts_of(draft: SessionDraft, occurrences: Sequence[Occurrence]) -> list[SessionDraft]:
    return [
        replace(draft, starts_at=each.start, ends_at=each.end)
        for each in occurrences
        if each.start and each.end
    ]


def _judge(
    venue: Venue, draft: SessionDraft, occurrences: Sequence[Occurrence], actor: Actor, now: datetime
) -> list[Occurrence]:
    with rehearsal(dry_run=True):
        sessions = plan_sessions(venue, _drafts_of(draft, occurrences), now)
        blocks = [make_block(session) for session in sessions]
        found = find_obstacles(
            venue_id=venue.pk, blocks=blocks, purpose=Purpose.SESSION, actor=in_charge(actor), now=now
        )
    in_the_way = name_obstacles(sessions, found, actor)
    answers = iter(zip(found, in_the_way, strict=True))
    judged = []
    for occurrence in occurrences:
        obstacle, message = next(answers) if occurrence.start else (None, "")
        judged.append(
            replace(occurrence, code=str(obstacle.reason), message=message) if obstacle else occurrence
        )
    return judged


@retried_atomic
def _create(
    venue: Venue, draft: SessionDraft, occurrences: list[Occurrence], actor: Actor, now: datetime
) -> SeriesMade:
    refused = [_tell_refused(each) for each in occurrences if not each.is_free]
    if refused:
        raise SeriesRefused(extra={"refused": refused})
    series = uuid.uuid4()
    drafts = _drafts_of(draft, occurrences)
    sessions = create_sessions(venue=venue, drafts=drafts, series=series, actor=actor, now=now)
    return SeriesMade(series, occurrences, sessions)


def _tell_refused(occurrence: Occurrence) -> dict[str, Any]:
    return {
        "date": occurrence.on.isoformat(),
        "reason": str(occurrence.code),
        "message": str(occurrence.message),
    }


@dataclass(frozen=True, slots=True)
class SeriesEdit:
    """New values; None keeps the old one. ``at`` is a local time, ``days`` moves the date, ``minutes`` is
    the length."""

    at: time | None = None
    days: int = 0
    minutes: int | None = None
    facilitator: Facilitator | None = None
    place: Studio | None = None
    capacity: int | None = None
    title: str | None = None
    description: str | None = None
    price: Decimal | None = None


PLAIN = ("facilitator", "place", "capacity", "title", "description", "price")


def repeat_changes(session: Session, changes: SessionChanges) -> SeriesEdit:
    """For a whole series what a form says of one of its dates, where all of it is said.

    What is as it was there is not asked of the others: one of them may have been moved alone.
    """
    new = {name: changes.get(name) for name in PLAIN if changes.get(name) != getattr(session, name)}
    start, length = changes["starts_at"], changes["ends_at"] - changes["starts_at"]
    local, before = start.astimezone(session.venue.zone), session.local_start
    return SeriesEdit(
        at=local.time() if local.time() != before.time() else None,
        days=(local.date() - before.date()).days,
        minutes=length // A_MINUTE if length != session.ends_at - session.starts_at else None,
        **new,  # type: ignore[arg-type]
    )


def change_series(
    *,
    session_id: int,
    scope: SeriesScope,
    edit: SeriesEdit,
    actor: Actor,
    version: int | None = None,
    dry_run: bool = False,
    now: datetime | None = None,
) -> SessionsMoved:
    """This session, this and those that follow, or all that are still to come. All or none.

    ``version`` is that of ``session_id``. Raises what ``change_session`` raises;
    ``SeriesRefused`` lists every obstacle, sessions' and seats'.
    """
    at = now or clock_now()

    def list_changes(session: Session) -> SessionChanges:
        return _plan_edit(session, edit)

    ids = list_scope(session_id, scope, actor, at)
    is_among = session_id in ids
    if not is_among:
        _require_version(session_id, version)
    return change_sessions(
        ids=sorted(ids, key=lambda id: id != session_id),
        changes=list_changes,
        actor=actor,
        version=version if is_among else None,
        dry_run=dry_run,
        now=at,
    )


def _require_version(session_id: int, version: int | None) -> None:
    """Of one that is no longer to come, and so not locked. Raises ``StaleVersion``."""
    if version is not None and not Session.objects.filter(pk=session_id, version=version).exists():
        raise StaleVersion


def _plan_edit(session: Session, edit: SeriesEdit) -> SessionChanges:
    given = {name: getattr(edit, name) for name in PLAIN if getattr(edit, name) is not None}
    changes = cast(SessionChanges, given)
    length = session.ends_at - session.starts_at
    if edit.minutes is not None:
        length = edit.minutes * A_MINUTE
    start = session.starts_at
    if edit.at is not None or edit.days:
        local = session.starts_at.astimezone(session.venue.zone)
        at = edit.at or local.time().replace(tzinfo=None)
        on = local.date() + timedelta(days=edit.days)
        start = resolve_local_time(on, at, session.venue.zone_name)
    changes["starts_at"], changes["ends_at"] = start, start + length
    return changes


def list_scope(session_id: int, scope: SeriesScope, actor: Actor, now: datetime) -> list[int]:
    """Those still to come; of facilitators, who may lead but one date of a series, only their own.

    Raises ``SessionNotFound`` where none is.
    """
    anchor = Session.objects.filter(pk=session_id).order_by().first()
    if anchor is None:
        raise SessionNotFound
    if scope == SeriesScope.THIS or anchor.series is None:
        return [anchor.pk]
    rows = Session.objects.active().filter(series=anchor.series, starts_at__gt=now)
    if scope == SeriesScope.FOLLOWING:
        rows = rows.filter(starts_at__gte=anchor.starts_at)
    if actor.user and not manages_classes(actor.user, anchor.venue_id):
        rows = rows.filter(facilitator__user=actor.user)
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    if not ids:
        raise SessionNotFound
    return ids


def cancel_series(
    *,
    session_id: int,
    scope: SeriesScope,
    actor: Actor,
    reason: str = "",
    version: int | None = None,
    dry_run: bool = False,
    now: datetime | None = None,
) -> CalledOff:
    """As ``change_series``; quiet for what is called off already."""
    at = now or clock_now()
    ids = _list_ending(session_id, scope, actor, at)
    versions = {session_id: version} if version is not None else {}
    return cancel_sessions(ids=ids, actor=actor, reason=reason, versions=versions, dry_run=dry_run, now=at)


def _list_ending(session_id: int, scope: SeriesScope, actor: Actor, now: datetime) -> list[int]:
    """Raises ``SessionNotFound``."""
    try:
        return list_scope(session_id, scope, actor, now)
    except SessionNotFound:
        # Sent once more, when none of them is left.
        if Session.objects.filter(pk=session_id, status=SessionStatus.CANCELLED).exists():
            return [session_id]
        raise
