"""Bookings that are paid in parts: which, and when each is due."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from common.registry import Registry
from reservations.models import Reservation


@dataclass(frozen=True, slots=True)
class Part:
    """``due_on``: on the venue's calendar."""

    due_on: date
    amount: Decimal
    is_paid: bool


part_readers: Registry[Callable[[Reservation], Iterable[Part]]] = Registry("who says how a booking is paid")
"""By product: the parts in which it is paid, the first one first; none where it is paid at once."""


def list_parts(reservation: Reservation) -> list[Part]:
    """The reservation comes with its items."""
    return [part for read in part_readers for part in read(reservation)]
