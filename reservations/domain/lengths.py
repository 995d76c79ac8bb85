"""How long a reservation lasts, in the words and by the clock of what it books; see ``resources.stays``."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from common.templatetags.holdfast import minutes, money
from reservations.domain.writing import booked_lines
from reservations.models import Reservation, ReservationItem
from resources.bookables import Bookable
from resources.enums import ResourceKind
from resources.stays import describe_length, describe_nights, end_at, is_stay, length_of
from scheduling.zones import to_minute

MINUTE = timedelta(minutes=1)


def find_stay(reservation: Reservation) -> Bookable | None:
    """What is booked by nights; the other resources of the booking follow it."""
    # Most bookings are no lodging, and their rows tell so without the configuration.
    if not any(_may_be_lodging(item) for item in reservation.items.all()):
        return None
    return next((line.bookable for line in booked_lines(reservation) if is_stay(line.bookable)), None)


def _may_be_lodging(item: ReservationItem) -> bool:
    is_read = ReservationItem.resource.is_cached(item)
    return not is_read or item.resource.kind == ResourceKind.LODGING


def booked_length(reservation: Reservation) -> timedelta:
    """Of nights that of the wall clock."""
    if stay := find_stay(reservation):
        span = to_minute(reservation.starts_at), to_minute(reservation.ends_at)
        return length_of(stay, *span) * MINUTE
    return reservation.ends_at - reservation.starts_at


def end_after(reservation: Reservation, start: datetime, length: timedelta | None = None) -> datetime:
    """Its end if it began at ``start``: as long as now unless told, nights until the same hour."""
    length = length or booked_length(reservation)
    stay = find_stay(reservation)
    return end_at(stay, start, length) if stay else start + length


def describe_booked_length(reservation: Reservation) -> str:
    """2 nights, or 1 hour 30 minutes."""
    length = booked_length(reservation) // MINUTE
    stay = find_stay(reservation)
    return describe_length(stay, length) if stay else minutes(length)


def describe_line(line: Mapping[str, str | int], currency: str) -> str:
    """The label of a price line, with nights and their rate where it has them."""
    if not line.get("nights"):
        return str(line["label"])
    nights, rate = describe_nights(int(line["nights"])), money(Decimal(line["rate"]), currency)
    return f"{line['label']}, {nights} × {rate}"
