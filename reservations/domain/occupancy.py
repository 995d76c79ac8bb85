"""Locks and writes of the occupancy table; docs/locking.md describes the protocol."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, NoReturn

from django.db import IntegrityError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import prefetch_related_objects

from common.database import write_connection
from common.transactions import readings_of_change
from reservations.domain.freeing import note_freed
from reservations.exceptions import BookingRefused, CapacityReached, SlotTaken
from reservations.guard import violated_constraint
from reservations.models import Allocation, Reservation
from reservations.policies import CONFLICTS, Violation
from resources.models import Resource
from resources.stamps import read_stamps, remember_stamp, remembered_stamp
from scheduling.reasons import Reason

_HELD = "leaves held"
_LOCK = "SELECT id FROM resources_resource WHERE id IN ({marks}) ORDER BY id FOR NO KEY UPDATE"
_STAMPS = """SELECT id, config_stamp FROM resources_venue
              WHERE id IN (SELECT venue_id FROM resources_resource WHERE id IN ({marks}))"""


def lock_leaves(leaf_ids: Collection[int], *, venue_id: int | None = None) -> None:
    """In primary-key order, with the venues' stamps as they are once the locks are held.

    What the change under way has locked already is not asked for again. ``venue_id``: that of all of them,
    where the caller knows it.
    """
    connection = write_connection(Resource)
    held = _list_held(connection)
    if held.issuperset(leaf_ids):
        return
    has_row_locks = connection.features.has_select_for_update
    # Without them the change has had the one lock there is since it began: what it has read is still so.
    if not has_row_locks and venue_id is not None and remembered_stamp(venue_id) is not None:
        _note_held(connection, leaf_ids, [venue_id])
        return
    marks = ", ".join(["%s"] * len(leaf_ids))
    # Written out like what ``resources.stamps`` reads: each booking asks this.
    with connection.cursor() as cursor:
        if has_row_locks:
            # NO KEY: a plain FOR UPDATE would block inserts that reference the rows.
            cursor.execute(_LOCK.format(marks=marks), list(leaf_ids))
        # A statement of its own: PostgreSQL answers one that has waited for a lock as of before the wait.
        if venue_id is None:
            cursor.execute(_STAMPS.format(marks=marks), list(leaf_ids))
            stamps = dict(cursor.fetchall())
        else:
            stamps = read_stamps(connection, [venue_id])
    for id, stamp in stamps.items():
        remember_stamp(id, stamp)
    _note_held(connection, leaf_ids, list(stamps))


class _Held(NamedTuple):
    """Locked until the end of the innermost of these savepoints."""

    savepoints: Sequence[str | None]
    leaf_ids: Collection[int]
    venue_ids: Collection[int]

    def is_known(self, savepoints: Sequence[str | None]) -> bool:
        """A change that has renewed a stamp itself reads and locks anew."""
        is_within = savepoints[: len(self.savepoints)] == self.savepoints
        return is_within and all(remembered_stamp(id) is not None for id in self.venue_ids)


def _list_held(connection: BaseDatabaseWrapper) -> set[int]:
    all_held: list[_Held] = (readings_of_change() or {}).get(_HELD, [])
    known = [held.leaf_ids for held in all_held if held.is_known(connection.savepoint_ids)]
    return set[int]().union(*known)


def _note_held(
    connection: BaseDatabaseWrapper, leaf_ids: Collection[int], venue_ids: Collection[int]
) -> None:
    readings = readings_of_change()
    if readings is not None:
        held = _Held(list(connection.savepoint_ids), leaf_ids, venue_ids)
        readings.setdefault(_HELD, []).append(held)


def occupied_leaves(reservations: Sequence[Reservation]) -> set[int]:
    prefetch_related_objects(reservations, "allocations")
    allocations = [row for reservation in reservations for row in reservation.allocations.all()]
    return {row.resource_id for row in allocations if row.b0 is not None}


@contextmanager
def translate_refusals(*, single_unit: bool) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        match violated_constraint(error):
            case "allocation_within_limit":
                raise (SlotTaken() if single_unit else CapacityReached()) from error
            case "allocation_on_leaf":
                raise SlotTaken(code=Reason.PART_TAKEN) from error
        raise


def free_time(*reservations: Reservation) -> None:
    """Of locked reservations."""
    allocations = Allocation.objects.filter(reservation__in=reservations, b0__isnull=False)
    freed = list(allocations.values_list("venue_id", "resource_id", "b0", "b1", "units"))
    # Freeing several leaves locks them in key order, as taking them does; one alone cannot deadlock.
    leaves = {row[1] for row in freed}
    if len(leaves) > 1:
        lock_leaves(leaves)
    allocations.update(b0=None, b1=None, expires_at=None)
    for venue_id in {row[0] for row in freed}:
        rows = [(leaf, b0, b1, units) for owner, leaf, b0, b1, units in freed if owner == venue_id]
        note_freed(venue_id, rows)


def raise_violation(violation: Violation | None, resource_id: int | None = None) -> NoReturn:
    """409 for somebody else's booking (also for None), 400 for a rule."""
    if violation is not None and violation.reason not in CONFLICTS:
        raise BookingRefused(violation.message, code=violation.reason)
    conflict = _make_conflict(violation)
    conflict.resource_id = resource_id
    raise conflict


def _make_conflict(violation: Violation | None) -> SlotTaken | CapacityReached:
    if violation is None:
        return SlotTaken()
    if violation.reason == Reason.CAPACITY:
        return CapacityReached(violation.message)
    return SlotTaken(violation.message, code=violation.reason)
