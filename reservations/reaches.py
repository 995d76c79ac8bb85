"""Spans above two days are kept apart, so that they cost the others nothing.

What overlaps [x, y) begins in [x - its length, y). Rows of at most ``LONGEST_SHORT`` are found in one such
range. Each longer one has a *reach*, the least of ``REACHES`` that it fits in, and is found in the range of
its reach: among few rows, however many there were before and come after.
"""

from django.db.models import Case, F, Q, Value, When

from scheduling.zones import DAY

LONGEST_SHORT = 2 * DAY
# Each is four times the one before: where one row fits at a time, at most five begin in the range of a reach.
# Powers of two, since a resource remembers those it ever had as bits of one number. The last holds any span.
REACHES = (2**13, 2**15, 2**17, 2**19, 2**21, 2**31)

IS_SHORT = f"a.b1 - a.b0 <= {LONGEST_SHORT}"
"""SQL, of an allocation ``a``: the index that finds short rows has no reach."""
EACH_REACH = f"(SELECT column1 AS reach FROM (VALUES {', '.join(f'({reach})' for reach in REACHES)}) AS v)"
"""SQL: one row for each of ``REACHES``."""


def reach_of_span() -> Case:
    """How the database computes ``reach``: none for short spans, and where nothing is occupied."""
    shorter = (LONGEST_SHORT, *REACHES[:-1])
    steps = sorted(zip(shorter, REACHES, strict=True), reverse=True)
    return Case(*(When(Q(b1__gt=F("b0") + below), then=Value(reach)) for below, reach in steps), default=None)


def list_reaches(bits: int) -> list[int]:
    return [reach for reach in REACHES if bits & reach]
