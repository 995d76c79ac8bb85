"""Makes the blocks of a resource what an external calendar says, as far as the time is free.

Every block is a reservation like any other; what is booked already stays booked, and is told as a conflict.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from calendars.models import ExternalCalendar, ExternalEvent
from calendars.reading import Found
from calendars.spans import Piece, Wanted, plan, wanted
from common.clock import epoch_seconds
from common.clock import now as clock_now
from common.errors import DomainError
from common.transactions import retried_atomic
from reservations.domain.values import Actor
from reservations.enums import CANCELLABLE, OCCUPYING, Purpose, Source
from reservations.models import Allocation
from reservations.services import Changes, block_time, cancel_reservation, change_reservation
from resources.catalog import catalog
from scheduling.spans import Span
from scheduling.zones import from_minute, to_minute

IMPORT = Actor(None, Source.IMPORT)
AT_ONCE = 200
"""Changes in one transaction: others wait for it."""
KEPT = timedelta(days=30)
"""How long what is over can still be looked at."""
Step = Callable[[], Piece | None]
"""One change; gives back a piece that is still to be blocked."""


def apply(calendar: ExternalCalendar, found: Sequence[Found], *, now: datetime) -> None:
    """``found`` is all that lies ahead. Safe to repeat."""
    first = -(-int(now.timestamp()) // 60)
    ahead = [each._replace(start=max(each.start, first)) for each in found if each.end > first]
    last = max((each.end for each in ahead), default=first)
    pieces = wanted(ahead, *_others(calendar, first, last))
    rows = {row.pk: row for row in _blocks(calendar, now)}
    present = {pk: (_span_ahead(row, first), row.uids) for pk, row in rows.items()}
    made = plan(present, pieces.free)
    _tell(calendar, pieces, now)
    steps: list[Step] = [_dropping(rows[pk]) for pk in made.dropped]
    steps += [_moving(rows[pk], piece, first) for pk, piece in made.moved.items()]
    steps += [_adding(calendar, piece) for piece in made.added]
    left = _run(steps)
    _run([_adding(calendar, piece) for piece in left])
    for pk, piece in made.kept.items():
        _describe(rows[pk], piece, first)


def _run(steps: Sequence[Step]) -> list[Piece]:
    """Many in one transaction, so that nobody gets between one block's end and another's beginning."""
    left: list[Piece] = []
    for start in range(0, len(steps), AT_ONCE):
        left += _together(steps[start : start + AT_ONCE])
    return left


@retried_atomic
def _together(steps: Sequence[Step]) -> list[Piece]:
    return [piece for step in steps if (piece := step())]


def _others(calendar: ExternalCalendar, first: int, last: int) -> tuple[list[Span], list[Span]]:
    """What bookings, and what other external calendars, occupy of the resource; buffers included."""
    resource = calendar.resource
    leaves = [leaf.id for leaf in catalog(resource.venue_id).bookables[resource.pk].leaves]
    imported = ExternalEvent.objects.filter(reservation=OuterRef("reservation"))
    rows = (
        Allocation.objects.counting(epoch_seconds(clock_now()))
        .overlapping(first, last)
        .filter(resource__in=leaves)
        .exclude(Exists(imported.filter(calendar=calendar)))
        .annotate(is_imported=Exists(imported))
        .values_list("b0", "b1", "is_imported")
    )
    booked: list[Span] = []
    blocked: list[Span] = []
    for start, end, is_imported in rows:
        if start is not None and end is not None:
            (blocked if is_imported else booked).append((start, end))
    return booked, blocked


def _blocks(calendar: ExternalCalendar, now: datetime) -> list[ExternalEvent]:
    """Events whose block stands; staff may have cancelled one or moved it."""
    rows = calendar.events.filter(reservation__status__in=OCCUPYING, reservation__ends_at__gt=now)
    return list(rows.select_related("reservation", "calendar"))


def _span_ahead(row: ExternalEvent, first: int) -> Span:
    assert row.reservation is not None  # noqa: S101  (``_blocks`` asked for it)
    return max(to_minute(row.reservation.starts_at), first), to_minute(row.reservation.ends_at)


def _dropping(row: ExternalEvent) -> Step:
    def drop() -> None:
        _release(row)
        ExternalEvent.objects.filter(pk=row.pk).delete()

    return drop


def _release(row: ExternalEvent) -> None:
    if row.reservation is not None and row.reservation.status in CANCELLABLE:
        reason = _("No longer in the external calendar.")
        cancel_reservation(reservation_id=row.reservation.pk, actor=IMPORT, reason=reason, waive_fee=True)


def _moving(row: ExternalEvent, piece: Piece, first: int) -> Step:
    """Moves the block; where that is refused, ends it, and the piece waits until all have moved."""

    def move() -> Piece | None:
        assert row.reservation is not None  # noqa: S101
        has_begun = to_minute(row.reservation.starts_at) < first
        start = None if has_begun and piece.start == first else from_minute(piece.start)
        changes = Changes(start=start, end=from_minute(piece.end))
        try:
            with transaction.atomic():
                change_reservation(reservation_id=row.reservation.pk, changes=changes, actor=IMPORT)
        except DomainError:
            _release(row)
            ExternalEvent.objects.filter(pk=row.pk).delete()
            return piece
        _describe(row, piece, first)
        return None

    return move


def _adding(calendar: ExternalCalendar, piece: Piece) -> Step:
    def add() -> None:
        row = _event(calendar, piece)
        try:
            row.reservation = block_time(
                venue_id=calendar.resource.venue_id,
                resource_ids=[calendar.resource_id],
                start=row.starts_at,
                end=row.ends_at,
                title=calendar.name,
                purpose=Purpose.BLOCK,
                actor=IMPORT,
            )
        except DomainError as error:
            row.conflict = str(error)[:200]
        row.save()

    return add


def _describe(row: ExternalEvent, piece: Piece, first: int) -> None:
    """Writes what is different; the past part of what has begun is no longer told by ``piece``."""
    new = _event(row.calendar, piece)
    if piece.start == first:
        new.starts_at = min(row.starts_at, new.starts_at)
    names = ("starts_at", "ends_at", "uids", "summary")
    if different := {name: getattr(new, name) for name in names if getattr(row, name) != getattr(new, name)}:
        ExternalEvent.objects.filter(pk=row.pk).update(**different)


def _event(calendar: ExternalCalendar, piece: Piece, conflict: str = "") -> ExternalEvent:
    return ExternalEvent(
        venue_id=calendar.venue_id,
        calendar=calendar,
        starts_at=from_minute(piece.start),
        ends_at=from_minute(piece.end),
        uids=list(piece.uids),
        summary=piece.summary,
        conflict=conflict,
    )


@retried_atomic
def _tell(calendar: ExternalCalendar, pieces: Wanted, now: datetime) -> None:
    """What is not blocked, with the reasons; forgets what is long over."""
    why = _("This time is booked here.")
    fresh = [_event(calendar, piece, why) for piece in pieces.taken]
    fresh += [_event(calendar, piece) for piece in pieces.covered]
    told = calendar.events.filter(ends_at__gt=now).exclude(reservation__status__in=OCCUPYING)
    if sorted(map(_shown, told)) != sorted(map(_shown, fresh)):
        told.delete()
        ExternalEvent.objects.bulk_create(fresh)
    calendar.events.filter(ends_at__lt=now - KEPT).delete()


def _shown(row: ExternalEvent) -> tuple[object, ...]:
    return row.starts_at, row.ends_at, row.uids, row.summary, row.conflict, row.reservation_id is not None


def release_all(calendar: ExternalCalendar, *, now: datetime) -> None:
    """Ends all its blocks that are not over."""
    _run([_dropping(row) for row in _blocks(calendar, now)])
