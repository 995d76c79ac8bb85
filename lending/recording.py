"""The one place that assigns a loan's status, and its history. Every change ends here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from common.inserting import insert_rows
from common.updating import update_row
from lending.enums import TRANSITIONS, Kind, Skip, Status
from lending.exceptions import LeaseOver
from lending.models import Loan, LoanEvent
from lending.signals import LoanChange, loans_changed
from reservations.domain.values import Actor
from reservations.enums import Source
from reservations.exceptions import StaleVersion, TransitionNotAllowed

Changes = Mapping[str, Any]


class Step(NamedTuple):
    new: Status
    kind: Kind
    changes: Changes = MappingProxyType({})


def whole_second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def require_status(loan: Loan, *statuses: Status) -> None:
    """Raises ``TransitionNotAllowed``."""
    if loan.status not in statuses:
        raise TransitionNotAllowed


def require_running(loan: Loan, *statuses: Status) -> None:
    """Raises ``TransitionNotAllowed``, and ``LeaseOver`` where nobody has ended it but the time."""
    if loan.status not in statuses:
        raise LeaseOver if has_run_out(loan) else TransitionNotAllowed


def has_run_out(loan: Loan) -> bool:
    """The lease of what they had or of their place, or the time to fetch it."""
    if loan.status == Status.RETURNED:
        return loan.events.filter(kind=Kind.LAPSED).exists()
    return loan.status == Status.EXPIRED and not loan.is_dated


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
    extra: dict[str, Any] | None = None,
) -> None:
    """Save the new status with ``fields``, write the event and tell. Raises ``TransitionNotAllowed``."""
    take_steps(loan, [Step(new, kind, changes or {})], actor=actor, now=now, fields=fields, extra=extra)


def take_steps(
    loan: Loan,
    steps: Sequence[Step],
    *,
    actor: Actor,
    now: datetime,
    fields: tuple[str, ...] = (),
    extra: dict[str, Any] | None = None,
) -> None:
    """One after the other, saved at once. Raises ``TransitionNotAllowed``."""
    events = []
    for step in steps:
        old = Status(loan.status)
        if step.new not in TRANSITIONS[old]:
            raise TransitionNotAllowed
        loan.status = step.new
        events.append(_make_event(loan, step.kind, actor, now, old, step.changes))
    _save(loan, ("status", *fields), events)
    tell(loan, [step.kind for step in steps], actor, extra)


def record(
    loan: Loan,
    *,
    kind: Kind,
    actor: Actor,
    now: datetime,
    changes: Changes | None = None,
    fields: tuple[str, ...] = (),
    extra: dict[str, Any] | None = None,
) -> None:
    """A change that leaves the status as it is. ``extra`` is told, not stored."""
    _save(loan, fields, [_make_event(loan, kind, actor, now, Status(loan.status), changes or {})])
    tell(loan, [kind], actor, extra)


def begin_history(loan: Loan, actor: Actor, now: datetime, changes: Changes) -> None:
    """Of a new loan, which is stored with what becomes of it at once, or by ``store``.

    Told by whoever knows what became of it.
    """
    loan.unwritten = [_make_event(loan, Kind.REQUESTED, actor, now, "", changes)]


def store(loan: Loan) -> None:
    """A new loan as it is; nothing if it is stored already."""
    if not loan.is_new:
        return
    insert_rows([loan])
    _write_events(loan, [])


def _write_events(loan: Loan, events: Sequence[LoanEvent]) -> None:
    written = [*loan.unwritten, *events]
    for event in written:
        event.loan = loan  # it may have got its key just now
    loan.unwritten = ()
    insert_rows(written)


def note_overtaken(loan: Loan, now: datetime) -> None:
    """Somebody who wants less was served before them."""
    loan.skips += 1
    loan.skip_reason, loan.skipped_at = Skip.MORE_UNITS, whole_second(now)
    save_fields(loan, "skips", "skip_reason", "skipped_at")


def save_fields(loan: Loan, *fields: str) -> None:
    """Raises the version, by which concurrent edits are noticed."""
    _save(loan, fields, ())


def _save(loan: Loan, fields: Sequence[str], events: Sequence[LoanEvent]) -> None:
    loan.version += 1
    if loan.is_new:
        insert_rows([loan])
    else:
        update_row(loan, *fields, "version", "updated_at")
    _write_events(loan, events)


def _make_event(
    loan: Loan, kind: Kind, actor: Actor, now: datetime, old: Status | str, changes: Changes
) -> LoanEvent:
    return LoanEvent(
        venue_id=loan.venue_id,
        loan=loan,
        at=now,
        kind=kind,
        actor=actor.user,
        source=actor.source,
        old_status=old,
        new_status=loan.status,
        changes={name: value for name, value in changes.items() if value not in ("", None)},
    )


def tell(loan: Loan, kinds: Sequence[Kind], actor: Actor, extra: dict[str, Any] | None = None) -> None:
    is_automatic = actor.source == Source.SYSTEM
    changes = [LoanChange(loan, kind, actor, is_automatic, extra or {}) for kind in kinds]
    loans_changed.send(Loan, changes=changes)
