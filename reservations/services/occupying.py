"""Locks and writes of the occupancy table. The protocol is described in docs/locking.md."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from django.db import IntegrityError

from reservations.exceptions import BookingRefused, CapacityReached, SlotTaken
from reservations.guard import violated_constraint
from reservations.models import Allocation, Reservation
from reservations.policies import CONFLICTS, Violation
from resources.models import Resource
from scheduling.reasons import Reason


def lock_leaves(leaf_ids: Collection[int]) -> None:
    """Takes the row locks of leaf resources in primary-key order, until commit.

    ``no_key``: a plain FOR UPDATE would block every insert that references the rows.
    """
    rows = Resource.objects.filter(pk__in=leaf_ids).order_by("pk").select_for_update(no_key=True)
    list(rows.values_list("pk"))


def occupied_leaves(reservations: Sequence[Reservation]) -> set[int]:
    """Ids of the leaves that these reservations occupy now."""
    rows = Allocation.objects.filter(reservation__in=reservations, b0__isnull=False)
    return set(rows.values_list("resource_id", flat=True))


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
    leaf_ids = occupied_leaves([reservation])
    if len(leaf_ids) > 1:
        lock_leaves(leaf_ids)
    Allocation.objects.filter(reservation=reservation, b0__isnull=False).update(
        b0=None, b1=None, expires_at=None
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
