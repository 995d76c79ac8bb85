"""Bookings that are paid in parts: which, and when each is due."""

from collections.abc import Callable, Iterable, Sequence
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


@dataclass(frozen=True, slots=True)
class OwedPart:
    """``number`` counts from 0; ``missing``: what is to be paid of it and of those before it."""

    number: int
    part: Part
    missing: Decimal
    is_late: bool


def list_owed_parts(parts: Sequence[Part], paid: Decimal, today: date) -> list[OwedPart]:
    """All of them, each with what is missing until it is paid, of which nothing is where it has been."""
    return [
        OwedPart(
            number,
            part,
            Decimal(0) if part.is_paid else max(sum_until(parts, number) - paid, Decimal(0)),
            not part.is_paid and part.due_on < today,
        )
        for number, part in enumerate(parts)
    ]


def sum_until(parts: Sequence[Part], number: int) -> Decimal:
    return sum((part.amount for part in parts[: number + 1]), Decimal(0))
