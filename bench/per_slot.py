"""The way most applications use: ask the database about every single slot.

Both variants answer less than the engine does (no buffers, notice, holds, units or reasons), which favours
them.
"""

import time
from collections.abc import Callable, Sequence

from bench.questions import Slot
from reservations.enums import OCCUPYING
from reservations.models import Allocation, Reservation
from scheduling.zones import from_minute


def is_free_by_reservations(slot: Slot) -> bool:
    resource, start, end = slot
    return not Reservation.objects.filter(
        items__resource_id=resource,
        status__in=OCCUPYING,
        starts_at__lt=from_minute(end),
        ends_at__gt=from_minute(start),
    ).exists()


def is_free_by_occupancy(slot: Slot) -> bool:
    # The best that one query per slot can be: integers, and an index that holds all that is asked.
    resource, start, end = slot
    return not Allocation.objects.filter(resource_id=resource, b0__lt=end, b1__gt=start).exists()


def seconds_for(ask: Callable[[Slot], bool], slots: Sequence[Slot], most: int) -> float:
    """Seconds for all slots, estimated from an even sample of at most ``most``."""
    sample = slots[:: -(-len(slots) // most)]
    ask(sample[0])
    began = time.perf_counter()
    for slot in sample:
        ask(slot)
    return (time.perf_counter() - began) / len(sample) * len(slots)
