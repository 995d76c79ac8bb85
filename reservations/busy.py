"""The one query behind every availability answer: who occupies these leaves, as plain integers."""

import json
from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from django.db import connection

BusyRow = tuple[int, int, int, bool]
"""``b0, b1`` (UTC minutes, buffers included), units, whether it is only held."""

# longest_span bounds how far before the window an overlapping row can begin, so that both
# indexes are entered at one end and left at the other. Written out, not built: building an
# equal ORM query took longer than running it.
_ROWS = """
SELECT a.resource_id, a.b0, a.b1, a.units, a.expires_at IS NOT NULL
  FROM {leaves}
  JOIN resources_resource r ON r.id = leaf.id
  JOIN reservations_allocation a
    ON a.resource_id = leaf.id AND a.b0 >= %s - r.longest_span AND a.b0 < %s AND a.b1 > %s
 WHERE (a.expires_at IS NULL OR a.expires_at > %s) {but}
"""
_LEAVES = {
    "postgresql": "unnest(%s::bigint[]) AS leaf(id)",
    "sqlite": "(SELECT value AS id FROM json_each(%s)) AS leaf",
}


def busy_rows(
    leaf_ids: Collection[int], start: int, end: int, *, now_seconds: int, but: UUID | None = None
) -> dict[int, list[BusyRow]]:
    """Rows overlapping [start, end) (UTC minutes) by leaf, expired holds left out.

    ``but`` leaves out one reservation: its own time does not stand in its way when it is moved.
    """
    vendor = connection.vendor
    ids = sorted(leaf_ids)
    sql = _ROWS.format(leaves=_LEAVES[vendor], but="AND a.reservation_id <> %s" if but else "")
    parameters: list[object] = [
        ids if vendor == "postgresql" else json.dumps(ids),
        start,
        end,
        start,
        now_seconds,
    ]
    if but:
        parameters.append(but if vendor == "postgresql" else but.hex)
    found: dict[int, list[BusyRow]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        for leaf, b0, b1, units, is_hold in cursor.fetchall():
            found[leaf].append((b0, b1, units, bool(is_hold)))
    return found
