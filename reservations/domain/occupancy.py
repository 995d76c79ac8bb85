"""Locks and writes of the occupancy table. The protocol is described in docs/locking.md."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from django.db import IntegrityError
from django.db.models import OuterRef, Subquery, prefetch_related_objects

from reservations.exceptions import BookingRefused, CapacityReached, SlotTaken
from reservations.guard import violated_constraint
from reservations.models import Allocation, Reservation
from reservations.policies import CONFLICTS, Violation
from reservations.signals import capacity_released
from resources.models import Resource, Venue
from resources.stamps import remember_stamp
from scheduling.reasons import Reason


def lock_leaves(leaf_ids: Collection[int]) -> None:
    """Takes the row locks of leaf resources in primary-key order, until commit; looks at their venue, too.

    ``no_key``: a plain FOR UPDATE would block every insert that references the rows.
    """
    rows = Resource.objects.filter(pk__in=leaf_ids).order_by("pk").select_for_update(no_key=True)
    stamp = Subquery(Venue.objects.filter(pk=OuterRef("venue_id")).order_by().values("config_stamp"))
    for venue_id, seen in {*rows.values_list("venue_id", stamp)}:
        remember_stamp(venue_id, seen)


def occupied_leaves(reservations: Sequence[Reservation]) -> set[int]:
    """Ids of the leaves that these locked reservations occupy."""
    prefetch_related_objects(reservations, "allocations")
    rows = [row for each in reservations for row in each.allocations.all()]
    return {row.resource_id for row in rows if row.b0 is not None}


@contextmanager
def guarded(*, single_unit: bool) -> Iterator[None]:
    """Translates the guard's refusal into ``SlotTaken`` or ``CapacityReached``."""
    try:
        yield
    except IntegrityError as error:
        match violated_constraint(error):
            case "allocation_within_limit":
                raise (SlotTaken() if single_unit else CapacityReached()) from error
            case "allocation_on_leaf":
                raise SlotTaken(code=Reason.PART_TAKEN) from error
        raise


def release(reservation: Reservation) -> None:
    """Frees everything the reservation occupies; its rows stay as history."""
    rows = Allocation.objects.filter(reservation=reservation, b0__isnull=False)
    freed = list(rows.values_list("resource_id", "b0", "b1"))
    if len(freed) > 1:
        lock_leaves([leaf for leaf, _b0, _b1 in freed])
    rows.update(b0=None, b1=None, expires_at=None)
    announce_freed(reservation.venue_id, freed)


def announce_freed(venue_id: int, freed: Collection[tuple[int, int | None, int | None]]) -> None:
    """Tells the apps above which leaves came free, and when (``b0``, ``b1``)."""
    spans = [(leaf, b0, b1) for leaf, b0, b1 in freed if b0 is not None and b1 is not None]
    if spans:
        capacity_released.send(
            Reservation,
            venue_id=venue_id,
            leaf_ids={leaf for leaf, _b0, _b1 in spans},
            start=min(b0 for _leaf, b0, _b1 in spans),
            end=max(b1 for _leaf, _b0, b1 in spans),
        )


def raise_violation(found: Violation | None) -> NoReturn:
    """Raises what a violation means: 409 for somebody else's booking (also for None), 400 for a rule."""
    if found is None:
        raise SlotTaken
    if found.reason == Reason.CAPACITY:
        raise CapacityReached(found.message)
    if found.reason in CONFLICTS:
        raise SlotTaken(found.message, code=found.reason)
    raise BookingRefused(found.message, code=found.reason)
