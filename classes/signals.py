from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.dispatch import Signal

if TYPE_CHECKING:
    from classes.models import Facilitator, Instalment, Pass, Session
    from reservations.domain.values import Actor


class SessionNews(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    SUBSTITUTED = "substituted"
    SUBSTITUTE_WANTED = "substitute_wanted"
    MINIMUM_NOT_MET = "minimum_not_met"
    SEATS_OPENED = "seats_opened"
    WAITLIST_CLOSED = "waitlist_closed"
    ATTENDANCE = "attendance"
    LETTER = "letter"


@dataclass(frozen=True, slots=True)
class SessionChange:
    """``extra``: what it was before (by field), whom it concerns, how much was returned."""

    session: "Session"
    news: SessionNews
    actor: "Actor"
    extra: dict[str, Any] = field(default_factory=dict)


sessions_changed = Signal()
"""``changes`` (``SessionChange``); sent in the transaction, a receiver that raises undoes it."""

instalments_due = Signal()
"""``instalments`` (``Instalment``), ``days``: until they are due, negative once they are late."""

passes_expiring = Signal()
"""``passes`` (``Pass``) that expire in some days and have credits left."""


facilitators_changed = Signal()
"""``facilitator``, who asks to teach or, once they are approved, may."""


def tell_facilitator(facilitator: "Facilitator") -> None:
    facilitators_changed.send(type(facilitator), facilitator=facilitator)


def tell_sessions(changes: "list[SessionChange]") -> None:
    if changes:
        sessions_changed.send(type(changes[0].session), changes=changes)


def tell_instalments(instalments: "list[Instalment]", days: int) -> None:
    if instalments:
        instalments_due.send(type(instalments[0]), instalments=instalments, days=days)


def tell_passes(passes: "list[Pass]", days: int) -> None:
    if passes:
        passes_expiring.send(type(passes[0]), passes=passes, days=days)
