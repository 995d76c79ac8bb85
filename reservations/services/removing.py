"""Removing what was over long ago: bookings, what they occupied, their history and messages.

Nothing else deletes history; docs/decisions/0032-retention.md says what stays, and why.
"""

from collections.abc import Collection, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from uuid import UUID

from django.db import DatabaseError
from django.db.models import Exists, F, OuterRef, Q

from common.clock import epoch_minute
from common.sweeping import Sweep
from common.transactions import retried_atomic
from notifications.services.forgetting import remove_messages
from payments.services import remove_bills
from reservations.domain.archiving import ArchiveFailed, archiving
from reservations.enums import MANAGED, SUBJECT, Status
from reservations.models import Allocation, Reservation, ReservationEvent, ReservationItem, ReservationSeries
from reservations.querysets import ReservationQuerySet
from reservations.removals import HistoryRemoval
from reservations.retention import HistoryPart, history_parts
from reservations.selectors import is_settled
from resources.models import Venue

JOB = "reservations.remove_history"
BATCH = 500
MONEY = ("bill", "total_amount", "fee_amount", "minimum_fee", "refund_declined")
"""What tells whether a booking is settled."""
MOST_MONTHS = 1200
NOBODY = -1
"""No row's key: see ``HistoryRemoval.permit``."""


@dataclass(frozen=True, kw_only=True)
class RetentionRule:
    """``before``: what was over by then may go; ``paid_before``: also what has been paid for."""

    venue: Venue
    before: datetime
    paid_before: datetime | None = None
    archive: Path | None = None


def make_rule(
    venue: Venue, *, months: int, paid_months: int = 0, archive: Path | None = None, now: datetime
) -> RetentionRule:
    """Whole months by the venue's calendar; ``paid_months`` 0: what was paid for stays.

    Raises ``ValueError``: fewer months than one would remove what is still to come.
    """
    if not (1 <= months <= MOST_MONTHS and 0 <= paid_months <= MOST_MONTHS):
        raise ValueError(
            f"Months must be 1 to {MOST_MONTHS}, and those of what was paid for 0 to {MOST_MONTHS}."
        )
    paid_before = _month_before(now, max(months, paid_months), venue) if paid_months else None
    return RetentionRule(
        venue=venue, before=_month_before(now, months, venue), paid_before=paid_before, archive=archive
    )


def _month_before(now: datetime, months: int, venue: Venue) -> datetime:
    local = now.astimezone(venue.zone)
    year, month = divmod(local.year * 12 + local.month - 1 - months, 12)
    return datetime(year, month + 1, 1, tzinfo=venue.zone)


def list_over(rule: RetentionRule) -> ReservationQuerySet:
    rows = Reservation.objects.filter(venue=rule.venue, starts_at__lt=rule.before, ends_at__lt=rule.before)
    return rows.exclude(status=Status.HELD)  # whoever ends holds tells about them


def list_removable(rule: RetentionRule) -> ReservationQuerySet:
    """Bookings that nobody needs any more; of those with a bill also some that are not settled."""
    over = list_over(rule)
    released = {purpose for part in history_parts for purpose in part.purposes}
    over = over.exclude(purpose__in=set(MANAGED) - released)
    of_booking = {"reservation": OuterRef("pk")}
    later = Reservation.objects.filter(series=OuterRef("series"), ends_at__gte=rule.before)
    touched_since = ReservationEvent.objects.filter(**of_booking, at__gte=rule.before)
    occupying = Allocation.objects.filter(**of_booking, b1__gt=epoch_minute(rule.before))
    is_needed = Q(Exists(later)) | Q(Exists(touched_since)) | Q(Exists(occupying))
    for part in history_parts:
        is_needed |= part.needed()
    is_paid_long_ago = Q(ends_at__lt=rule.paid_before) if rule.paid_before else Q(pk__in=())
    return over.filter(Q(bill=None) | is_paid_long_ago).exclude(is_needed)


def remove_history(rule: RetentionRule, *, now: datetime, limit: int | None = None) -> int:
    """Batch by batch, so that nobody waits long; a booking that cannot go stops no other one.

    Ends with the batch in which ``limit`` is reached. Raises ``ArchiveFailed``.
    """
    batches = _list_batches(rule)
    first = next(batches, None)
    if first is None and not any(_list_others(part, rule, 1) for part in history_parts):
        return 0  # and nothing is written
    record = HistoryRemoval.objects.create(venue=rule.venue, before=rule.before, started_at=now)
    run, removed = Sweep(JOB, now=now), 0
    try:
        for batch in chain([first] if first else [], batches):
            starts = {pk: start for start, pk in batch}
            ids = run.in_turn(list(starts))  # without those that failed a moment ago
            removed += _remove_or_split(rule, record.pk, run, [(starts[pk], pk) for pk in ids])
            if limit is not None and removed >= limit:
                return removed
        removed += sum(_remove_others(part, rule, record.pk, run) for part in history_parts)
    finally:
        HistoryRemoval.objects.filter(pk=record.pk, reservations=0, events=0).delete()
    return removed


def _list_others(part: HistoryPart, rule: RetentionRule, number: int) -> list[int]:
    return list(part.others(rule.venue.pk, rule.before)[:number]) if part.others else []


def _remove_others(part: HistoryPart, rule: RetentionRule, record_id: int, run: Sweep) -> int:
    """What apps above keep beside no reservation, row by row where one of them is broken."""
    removed = 0
    while ids := run.in_turn(_list_others(part, rule, BATCH)):
        try:
            removed += _delete_others(part, record_id, ids)
        except (DatabaseError, ValueError):
            gone = [run.attempt(pk, lambda pk: _delete_others(part, record_id, [pk])) or 0 for pk in ids]
            if not any(gone):
                break
            removed += sum(gone)
    return removed


@retried_atomic
def _delete_others(part: HistoryPart, record_id: int, ids: Collection[int]) -> int:
    record = HistoryRemoval.objects.filter(pk=record_id)
    record.update(permit=NOBODY)
    events = part.remove_others(ids)
    record.update(permit=None, events=F("events") + events)
    return len(ids)


def _list_batches(rule: RetentionRule) -> Iterator[list[tuple[datetime, UUID]]]:
    """The oldest first, each looked at once: what has to stay is not found again and again."""
    ordered = list_removable(rule).order_by("starts_at", "pk").values_list("starts_at", "pk")
    rows = ordered
    while batch := list(rows[:BATCH]):
        yield batch
        start, pk = batch[-1]
        rows = ordered.filter(Q(starts_at__gt=start) | Q(starts_at=start, pk__gt=pk), starts_at__gte=start)


def _remove_or_split(
    rule: RetentionRule, record_id: int, run: Sweep, batch: list[tuple[datetime, UUID]]
) -> int:
    if len(batch) == 1:
        outcome = run.attempt(batch[0][1], lambda _id: _remove_or_tell(rule, record_id, batch))
        if isinstance(outcome, ArchiveFailed):
            raise outcome
        return outcome or 0
    try:
        return _remove(rule, record_id, batch) if batch else 0
    except (DatabaseError, OSError, ValueError):
        half = len(batch) // 2  # one of them is broken: the others go
        return sum(_remove_or_split(rule, record_id, run, part) for part in (batch[:half], batch[half:]))


def _remove_or_tell(
    rule: RetentionRule, record_id: int, batch: list[tuple[datetime, UUID]]
) -> int | ArchiveFailed:
    try:
        return _remove(rule, record_id, batch)
    except ArchiveFailed as error:
        return error


@retried_atomic
def _remove(rule: RetentionRule, record_id: int, batch: list[tuple[datetime, UUID]]) -> int:
    # Their starts keep the search short. Whoever is changing one of them now may: it stays until next time.
    starts, ids = zip(*batch, strict=True)
    rows = list_removable(rule).filter(pk__in=ids, starts_at__range=(min(starts), max(starts)))
    rows = rows.order_by("pk")
    rows = rows.select_for_update(skip_locked=True, of=("self",)).select_related("bill")
    rows = rows.prefetch_related("bill__payments")
    if not rule.archive:
        rows = rows.only("series_id", "status", "currency", *MONEY)
    going = [row for row in rows if row.bill is None or is_settled(row)]
    if not going:
        return 0
    with archiving(going, rule.archive, rule.venue) if rule.archive else nullcontext():
        _delete(record_id, going)
    return len(going)


def _delete(record_id: int, rows: list[Reservation]) -> None:
    ids = [row.pk for row in rows]
    record = HistoryRemoval.objects.filter(pk=record_id)
    record.update(permit=NOBODY)  # another run at this venue waits here
    for part in history_parts:
        part.remove(ids)
    remove_messages(SUBJECT, map(str, ids))
    for model in (Allocation, ReservationItem):
        rest = model._base_manager.filter(reservation__in=ids)
        rest._raw_delete(rest.db)
    events = ReservationEvent.objects.filter(reservation__in=ids)
    number = events._raw_delete(events.db)
    bookings = Reservation.objects.filter(pk__in=ids)
    bookings._raw_delete(bookings.db)
    remove_bills([row.bill_id for row in rows if row.bill_id])
    _delete_empty_series({row.series_id for row in rows if row.series_id})
    record.update(permit=None, reservations=F("reservations") + len(ids), events=F("events") + number)


def _delete_empty_series(ids: Collection[UUID]) -> None:
    left = Reservation.objects.filter(series=OuterRef("pk"))
    ReservationSeries.objects.filter(Q(pk__in=ids), ~Exists(left)).delete()
