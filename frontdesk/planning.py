"""Bulk changes of schedules, and the bookings they leave stranded; ``dry_run`` rolls them back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.clock import epoch_minute, epoch_seconds
from common.clock import now as clock_now
from common.errors import Conflict, InvalidInput, NotFound
from common.progress import track_progress
from common.transactions import rehearsal, retried_atomic
from reservations.availability import Moment, find_violations
from reservations.domain.freeing import announcing_freed
from reservations.domain.history import lock_reservations
from reservations.domain.lines import Line, Span, make_probes, swap_line
from reservations.domain.occupancy import lock_leaves, occupied_leaves
from reservations.domain.values import Actor, booker_for
from reservations.domain.writing import booked_lines
from reservations.enums import OCCUPYING, RESCHEDULABLE, Purpose, Status
from reservations.exceptions import BookingRefused
from reservations.models import Reservation
from reservations.policies import Violation, violation
from reservations.querysets import ReservationQuerySet
from reservations.services import ReservationChanges, change_reservation
from resources.bookables import Bookable
from resources.catalog import catalog
from resources.models import AvailabilityOverride, OpeningHours
from resources.stamps import resource_keys, touch
from scheduling.hours import find_openings
from scheduling.reasons import Reason
from scheduling.spans import covers
from scheduling.zones import day_span, from_minute, to_minute

MOST_AFFECTED = 500


class StillBooked(Conflict):
    code = "still_booked"
    message = _("There are bookings in this time. Nothing was changed.")


@dataclass(frozen=True, slots=True)
class Closure:
    """All day or from ``start`` to ``end`` each day; without ``resource_ids`` the whole venue."""

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
    """One override per resource, or one for the venue; returns them with the stranded bookings.

    Bookings stay; without ``keep_bookings``, any stranded one raises ``StillBooked``.
    """
    with rehearsal(dry_run=dry_run):
        overrides = [_make_override(closure, resource_id) for resource_id in closure.resource_ids or (None,)]
        for override in overrides:
            override.save()
        # Bookings are judged after the overrides are saved, by the catalog that now includes them.
        zone = str(catalog(closure.venue_id).zone)
        # A day more: hours of the last date may run past midnight.
        first, last = day_span(closure.first_on, zone)[0], day_span(closure.last_on, zone)[1] + 1440
        stranded = list_stranded_reservations(
            closure.venue_id, closure.resource_ids, from_minute(first), from_minute(last)
        )
        if stranded and not keep_bookings:
            raise StillBooked(extra={"reservation_ids": [str(reservation.pk) for reservation in stranded]})
    return overrides, stranded


def _make_override(closure: Closure, resource_id: int | None) -> AvailabilityOverride:
    override = AvailabilityOverride(
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
        override.full_clean()
    except ValidationError as error:
        raise InvalidInput(
            fields={name: list(texts) for name, texts in error.message_dict.items()}
        ) from error
    return override


def list_stranded_reservations(
    venue_id: int, resource_ids: Collection[int], start: datetime, end: datetime
) -> list[Reservation]:
    """Bookings in [start, end) that the present configuration would refuse, ``MOST_AFFECTED`` at most."""
    return [reservation for reservation, _why in list_obstructed_bookings(venue_id, resource_ids, start, end)]


def list_obstructed_bookings(
    venue_id: int, resource_ids: Collection[int], start: datetime, end: datetime
) -> list[tuple[Reservation, Violation]]:
    """The same bookings, each with the rule against it; the first to begin first."""
    bookables = catalog(venue_id).bookables
    reservations = list_upcoming_bookings(venue_id, resource_ids, start, end).iterator(
        chunk_size=MOST_AFFECTED
    )
    with_obstacle = ((reservation, find_obstacle(reservation, bookables)) for reservation in reservations)
    return list(
        islice(
            ((reservation, obstacle) for reservation, obstacle in with_obstacle if obstacle), MOST_AFFECTED
        )
    )


def list_upcoming_bookings(
    venue_id: int, resource_ids: Collection[int], start: datetime, end: datetime
) -> ReservationQuerySet:
    """Bookings in [start, end) that are not over, of some resources or of the whole venue."""
    at = clock_now()
    reservations = Reservation.objects.filter(
        venue_id=venue_id,
        purpose=Purpose.BOOKING,
        status__in=OCCUPYING,
        starts_at__lt=end,
        ends_at__gt=max(start, at),
    ).exclude(status=Status.HELD, expires_at__lte=at)
    if resource_ids:
        reservations = reservations.filter(items__resource_id__in=resource_ids).distinct()
    return reservations.select_related("venue").prefetch_related("items").order_by("starts_at", "id")


def list_bookings_in_the_way(
    venue_id: int, resource_id: int, start: datetime, end: datetime
) -> ReservationQuerySet:
    """What a block of this resource would hit: bookings of its parts and of wholes it is in, too."""
    hit = _find_sharing(catalog(venue_id).bookables, resource_id)
    return list_upcoming_bookings(venue_id, [bookable.id for bookable in hit], start, end)


def _find_sharing(bookables: Mapping[int, Bookable], resource_id: int) -> list[Bookable]:
    """The resource, and those that share a part with it."""
    leaves = {leaf.id for leaf in bookables[resource_id].leaves}
    return [other for other in bookables.values() if leaves & {leaf.id for leaf in other.leaves}]


def find_obstacle(reservation: Reservation, bookables: Mapping[int, Bookable]) -> Violation | None:
    """What the present configuration has against a booking; None if it still fits."""
    obstacles = (find_line_obstacle(line, reservation) for line in booked_lines(reservation, bookables))
    return next((obstacle for obstacle in obstacles if obstacle), None)


def find_line_obstacle(line: Line, reservation: Reservation) -> Violation | None:
    """The same about one of its resources."""
    first, last = to_minute(reservation.starts_at), to_minute(reservation.ends_at)
    if not line.bookable.is_active:
        return violation(Reason.INACTIVE)
    if reservation.party_size > line.bookable.capacity:
        return violation(Reason.PARTY_TOO_LARGE)
    if line.units > line.bookable.limit:
        return violation(Reason.CAPACITY)
    if not covers(find_openings(line.bookable.plan, first, last).spans, first, last):
        return violation(Reason.CLOSED)
    return None


@dataclass(frozen=True, slots=True)
class Shift:
    """Minutes by which weekly hours begin and end later (negative: earlier)."""

    venue_id: int
    resource_ids: tuple[int, ...]
    start_by: int
    end_by: int
    weekdays: frozenset[int] = frozenset(range(7))


@retried_atomic
def shift_hours(
    *, shift: Shift, dry_run: bool = False
) -> tuple[list[tuple[str, OpeningHours]], list[Reservation]]:
    """Move weekly hours; returns each row with its former text, and the stranded bookings.

    Raises ``InvalidInput`` if nothing of the hours would be left, ``NotFound`` if there are none.
    """
    with rehearsal(dry_run=dry_run):
        hours = _lock_hours(shift)
        moved = [(str(weekly_hours), _shift_row(weekly_hours, shift)) for weekly_hours in hours]
        OpeningHours.objects.bulk_update(hours, ["start_time", "end_time"])
        # ``bulk_update`` sends no signals, so the venue's stamp is raised by hand before bookings are judged.
        touch([shift.venue_id], resource_keys(shift.resource_ids) or {"hours"})
        at = clock_now()
        stranded = list_stranded_reservations(
            shift.venue_id, shift.resource_ids, at, at + timedelta(days=366)
        )
    return moved, stranded


def _lock_hours(shift: Shift) -> list[OpeningHours]:
    hours = OpeningHours.objects.filter(venue_id=shift.venue_id, weekday__in=shift.weekdays)
    owner: Mapping[str, object] = (
        {"resource_id__in": shift.resource_ids} if shift.resource_ids else {"resource": None}
    )
    locked = list(hours.filter(**owner).select_for_update(of=("self",)).order_by("id"))
    if not locked:
        raise NotFound(_("These weekly hours don't exist."))
    return locked


def _shift_row(hours: OpeningHours, shift: Shift) -> OpeningHours:
    start = hours.start_time.hour * 60 + hours.start_time.minute
    end = hours.end_time.hour * 60 + hours.end_time.minute
    end += 1440 if end <= start else 0
    start, end = start + shift.start_by, end + shift.end_by
    if not (0 <= start < 1440 and 0 < end - start <= 1440):
        text = _("%(hours)s can't be moved that far.") % {"hours": hours}
        raise InvalidInput(text, fields={"start_by": [text]})
    hours.start_time, hours.end_time = time(start // 60, start % 60), time(end // 60 % 24, end % 60)
    return hours


@dataclass(frozen=True, slots=True)
class Relocation:
    reservation: Reservation
    to: Bookable | None
    reason: str | None = None


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
    """Move a resource's bookings in [start, end) to equivalent resources, the most alike first.

    Prices stay as agreed. Bookings for which nothing is free stay and are listed. Raises ``NotFound``,
    ``Busy``, ``InvalidInput`` for more than ``MOST_AFFECTED`` bookings.
    """
    bookables = catalog(venue_id).bookables
    if resource_id not in bookables or any(target not in bookables for target in targets):
        raise NotFound(_("This resource doesn't belong to this venue."))
    candidates = [bookables[target] for target in targets] or find_equivalents(
        bookables[resource_id], bookables.values()
    )
    with rehearsal(dry_run=dry_run), announcing_freed():
        reservations = list_upcoming_bookings(venue_id, [resource_id], start, end)
        locked = _lock_bookings(reservations, candidates)
        return [
            _relocate(reservation, bookables[resource_id], candidates, actor)
            for reservation in track_progress(locked)
        ]


@retried_atomic
@announcing_freed()
def move_out_of_the_way(
    *, venue_id: int, resource_id: int, start: datetime, end: datetime, actor: Actor
) -> list[Relocation]:
    """Move what a block of this resource would hit to equivalents that it leaves free.

    Raises and keeps what ``relocate_bookings`` does.
    """
    bookables = catalog(venue_id).bookables
    hit = _find_sharing(bookables, resource_id)
    untouched = [other for other in bookables.values() if other not in hit]
    candidates = {bookable.id: find_equivalents(bookable, untouched) for bookable in hit}
    reservations = list_bookings_in_the_way(venue_id, resource_id, start, end)
    locked = _lock_bookings(reservations, [target for targets in candidates.values() for target in targets])
    return [
        _relocate(reservation, bookables[item.resource_id], candidates[item.resource_id], actor)
        for reservation in locked
        for item in reservation.items.all()
        if item.resource_id in candidates
    ]


def _lock_bookings(reservations: ReservationQuerySet, candidates: Collection[Bookable]) -> list[Reservation]:
    """The bookings, read again once they, what they occupy and all candidates are locked."""
    ids = set(reservations.values_list("pk", flat=True)[: MOST_AFFECTED + 1])
    if len(ids) > MOST_AFFECTED:
        text = _("More than %(most)d bookings: choose a shorter time.") % {"most": MOST_AFFECTED}
        raise InvalidInput(text, fields={"end": [text]})
    # First the reservations' rows, then all leaves in one go: the order of every other change.
    occupied = occupied_leaves(lock_reservations(ids))
    lock_leaves(occupied | {leaf.id for candidate in candidates for leaf in candidate.leaves})
    return list(reservations.filter(pk__in=ids))


def find_equivalents(bookable: Bookable, others: Collection[Bookable]) -> list[Bookable]:
    """Resources that can replace this one and share no part with it, the closest capacity first."""
    leaves = {leaf.id for leaf in bookable.leaves}
    equivalents = [
        other
        for other in others
        if other.kind == bookable.kind
        and other.is_active
        and other.units_by == bookable.units_by
        and other.extension == bookable.extension
        and other.feature_slugs >= bookable.feature_slugs
        and not leaves & {leaf.id for leaf in other.leaves}
    ]
    return sorted(equivalents, key=lambda other: (abs(other.capacity - bookable.capacity), other.id))


def _relocate(
    reservation: Reservation, source: Bookable, candidates: Sequence[Bookable], actor: Actor
) -> Relocation:
    if reservation.status not in RESCHEDULABLE:
        return Relocation(reservation, None, Reason.TAKEN)
    booked = {item.resource_id: item for item in reservation.items.all()}
    candidates_left = [candidate for candidate in candidates if candidate.id not in booked]
    span = Span(to_minute(reservation.starts_at), to_minute(reservation.ends_at), reservation.party_size)
    item = booked[source.id]
    line = Line(source, item.units, takes_all=item.takes_all)
    lines = [swap_line(line, candidate, span.party_size) for candidate in candidates_left]
    at = clock_now()
    moment = Moment(epoch_minute(at), epoch_seconds(at))
    booker = booker_for(actor, reservation.venue_id)
    # Asked anew for each booking: the ones moved before it have taken time.
    obstacles = find_violations(make_probes(lines, span), booker, moment) if lines else []
    free = [line.bookable for line, obstacle in zip(lines, obstacles, strict=True) if obstacle is None]
    reason: str = next((obstacle.reason for obstacle in obstacles if obstacle), Reason.TAKEN)
    for bookable in free:
        changes = ReservationChanges(resources={source.id: bookable.id}, keep_price=True)
        try:
            with transaction.atomic():  # a product may have its own objections
                moved = change_reservation(
                    reservation_id=reservation.pk, changes=changes, actor=actor, now=at
                )
        except BookingRefused as refusal:
            reason = refusal.code
            continue
        return Relocation(moved, bookable)
    return Relocation(reservation, None, reason)
