"""The one place that assigns a loan's status, and its history. Every change ends here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from common.inserting import insert_rows
from lending.enums import TRANSITIONS, Kind, Status
from lending.models import Loan, LoanEvent
from lending.signals import LoanChange, loans_changed
from reservations.domain.values import Actor
from reservations.enums import Source
from reservations.exceptions import StaleVersion, TransitionNotAllowed

Changes = Mapping[str, Any]


def whole_second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def require_status(loan: Loan, *statuses: Status) -> None:
    """Raises ``TransitionNotAllowed``."""
    if loan.status not in statuses:
        raise TransitionNotAllowed


def require_version(loan: Loan, version: int | None) -> None:
    if version is not None and loan.version != version:
        raise StaleVersion


def set_status(
    loan: Loan,
    new: Status,
    *,
    kind: Kind,
    actor: Actor,
    now: datetime,
    changes: Changes | None = None,
    fields: tuple[str, ...] = (),
) -> None:
    """Save the new status with ``fields``, write the event and tell. Raises ``TransitionNotAllowed``."""
    old = Status(loan.status)
    if new not in TRANSITIONS[old]:
        raise TransitionNotAllowed
    loan.status = new
    record(loan, kind=kind, actor=actor, now=now, old=old, changes=changes, fields=("status", *fields))


def record(
    loan: Loan,
    *,
    kind: Kind,
    actor: Actor,
    now: datetime,
    old: Status | None = None,
    changes: Changes | None = None,
    fields: tuple[str, ...] = (),
    extra: dict[str, Any] | None = None,
) -> None:
    """A change that leaves the status as it is, unless it was ``old``. ``extra`` is told, not stored."""
    save_fields(loan, *fields)
    write_event(loan, kind=kind, actor=actor, now=now, old=old or Status(loan.status), changes=changes)
    tell(loan, kind, actor, extra)


def save_fields(loan: Loan, *fields: str) -> None:
    """Raises the version, by which concurrent edits are noticed."""
    loan.version += 1
    loan.save(update_fields=[*fields, "version", "updated_at"])


def write_event(
    loan: Loan,
    *,
    kind: Kind,
    actor: Actor,
    now: datetime,
    old: Status | str = "",
    changes: Changes | None = None,
) -> None:
    event = LoanEvent(
        venue_id=loan.venue_id,
        loan=loan,
        at=now,
        kind=kind,
        actor=actor.user,
        source=actor.source,
        old_status=old,
        new_status=loan.status,
        changes={name: value for name, value in (changes or {}).items() if value not in ("", None)},
    )
    insert_rows([event])


def tell(loan: Loan, kind: Kind, actor: Actor, extra: dict[str, Any] | None = None) -> None:
    change = LoanChange(loan, kind, actor, actor.source == Source.SYSTEM, extra or {})
    loans_changed.send(Loan, changes=[change])
