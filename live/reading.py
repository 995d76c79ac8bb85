"""Rows of changes, read after their commit, with what they touch."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Max, Min, Q, QuerySet

from common.clock import now
from live.kinds import kinds
from live.models import Change
from live.positions import LONGEST_TRANSACTION, Position

MOST_ROWS = 2000  # whoever has missed more fetches everything again, which is less work
KEPT = timedelta(hours=1)
RENDERING = timedelta(seconds=10)
"""A page may have been read from the database so long before it says it was."""


@dataclass(frozen=True, slots=True)
class CommittedChange:
    """``position`` is how far one has read with it; ``details`` is what its kind has added."""

    id: int
    position: str
    at: datetime
    kind: str
    venue_id: int
    venue: str
    details: Any = None
    leaders: frozenset[UUID] = frozenset()
    is_occupancy: bool = False
    subject_id: str = ""
    customer_id: UUID | None = None
    status: str = ""
    version: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    on: str | None = None


def present_position() -> Position:
    """Up to now, with the gaps of transactions that are under way."""
    position = Position()
    recent = list(Change.objects.order_by("-pk").values_list("pk", "created_at")[:MOST_ROWS])
    for pk, at in reversed(recent):
        position.take(pk, at)
    position.forget_gaps(now())
    return position


def is_position_known(position: Position) -> bool:
    """Whether no change after it was forgotten, and it is not of another database."""
    oldest = Change.objects.aggregate(oldest=Min("pk"))["oldest"]
    newest = Change.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return position.last <= newest and (oldest is None or position.last >= oldest - 1)


def forget_settled_gaps(position: Position) -> None:
    """Drop gaps below all rows that are older than any transaction."""
    # A position that a client has sent does not say when its gaps were noticed.
    old = Change.objects.filter(created_at__lt=now() - LONGEST_TRANSACTION) if position.gaps else None
    settled = old.aggregate(newest=Max("pk"))["newest"] if old is not None else None
    position.gaps = {id: at for id, at in position.gaps.items() if id > (settled or 0)}


def read_changes(position: Position, *, until: Position | None = None) -> list[CommittedChange] | None:
    """What came after ``position``, which moves on; None for too much. Nothing that ``until`` lacks."""
    wanted = _query_changes().filter(Q(pk__gt=position.last) | Q(pk__in=list(position.gaps)))
    rows = list(wanted.order_by("pk")[: MOST_ROWS + 1])
    if len(rows) > MOST_ROWS:
        return None
    rows = [row for row in rows if until is None or until.has(row.pk)]
    positions = []
    for row in rows:
        position.take(row.pk, row.created_at)
        positions.append(str(position))
    return add_details(rows, positions)


def read_changes_since(at: datetime, until: Position) -> list[CommittedChange] | None:
    """What was written since a page was made; None for too much, or too long ago."""
    if at < now() - KEPT + RENDERING:
        return None
    rows = list(_query_changes().filter(created_at__gte=at - RENDERING).order_by("pk")[: MOST_ROWS + 1])
    if len(rows) > MOST_ROWS:
        return None
    return add_details([row for row in rows if until.has(row.pk)], [str(until)] * len(rows))


def _query_changes() -> QuerySet[Change]:
    return Change.objects.annotate(venue_uuid=F("venue__uuid"))


def add_details(rows: Sequence[Change], positions: Sequence[str]) -> list[CommittedChange]:
    by_kind: dict[str, list[Change]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    details: dict[int, Any] = {}
    leaders: dict[int, frozenset[UUID]] = {}
    for name, kind_rows in by_kind.items():
        # One question per kind and not per row.
        if kind := kinds.get(name):
            details |= kind.details(kind_rows)
            leaders |= kind.leaders(kind_rows)
    return [
        _committed_change(row, text, details.get(row.pk), leaders.get(row.pk, frozenset()))
        for row, text in zip(rows, positions, strict=False)
    ]


def _committed_change(row: Change, position: str, details: Any, leaders: frozenset[UUID]) -> CommittedChange:
    venue = row.venue_uuid  # type: ignore[attr-defined]
    return CommittedChange(
        id=row.pk,
        position=position,
        at=row.created_at,
        kind=row.kind,
        venue_id=row.venue_id,
        venue=str(venue),
        details=details,
        leaders=leaders,
        is_occupancy=row.is_occupancy,
        subject_id=row.subject_id,
        customer_id=row.customer_id,
        status=row.status,
        version=row.version,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        on=row.on.isoformat() if row.on else None,
    )
