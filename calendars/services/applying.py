"""Makes the blocks of a resource what an external calendar says, as far as the time is free."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from calendars.block_plan import BlockablePieces, Piece, find_blockable, plan_blocks
from calendars.ical_reading import BusySpan
from calendars.messages import tell_of_conflicts
from calendars.models import ExternalCalendar, ExternalEvent
from common.clock import epoch_seconds
from common.clock import now as clock_now
from common.errors import DomainError
from common.transactions import retried_atomic
from reservations.domain.values import Actor, all_units_of
from reservations.enums import CANCELLABLE, OCCUPYING, Purpose, Source
from reservations.models import Allocation
from reservations.services import ReservationChanges, block_time, cancel_reservation, change_reservation
from resources.catalog import catalog
from scheduling.spans import Span, merge, subtract
from scheduling.zones import from_minute, to_minute

IMPORT = Actor(None, Source.IMPORT)
AT_ONCE = 200
"""Changes in one transaction, during which others wait."""
KEPT = timedelta(days=30)
Step = Callable[[], Piece | None]


def apply_calendar(calendar: ExternalCalendar, spans: Sequence[BusySpan], *, now: datetime) -> None:
    """``spans`` is everything ahead. Safe to repeat."""
    first = -(-int(now.timestamp()) // 60)
    ahead = [span._replace(start=max(span.start, first)) for span in spans if span.end > first]
    last = max((span.end for span in ahead), default=first)
    pieces = find_blockable(ahead, *_read_occupied(calendar, first, last))
    events = {event.pk: event for event in _list_blocks(calendar, now)}
    present = {pk: (_span_ahead(event, first), event.uids) for pk, event in events.items()}
    changes = plan_blocks(present, pieces.free)
    # Conflicts are written first: they stand even if a later step fails.
    _record_unblocked(calendar, pieces, now)
    # Drop and move before adding: what is new may need the time of what goes.
    steps: list[Step] = [_make_drop_step(events[pk]) for pk in changes.dropped]
    steps += [_make_move_step(events[pk], piece, first) for pk, piece in changes.moved.items()]
    steps += [_make_add_step(calendar, piece) for piece in changes.added]
    unplaced = _run_steps(steps)
    # Pieces whose block could not move were in each other's way; by now the others have made room.
    _run_steps([_make_add_step(calendar, piece) for piece in unplaced])
    for pk, piece in changes.kept.items():
        _update_event(events[pk], piece, first)


def _run_steps(steps: Sequence[Step]) -> list[Piece]:
    """In few transactions, so that nobody books between one block's end and another's beginning."""
    unplaced: list[Piece] = []
    for start in range(0, len(steps), AT_ONCE):
        unplaced += _run_batch(steps[start : start + AT_ONCE])
    return unplaced


@retried_atomic
def _run_batch(steps: Sequence[Step]) -> list[Piece]:
    return [piece for step in steps if (piece := step())]


def _read_occupied(calendar: ExternalCalendar, first: int, last: int) -> tuple[list[Span], list[Span]]:
    resource = calendar.resource
    leaves = [leaf.id for leaf in catalog(resource.venue_id).bookables[resource.pk].leaves]
    imported = ExternalEvent.objects.filter(reservation=OuterRef("reservation"))
    allocations = (
        Allocation.objects.counting(epoch_seconds(clock_now()))
        .overlapping(first, last)
        .filter(resource__in=leaves)
        .exclude(Exists(imported.filter(calendar=calendar)))
        .annotate(is_imported=Exists(imported))
        .values_list("b0", "b1", "is_imported")
    )
    booked: list[Span] = []
    blocked: list[Span] = []
    for start, end, is_imported in allocations:
        if start is not None and end is not None:
            (blocked if is_imported else booked).append((start, end))
    return booked, blocked


def _list_blocks(calendar: ExternalCalendar, now: datetime) -> list[ExternalEvent]:
    events = calendar.events.filter(reservation__status__in=OCCUPYING, reservation__ends_at__gt=now)
    return list(events.select_related("reservation", "calendar"))


def _span_ahead(event: ExternalEvent, first: int) -> Span:
    assert event.reservation is not None  # noqa: S101  (``_list_blocks`` asked for it)
    return max(to_minute(event.reservation.starts_at), first), to_minute(event.reservation.ends_at)


def _make_drop_step(event: ExternalEvent) -> Step:
    def drop() -> None:
        _release(event)
        ExternalEvent.objects.filter(pk=event.pk).delete()

    return drop


def _release(event: ExternalEvent) -> None:
    if event.reservation is not None and event.reservation.status in CANCELLABLE:
        reason = _("No longer in the external calendar.")
        cancel_reservation(reservation_id=event.reservation.pk, actor=IMPORT, reason=reason, waive_fee=True)


def _make_move_step(event: ExternalEvent, piece: Piece, first: int) -> Step:
    """Where the move is refused, end the block; its piece is blocked once all others have moved."""

    def move() -> Piece | None:
        assert event.reservation is not None  # noqa: S101
        # The start of a block that has begun is fixed; only its end can still change.
        has_begun = to_minute(event.reservation.starts_at) < first
        start = None if has_begun and piece.start == first else from_minute(piece.start)
        changes = ReservationChanges(start=start, end=from_minute(piece.end))
        try:
            with transaction.atomic():
                change_reservation(reservation_id=event.reservation.pk, changes=changes, actor=IMPORT)
        except DomainError:
            _release(event)
            ExternalEvent.objects.filter(pk=event.pk).delete()
            return piece
        _update_event(event, piece, first)
        return None

    return move


def _make_add_step(calendar: ExternalCalendar, piece: Piece) -> Step:
    def add() -> None:
        event = _make_event(calendar, piece)
        try:
            event.reservation = block_time(
                venue_id=calendar.resource.venue_id,
                items=all_units_of([calendar.resource_id]),
                start=event.starts_at,
                end=event.ends_at,
                title=calendar.name,
                purpose=Purpose.BLOCK,
                actor=IMPORT,
            )
        except DomainError as error:
            event.conflict = str(error)[:200]
            tell_of_conflicts(calendar, [piece.span])
        event.save()

    return add


def _update_event(event: ExternalEvent, piece: Piece, first: int) -> None:
    """Update what differs. ``piece`` no longer contains the past part of a block that has begun."""
    described = _make_event(event.calendar, piece)
    if piece.start == first:
        described.starts_at = min(event.starts_at, described.starts_at)
    names = ("starts_at", "ends_at", "uids", "summary")
    if different := {
        name: getattr(described, name) for name in names if getattr(event, name) != getattr(described, name)
    }:
        ExternalEvent.objects.filter(pk=event.pk).update(**different)


def _make_event(calendar: ExternalCalendar, piece: Piece, conflict: str = "") -> ExternalEvent:
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
def _record_unblocked(calendar: ExternalCalendar, pieces: BlockablePieces, now: datetime) -> None:
    reason = _("This time is booked here.")
    unblocked = [_make_event(calendar, piece, reason) for piece in pieces.taken]
    unblocked += [_make_event(calendar, piece) for piece in pieces.covered]
    recorded = calendar.events.filter(ends_at__gt=now).exclude(reservation__status__in=OCCUPYING)
    # Rewritten only if different: most fetches change nothing.
    if sorted(map(_comparable, recorded)) != sorted(map(_comparable, unblocked)):
        tell_of_conflicts(calendar, _list_new_conflicts(recorded, pieces.taken))
        recorded.delete()
        ExternalEvent.objects.bulk_create(unblocked)
    calendar.events.filter(ends_at__lt=now - KEPT).delete()


def _list_new_conflicts(recorded: Iterable[ExternalEvent], taken: Sequence[Piece]) -> list[Span]:
    """Without times of which staff know already, also as part of a longer one."""
    known = [(to_minute(event.starts_at), to_minute(event.ends_at)) for event in recorded if event.conflict]
    return subtract(merge(piece.span for piece in taken), merge(known))


def _comparable(event: ExternalEvent) -> tuple[object, ...]:
    return (
        event.starts_at,
        event.ends_at,
        event.uids,
        event.summary,
        event.conflict,
        event.reservation_id is not None,
    )


def release_blocks(calendar: ExternalCalendar, *, now: datetime) -> None:
    _run_steps([_make_drop_step(event) for event in _list_blocks(calendar, now)])
