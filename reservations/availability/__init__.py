"""What is free and why not: the engine, and the one query for what is occupied."""

from reservations.availability.engine import (
    FreeRanges,
    alternatives,
    busy_for,
    free_ranges,
    free_ranges_of_many,
    full_for,
    is_meant_for,
    ranges_within,
    rules_for,
)
from reservations.availability.first_starts import (
    FIRST_HORIZON,
    StartQuery,
    find_first_starts,
    first_available,
)
from reservations.availability.probes import violations
from reservations.availability.slots import slots_with_reasons, slots_within
from reservations.availability.values import BusyByLeaf, Moment, Probe, Slot, Wish, moment_now
from scheduling.zones import DAY

__all__ = [
    "DAY",
    "FIRST_HORIZON",
    "BusyByLeaf",
    "FreeRanges",
    "Moment",
    "Probe",
    "Slot",
    "StartQuery",
    "Wish",
    "alternatives",
    "busy_for",
    "find_first_starts",
    "first_available",
    "free_ranges",
    "free_ranges_of_many",
    "full_for",
    "is_meant_for",
    "moment_now",
    "ranges_within",
    "rules_for",
    "slots_with_reasons",
    "slots_within",
    "violations",
]
