"""Which bookings have a time that staff want back: for those who may see all of them."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from common.clock import epoch_seconds, instant_text
from common.clock import now as clock_now
from common.errors import DomainError
from common.templatetags.holdfast import clock, moment
from reservations.domain.history import find_booked_end
from reservations.domain.writing import block_leaves, booked_lines
from reservations.models import Allocation, Reservation
from scheduling.zones import to_minute

MOST_NAMED = 5


def name_obstacles(error: DomainError, reservation_id: UUID) -> None:
    """Add to ``error`` who has the time of this reservation now."""
    reservations = list_obstacles(Reservation.objects.select_related("venue").get(pk=reservation_id))
    if not reservations:
        return
    error.extra = error.extra | {"in_the_way": [_describe(reservation) for reservation in reservations]}
    named = ", ".join(
        f"{reservation.code} ({moment(reservation.local_start)}–{clock(reservation.local_end)})"
        for reservation in reservations
    )
    error.message = _("In the way: %(bookings)s.") % {"bookings": named}


def list_obstacles(reservation: Reservation) -> list[Reservation]:
    """The first few, by their start."""
    start, end = to_minute(reservation.starts_at), to_minute(find_booked_end(reservation))
    spans = block_leaves(booked_lines(reservation), start, end)
    occupied = Allocation.objects.counting(epoch_seconds(clock_now())).exclude(reservation=reservation)
    ids = {
        reservation_id
        for leaf, (b0, b1, _units) in spans.items()
        for reservation_id in occupied.filter(resource_id=leaf)
        .overlapping(b0, b1)
        .values_list("reservation_id", flat=True)
    }
    return list(Reservation.objects.filter(pk__in=ids).select_related("venue")[:MOST_NAMED])


def _describe(reservation: Reservation) -> dict[str, Any]:
    return {
        "reservation_id": str(reservation.pk),
        "code": reservation.code,
        "start": instant_text(reservation.local_start),
        "end": instant_text(reservation.local_end),
    }
