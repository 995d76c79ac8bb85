"""Bulk operations on schedules: what they change, and whom they leave stranded.

Every operation has a preview: the same change, undone at the end (``dry_run``).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from common.clock import epoch_minute, epoch_seconds
from common.clock import now as clock_now
from common.errors import Conflict, InvalidInput, NotFound
from common.progress import track_progress
from common.transactions import rehearsal, retried_atomic
from reservations.availability import Moment, violations
from reservations.domain.history import locked_reservations
from reservations.domain.lines import Line, Span, instead_of, probes
from reservations.domain.occupancy import lock_leaves, occupied_leaves
from reservations.domain.values import Actor, booker_for
from reservations.domain.writing import booked_lines
from reservations.enums import OCCUPYING, RESCHEDULABLE, Purpose, Status
from reservations.models import Reservation
from reservations.policies import Violation, violation
from reservations.querysets import ReservationQuerySet
from reservations.services import Changes, change_reservation
from resources.catalog import catalog
from resources.facts import Bookable
from resources.models import AvailabilityOverride, OpeningHours
from resources.stamps import resource_keys, touch
from scheduling.hours import find_openings
from scheduling.reasons import Reason
from scheduling.spans import covers
from scheduling.zones import day_span, from_minute, to_minute

MOST_AFFECTED = 500


class StillBooked(Conflict):
    """Bookings stand in the way of a closure that was asked to spare them."""

    code = "still_booked"
    message = _("There are bookings in this time. Nothing was changed.")


@dataclass(frozen=True, slots=True)
class Closure:
    """When to close: every date from ``first_on`` to ``last_on``, all day or from ``start`` to ``end``.

    ``resource_ids`` empty: the whole venue. ``is_open`` opens at these times instead.
    """

    venue_id: int
    resource_ids: tuple[int, ...]
    first_on: date
    last_on: date
    start: time | None = None
    end: time | None = None
    reason: str = ""
    is_open: bool = False


@retried_atomic
def close_dates(
    *, closure: Closure, keep_bookings: bool = True, dry_run: bool = False
) -> tuple[list[AvailabilityOverride], list[Reservation]]:
    """Writes one override per resource, or one for the venue; returns them with the stranded bookings.

    Bookings stay as they are; with ``keep_bookings`` False any booking refuses the closure.
    Raises ``InvalidInput``, ``StillBooked`` (``extra["reservation_ids"]``).
    """
    with rehearsal(dry_run=dry_run):
        rows = [_override(closure, each) for each in closure.resource_ids or (None,)]
        for row in rows:
            row.save()
        zone = str(catalog(closure.venue_id).zone)
        first, last = day_span(closure.first_on, zone)[0], day_span(closure.last_on, zone)[1] + 1440
        stranded = stranded_reservations(
            closure.venue_id, closure.resource_ids, from_minute(first), from_minute(last)
        )
        if stranded and not keep_bookings:
            raise StillBooked(extra={"reservation_ids": [str(each.pk) for each in stranded]})
    return rows, stranded


def _override(closure: Closure, resource_id: int | None) -> AvailabilityOverride:
    row = AvailabilityOverride(
        venue_id=closure.venue_id,
        resource_id=resource_id,
        starts_on=closure.first_on,
        ends_on=closure.last_on,
        start_time=closure.start,
        end_time=closure.end,
        is_available=closure.is_open,
        reason=closure.reason,
    )
    try:
        row.full_clean()
    except ValidationError as error:
        raise InvalidInput(
            fields={name: list(texts) for name, texts in error.message_dict.items()}
        ) from error
    return row


def stranded_reservations(
    venue_id: int, resource_ids: Collection[int], start: datetime, end: datetime
) -> list[Reservation]:
    """Bookings within [start, end) that today's configuration would refuse, at most ``MOST_AFFECTED``."""
    return [each for each, _why in list_obstructed_bookings(venue_id, resource_ids, start, end)]


def list_obstructed_bookings(
    venue_id: int, resource_ids: Collection[int], start: datetime, end: datetime
) -> list[tuple[Reservation, Violation]]:
    """``stranded_reservations`` with what stands against each; the first to come first."""
    known = catalog(venue_id).bookables
    rows = list_upcoming_bookings(venue_id, resource_ids, start, end).iterator(chunk_size=MOST_AFFECTED)
    judged = ((each, find_obstacle(each, known)) for each in rows)
    return list(islice(((each, why) for each, why in judged if why), MOST_AFFECTED))


def list_upcoming_bookings(
    venue_id: int, resource_ids: Collection[int], start: datetime, end: datetime
) -> ReservationQuerySet:
    """What is booked within [start, end) and not over, of some resources or of all the venue's."""
    at = clock_now()
    rows = Reservation.objects.filter(
        venue_id=venue_id,
        purpose=Purpose.BOOKING,
        status__in=OCCUPYING,
        starts_at__lt=end,
        ends_at__gt=max(start, at),
    ).exclude(status=Status.HELD, expires_at__lte=at)
    if resource_ids:
        rows = rows.filter(items__resource_id__in=resource_ids).distinct()
    return rows.select_related("venue").prefetch_related("items").order_by("starts_at", "id")


def find_obstacle(reservation: Reservation, known: Mapping[int, Bookable]) -> Violation | None:
    """What today's configuration has against a booking that was made under another: none if it still fits."""
    first, last = to_minute(reservation.starts_at), to_minute(reservation.ends_at)
    for line in booked_lines(reservation, known):
        bookable = line.bookable
        if not bookable.is_active:
            return violation(Reason.INACTIVE)
        if reservation.party_size > bookable.capacity:
            return violation(Reason.PARTY_TOO_LARGE)
        if line.units > bookable.limit:
            return violation(Reason.CAPACITY)
        if not covers(find_openings(bookable.plan, first, last).spans, first, last):
            return violation(Reason.CLOSED)
    return None


@dataclass(frozen=True, slots=True)
class Shift:
    """Minutes by which weekly hours begin and end later (negative: earlier), on some weekdays or all."""

    venue_id: int
    resource_ids: tuple[int, ...]
    start_by: int
    end_by: int
    weekdays: frozenset[int] = frozenset(range(7))


@retried_atomic
def shift_hours(
    *, shift: Shift, dry_run: bool = False
) -> tuple[list[tuple[str, OpeningHours]], list[Reservation]]:
    """Moves weekly hours; returns each row with what it said before, and the stranded bookings.

    Without resources it is the venue's own hours that move. Raises ``InvalidInput`` where nothing would
    be left of the hours, ``NotFound`` where there are none.
    """
    with rehearsal(dry_run=dry_run):
        rows = _rows_to_shift(shift)
        moved = [(str(row), _shifted(row, shift)) for row in rows]
        OpeningHours.objects.bulk_update(rows, ["start_time", "end_time"])
        touch([shift.venue_id], resource_keys(shift.resource_ids) or {"hours"})
        at = clock_now()
        stranded = stranded_reservations(shift.venue_id, shift.resource_ids, at, at + timedelta(days=366))
    return moved, stranded


def _rows_to_shift(shift: Shift) -> list[OpeningHours]:
    rows = OpeningHours.objects.filter(venue_id=shift.venue_id, weekday__in=shift.weekdays)
    wanted: Mapping[str, object] = (
        {"resource_id__in": shift.resource_ids} if shift.resource_ids else {"resource": None}
    )
    found = list(rows.filter(**wanted).select_for_update(of=("self",)).order_by("id"))
    if not found:
        raise NotFound(_("There are no such weekly hours."))
    return found


def _shifted(row: OpeningHours, shift: Shift) -> OpeningHours:
    start = row.start_time.hour * 60 + row.start_time.minute
    end = row.end_time.hour * 60 + row.end_time.minute
    end += 1440 if end <= start else 0
    start, end = start + shift.start_by, end + shift.end_by
    if not (0 <= start < 1440 and 0 < end - start <= 1440):
        text = _("%(hours)s cannot be moved so far.") % {"hours": row}
        raise InvalidInput(text, fields={"start_by": [text]})
    row.start_time, row.end_time = time(start // 60, start % 60), time(end // 60 % 24, end % 60)
    return row


@dataclass(frozen=True, slots=True)
class Relocation:
    """What becomes of one booking: its new resource, or None and why."""

    reservation: Reservation
    to: Bookable | None
    reason: Reason | None = None


@retried_atomic
def relocate_bookings(
    *,
    venue_id: int,
    resource_id: int,
    start: datetime,
    end: datetime,
    actor: Actor,
    targets: Sequence[int] = (),
    dry_run: bool = False,
) -> list[Relocation]:
    """Moves a resource's bookings within [start, end) to equivalent ones, the most alike first.

    Equivalent: of the same kind, active, big enough and with all its features; or any of ``targets``.
    Prices stay as agreed. Bookings for which nothing is free stay where they are and are listed.
    Raises ``NotFound``, ``InvalidInput`` for more than ``MOST_AFFECTED`` bookings, ``Busy``.
    """
    known = catalog(venue_id).bookables
    if resource_id not in known or any(each not in known for each in targets):
        raise NotFound(_("This venue has no such resource."))
    candidates = [known[each] for each in targets] or find_equivalents(known[resource_id], known.values())
    with rehearsal(dry_run=dry_run):
        rows = list_upcoming_bookings(venue_id, [resource_id], start, end)
        found = _locked(rows, candidates)
        return [_relocated(each, known[resource_id], candidates, actor) for each in track_progress(found)]


def _locked(rows: ReservationQuerySet, candidates: Collection[Bookable]) -> list[Reservation]:
    """These bookings as they are once they, what they occupy and all candidates are locked."""
    ids = set(rows.values_list("pk", flat=True)[: MOST_AFFECTED + 1])
    if len(ids) > MOST_AFFECTED:
        text = _("More than %(most)d bookings: choose a shorter time.") % {"most": MOST_AFFECTED}
        raise InvalidInput(text, fields={"end": [text]})
    occupied = occupied_leaves(locked_reservations(ids))
    lock_leaves(occupied | {leaf.id for each in candidates for leaf in each.leaves})
    return list(rows.filter(pk__in=ids))


def find_equivalents(bookable: Bookable, others: Collection[Bookable]) -> list[Bookable]:
    """Resources that serve like this one, without a part in common, the closest capacity first."""
    leaves = {leaf.id for leaf in bookable.leaves}
    alike = [
        each
        for each in others
        if each.kind == bookable.kind
        and each.is_active
        and each.units_by == bookable.units_by
        and each.feature_slugs >= bookable.feature_slugs
        and not leaves & {leaf.id for leaf in each.leaves}
    ]
    return sorted(alike, key=lambda each: (abs(each.capacity - bookable.capacity), each.id))


def _relocated(
    reservation: Reservation, source: Bookable, candidates: Sequence[Bookable], actor: Actor
) -> Relocation:
    if reservation.status not in RESCHEDULABLE:
        return Relocation(reservation, None, Reason.TAKEN)
    booked = {item.resource_id: item.units for item in reservation.items.all()}
    usable = [each for each in candidates if each.id not in booked]
    span = Span(to_minute(reservation.starts_at), to_minute(reservation.ends_at), reservation.party_size)
    lines = [instead_of(Line(source, booked[source.id]), each, span.party_size) for each in usable]
    at = clock_now()
    moment = Moment(epoch_minute(at), epoch_seconds(at))
    booker = booker_for(actor, reservation.venue_id)
    found = violations(probes(lines, span), booker, moment) if lines else []
    free = [line.bookable for line, each in zip(lines, found, strict=True) if each is None]
    if not free:
        return Relocation(reservation, None, next((each.reason for each in found if each), Reason.TAKEN))
    changes = Changes(resources={source.id: free[0].id}, keep_price=True)
    moved = change_reservation(reservation_id=reservation.pk, changes=changes, actor=actor, now=at)
    return Relocation(moved, free[0])
