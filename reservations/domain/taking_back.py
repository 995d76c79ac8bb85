"""Whether the last step of an attendance can be taken back: looked up at once for all of an answer."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from common.clock import epoch_seconds, now
from reservations.availability.occupied import Window, rows_touching
from reservations.domain.history import ATTENDANCE, former_status
from reservations.domain.writing import block_leaves, booked_lines
from reservations.enums import UNDOABLE, Status
from reservations.models import Reservation, ReservationEvent
from resources.catalog import catalog_of
from scheduling.load import LoadProfile
from scheduling.zones import to_minute


class LastStep(NamedTuple):
    """``is_time_free``: what a no-show has lost can be had again."""

    former: Status | None
    is_time_free: bool


NOTHING = LastStep(None, is_time_free=True)


def last_step_of(reservation: Reservation) -> LastStep:
    if "_last_step" not in reservation.__dict__:
        look_up_last_steps([reservation])
    step: LastStep = reservation.__dict__.get("_last_step", NOTHING)
    return step


def look_up_last_steps(reservations: Iterable[Reservation]) -> None:
    """Of those whose last step might be taken back, in two queries at most."""
    undoable = [reservation for reservation in reservations if Status(reservation.status) in UNDOABLE]
    if not undoable:
        return
    former = _find_former(undoable)
    free = _list_free([reservation for reservation in undoable if reservation.status == Status.NO_SHOW])
    for reservation in undoable:
        is_time_free = reservation.status != Status.NO_SHOW or reservation.pk in free
        reservation.__dict__["_last_step"] = LastStep(former.get(reservation.pk), is_time_free)


def _find_former(reservations: Sequence[Reservation]) -> dict[UUID, Status | None]:
    steps = ReservationEvent.objects.filter(reservation__in=reservations, kind__in=ATTENDANCE)
    status_of = {reservation.pk: reservation.status for reservation in reservations}
    former = {}
    for id, new, old in steps.order_by("pk").values_list("reservation_id", "new_status", "old_status"):
        if new == status_of[id]:
            former[id] = former_status(new, old)
    return former


def _list_free(reservations: Sequence[Reservation]) -> set[UUID]:
    windows: list[Window] = []
    wanted: list[tuple[UUID, int]] = []
    for reservation in reservations:
        start, end = to_minute(reservation.starts_at), to_minute(reservation.ends_at)
        lines = booked_lines(reservation, catalog_of(reservation.venue).bookables)
        limits = {leaf.id: leaf.limit for line in lines for leaf in line.bookable.leaves}
        for leaf, (b0, b1, units) in block_leaves(lines, start, end).items():
            windows.append((leaf, b0, b1))
            wanted.append((reservation.pk, limits[leaf] - units))
    rows = rows_touching(windows, now_seconds=epoch_seconds(now()))
    lost = {
        id
        for position, (id, bearable) in enumerate(wanted)
        if _peak(rows.get(position, ()), windows[position]) > bearable
    }
    return {reservation.pk for reservation in reservations} - lost


def _peak(rows: Iterable[tuple[int, int, int, bool]], window: Window) -> int:
    _leaf, start, end = window
    return LoadProfile.of((b0, b1, units) for b0, b1, units, _is_hold in rows).peak(start, end)
