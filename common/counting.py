"""How many rows a list has: counted while they are few, else as the database estimates."""

import json
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import QuerySet

COUNTED = 10_000
"""Counting so many takes a millisecond or two; counting millions takes longer than all the rest of a list."""


class RowCount(NamedTuple):
    number: int
    is_estimate: bool


def count_rows(rows: QuerySet[Any], *, in_order: bool = False) -> RowCount:
    """Exact up to ``COUNTED``; beyond that never less than ``COUNTED`` and one.

    ``in_order``: where the first ones of the order are found sooner than any.
    """
    bare = (rows if in_order else rows.order_by()).values("pk")
    counted = bare[: COUNTED + 1].count()
    if counted <= COUNTED:
        return RowCount(counted, is_estimate=False)
    return RowCount(max(counted, _estimate(bare)), is_estimate=True)


def _estimate(rows: QuerySet[Any]) -> int:
    """What PostgreSQL's planner expects. SQLite's has no such figure: there it stays at "more than"."""
    if connections[rows.db].vendor != "postgresql":
        return 0
    return int(json.loads(rows.explain(format="json"))[0]["Plan"]["Plan Rows"])
