"""Substitutes: the facilitator of a session changes and nothing else, so that its seats stay as they are."""

from datetime import datetime

from classes.drafts import check_length, require_teacher
from classes.enums import SessionStatus
from classes.exceptions import HasBegun
from classes.finding import lock_sessions
from classes.models import Facilitator, Session
from classes.occupying import in_charge, list_items
from classes.selectors import list_free_colleagues
from classes.signals import SessionChange, SessionNews, tell_sessions
from common.clock import now as clock_now
from common.errors import NotFound
from common.transactions import retried_atomic
from reservations.domain.values import Actor, ReservationChanges
from reservations.exceptions import SlotTaken, StaleVersion, TransitionNotAllowed
from reservations.services import change_reservation

LONGEST_NOTE = 500
REQUEST = ("substitute_wanted_at", "substitute_note", "substitute_declined")
SETTLED = ("substitute_for", *REQUEST)
"""What follows whoever leads a session."""


@retried_atomic
def substitute(
    *,
    session_id: int,
    facilitator: Facilitator,
    actor: Actor,
    version: int | None = None,
    now: datetime | None = None,
) -> Session:
    """``facilitator`` leads it instead; whose it was may take it back the same way.

    Raises ``SlotTaken`` where they have something else then, ``HasBegun`` once it is over.
    """
    at = now or clock_now()
    session = _lock_open(session_id, at)
    if version is not None and session.version != version:
        raise StaleVersion
    if facilitator.venue_id != session.venue_id:
        raise NotFound
    if facilitator.pk != session.facilitator_id:
        require_teacher(facilitator)
        _swap(session, facilitator, actor, at)
    return session


def _lock_open(session_id: int, now: datetime) -> Session:
    session = lock_sessions([session_id])[0]
    if session.status != SessionStatus.ACTIVE:
        raise TransitionNotAllowed
    if session.ends_at <= now:
        raise HasBegun
    return session


def _swap(session: Session, facilitator: Facilitator, actor: Actor, now: datetime) -> None:
    before = session.facilitator
    whose = session.substitute_for or before
    session.substitute_for, session.facilitator = whose, facilitator
    settle_request(session)
    session.version += 1
    session.save(update_fields=["facilitator", *SETTLED, "version"])
    items = list_items(facilitator, session.place, session.capacity)
    try:
        change_reservation(
            reservation_id=session.reservation_id,
            changes=ReservationChanges(items=items, keep_price=True),
            actor=in_charge(actor),
            now=now,
        )
    except SlotTaken as conflict:
        conflict.extra["taken"] = "facilitator"  # all else is the session's already
        raise
    tell_sessions([SessionChange(session, SessionNews.SUBSTITUTED, actor, {"before": before})])


def settle_request(session: Session) -> None:
    """Somebody else leads it now: nobody is looked for any more, and nobody stands in for themselves."""
    _set_request(session, None, "")
    if session.substitute_for_id == session.facilitator_id:
        session.substitute_for = None


def _set_request(session: Session, at: datetime | None, note: str) -> None:
    """Asked anew, everybody is asked."""
    session.substitute_wanted_at, session.substitute_note, session.substitute_declined = at, note, []


@retried_atomic
def ask_for_substitute(
    *, session_id: int, actor: Actor, note: str = "", now: datetime | None = None
) -> tuple[Session, list[Facilitator]]:
    """Colleagues who are free then are told; whoever accepts first has it. Raises ``ToldOften``."""
    at = now or clock_now()
    check_length(note, LONGEST_NOTE, "note")
    session = _lock_open(session_id, at)
    _set_request(session, at, note)
    session.save(update_fields=REQUEST)
    colleagues = list_free_colleagues(session)
    extra = {"colleagues": colleagues}
    tell_sessions([SessionChange(session, SessionNews.SUBSTITUTE_WANTED, actor, extra)])
    return session, colleagues


@retried_atomic
def stop_asking(*, session_id: int, now: datetime | None = None) -> Session:
    session = _lock_open(session_id, now or clock_now())
    _set_request(session, None, "")
    session.save(update_fields=REQUEST)
    return session


@retried_atomic
def decline_to_substitute(*, session_id: int, facilitator: Facilitator) -> Session:
    """They aren't asked for it again; whoever asks sees it. Quiet the second time, and once it is settled."""
    session = lock_sessions([session_id])[0]
    if session.substitute_wanted_at and facilitator.pk not in session.substitute_declined:
        session.substitute_declined = [*session.substitute_declined, facilitator.pk]
        session.save(update_fields=["substitute_declined"])
    return session


@retried_atomic
def accept_to_substitute(
    *, session_id: int, facilitator: Facilitator, actor: Actor, now: datetime | None = None
) -> Session:
    """Only while somebody is wanted: the second who accepts is told so (``TransitionNotAllowed``)."""
    session = lock_sessions([session_id])[0]
    if session.substitute_wanted_at is None:
        raise TransitionNotAllowed
    return substitute(session_id=session_id, facilitator=facilitator, actor=actor, now=now)
