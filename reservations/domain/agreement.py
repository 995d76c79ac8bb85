"""What was agreed before a customer asked to move, kept until the venue has answered."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from common.money import round_amount
from reservations.domain.lines import Line
from reservations.domain.occupancy import lock_leaves, occupied_leaves, translate_refusals
from reservations.domain.writing import leaf_ids, move_allocations, move_items
from reservations.exceptions import SlotTaken
from reservations.models import Reservation
from resources.catalog import catalog_of

TIMES = ("starts_at", "ends_at")
AMOUNTS = ("total_amount", "deposit_amount", "minimum_fee")
AS_THEY_ARE = ("party_size", "currency", "price_lines", "cancellation_terms")
AGREED = (*TIMES, *AMOUNTS, *AS_THEY_ARE)


def list_agreed(reservation: Reservation) -> dict[str, Any]:
    agreed = {name: getattr(reservation, name).isoformat() for name in TIMES}
    agreed |= {name: str(getattr(reservation, name)) for name in AMOUNTS}
    agreed |= {name: getattr(reservation, name) for name in AS_THEY_ARE}
    items = [
        [item.resource_id, item.units, item.group_id, item.takes_all] for item in reservation.items.all()
    ]
    return agreed | {"items": items}


def read_agreed(reservation: Reservation) -> dict[str, Any]:
    """The fields of ``AGREED`` as they were; empty where no move awaits an answer."""
    agreed = reservation.agreed_before or {}
    values = {name: agreed[name] for name in AS_THEY_ARE if agreed}
    values |= {name: datetime.fromisoformat(agreed[name]) for name in TIMES if agreed}
    return values | {name: Decimal(agreed[name]) for name in AMOUNTS if agreed}


def restore_agreed(reservation: Reservation) -> None:
    """In a savepoint of the caller's, who saves the fields. Raises ``SlotTaken``, ``CapacityReached``."""
    lines = _agreed_lines(reservation)
    lock_leaves(set(leaf_ids(lines)) | occupied_leaves([reservation]))
    for name, value in read_agreed(reservation).items():
        setattr(reservation, name, value)
    move_items(reservation, lines)
    with translate_refusals(single_unit=all(line.bookable.limit == 1 for line in lines)):
        move_allocations(reservation, lines)


def _agreed_lines(reservation: Reservation) -> list[Line]:
    bookables, agreed = catalog_of(reservation.venue).bookables, reservation.agreed_before or {}
    items = agreed["items"]
    if any(resource_id not in bookables for resource_id, *_rest in items):
        raise SlotTaken
    return [Line(bookables[resource_id], *rest) for resource_id, *rest in items]


def record_values(reservation: Reservation, lines: Sequence[Line]) -> dict[str, str]:
    values = {name: str(getattr(reservation, name)) for name in ("starts_at", "ends_at", "party_size")}
    for name in ("total_amount", "minimum_fee"):
        values[name] = str(round_amount(getattr(reservation, name), reservation.currency))
    return values | {"resources": ", ".join(line.bookable.name for line in lines)}


def list_differences(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: [before[name], after[name]] for name in before if before[name] != after[name]}
