"""The queries behind every availability answer: occupied time of leaves as plain integers.

Written by hand, because building an equal ORM query took longer than running it. Three things keep them as
fast on a million rows as on a thousand:

- ``longest_span`` bounds how far before the window an overlapping row can begin, so that the index
  ``(resource, b0, b1, …)`` is entered at one end and left at the other.
- Spans above two days do not count there: they are found by their reach (``reservations.reaches``), in an
  index of their own, and only by those reaches that the resource has ever had.
- The order is fixed: resources first, then their rows. Planners that cannot estimate ``start - longest_span``
  would read the whole table. ``b1 + 0`` and ``OFFSET 0`` keep PostgreSQL from skipping through the other
  index, ``CROSS JOIN`` keeps SQLite from reordering.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

from common.database import read_connection
from reservations.availability.statements import ROWS_OF_ONE_LEAF, rows_of_leaves, rows_of_windows
from reservations.models import Allocation

BusyRow = tuple[int, int, int, bool]
"""``b0, b1`` (UTC minutes, buffers included), units, whether it is a hold."""

Window = tuple[int, int, int]


def busy_rows(
    leaf_ids: Collection[int], start: int, end: int, *, now_seconds: int, excluding: UUID | None = None
) -> dict[int, list[BusyRow]]:
    """Rows that overlap [start, end) (UTC minutes) by leaf, without expired holds and ``excluding``."""
    parameters: dict[str, int | str] = {"start": start, "end": end, "now": now_seconds}
    if len(leaf_ids) == 1 and not excluding:
        (leaf,) = leaf_ids
        rows: list[BusyRow] = _fetch(ROWS_OF_ONE_LEAF[_vendor()], parameters | {"leaf": leaf})
        return {leaf: rows} if rows else {}
    parameters["leaves"] = _array_literal(sorted(leaf_ids))
    return _fetch_grouped(rows_of_leaves, parameters, excluding)


def rows_touching(
    windows: Sequence[Window], *, now_seconds: int, excluding: UUID | None = None
) -> dict[int, list[BusyRow]]:
    """Rows that overlap each leaf's own window, by its position; for many short windows far apart."""
    if len(windows) == 1:
        leaf, start, end = windows[0]
        rows = busy_rows([leaf], start, end, now_seconds=now_seconds, excluding=excluding).get(leaf)
        return {0: rows} if rows else {}
    if not windows:
        return {}
    parameters: dict[str, int | str] = {"now": now_seconds}
    if _vendor() == "postgresql":
        columns = (_array_literal(column) for column in zip(*windows, strict=True))
        parameters |= zip(("leaves", "starts", "ends"), columns, strict=True)
    else:
        parameters["windows"] = _group_windows(windows)
    return _fetch_grouped(rows_of_windows, parameters, excluding)


def _vendor() -> str:
    return read_connection(Allocation).vendor


def _array_literal(values: Collection[int]) -> str:
    """One text literal instead of a thousand parameters to convert."""
    listed = ",".join(map(str, values))
    return f"{{{listed}}}" if _vendor() == "postgresql" else f"[{listed}]"


def _group_windows(windows: Sequence[Window]) -> str:
    """By leaf, so that each leaf is looked up once."""
    by_leaf: dict[int, list[Window]] = defaultdict(list)
    for number, (leaf, start, end) in enumerate(windows):
        by_leaf[leaf].append((number, start, end))
    return json.dumps(by_leaf)


def _fetch(sql: str, parameters: dict[str, int | str]) -> list[Any]:
    with read_connection(Allocation).cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def _fetch_grouped(
    write: Callable[..., str], parameters: dict[str, int | str], excluding: UUID | None
) -> dict[int, list[BusyRow]]:
    if excluding:
        parameters["excluding"] = excluding.hex
    grouped: dict[int, list[BusyRow]] = defaultdict(list)
    for row in _fetch(write(_vendor(), excludes=excluding is not None), parameters):
        grouped[row[0]].append(row[1:])
    return grouped
