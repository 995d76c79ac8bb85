from reservations.availability.engine import (
    FreeRanges,
    find_alternatives,
    free_ranges,
    free_ranges_of_many,
    full_spans_of,
    is_meant_for,
    ranges_within,
    read_busy,
    rules_for,
)
from reservations.availability.first_starts import (
    FIRST_HORIZON,
    StartQuery,
    find_first_starts,
    first_available,
)
from reservations.availability.occupied import rows_touching
from reservations.availability.probes import find_violations
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
    "find_alternatives",
    "find_first_starts",
    "find_violations",
    "first_available",
    "free_ranges",
    "free_ranges_of_many",
    "full_spans_of",
    "is_meant_for",
    "moment_now",
    "ranges_within",
    "read_busy",
    "rows_touching",
    "rules_for",
    "slots_with_reasons",
    "slots_within",
]
