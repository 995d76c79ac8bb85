"""Whether the last step of an attendance can be taken back: looked up at once for all of an answer."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
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
    """``is_time_free``: what a no-show has lost, or whoever left early has freed, can be had again."""

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
    steps = _find_steps(undoable)
    lost = _list_lost(undoable, {id: step.booked_end for id, step in steps.items()})
    for reservation in undoable:
        step = steps.get(reservation.pk)
        former = former_status(step.new_status, step.old_status) if step else None
        reservation.__dict__["_last_step"] = LastStep(former, reservation.pk not in lost)


def _find_steps(reservations: Sequence[Reservation]) -> dict[UUID, ReservationEvent]:
    steps = ReservationEvent.objects.filter(reservation__in=reservations, kind__in=ATTENDANCE)
    status_of = {reservation.pk: reservation.status for reservation in reservations}
    return {
        step.reservation_id: step
        for step in steps.order_by("pk")
        if step.new_status == status_of[step.reservation_id]
    }


def _list_lost(reservations: Sequence[Reservation], booked_ends: Mapping[UUID, datetime | None]) -> set[UUID]:
    """Whose time, or the rest of it, somebody else has by now."""
    windows: list[Window] = []
    wanted: list[tuple[UUID, int]] = []
    for reservation in reservations:
        booked_end = booked_ends.get(reservation.pk)
        if reservation.status != Status.NO_SHOW and booked_end is None:
            continue
        lines = booked_lines(reservation, catalog_of(reservation.venue).bookables)
        limits = {leaf.id: leaf.limit for line in lines for leaf in line.bookable.leaves}
        start, end = to_minute(reservation.starts_at), to_minute(reservation.ends_at)
        kept = block_leaves(lines, start, end) if booked_end else {}
        for leaf, (b0, b1, units) in block_leaves(
            lines, start, to_minute(booked_end or reservation.ends_at)
        ).items():
            windows.append((leaf, kept[leaf][1] if leaf in kept else b0, b1))
            wanted.append((reservation.pk, limits[leaf] - units))
    rows = rows_touching(windows, now_seconds=epoch_seconds(now()))
    return {
        id
        for position, (id, bearable) in enumerate(wanted)
        if _peak(rows.get(position, ()), windows[position]) > bearable
    }


def _peak(rows: Iterable[tuple[int, int, int, bool]], window: Window) -> int:
    _leaf, start, end = window
    return LoadProfile.of((b0, b1, units) for b0, b1, units, _is_hold in rows).peak(start, end)
