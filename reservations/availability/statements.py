"""The SQL behind ``occupied``, of either engine; its docstring says why it is as it is."""

from functools import cache

from reservations.reaches import EACH_REACH, IS_SHORT

_COLUMNS = "a.b0, a.b1, a.units, a.expires_at IS NOT NULL AS is_hold"
_OVERLAPPING = (
    "a.b0 < {end} AND a.b1 + 0 > {start} AND (a.expires_at IS NULL OR a.expires_at > %(now)s){excluding}"
)
_SHORT = f"a.resource_id = r.id AND a.b0 >= {{start}} - r.longest_span AND {_OVERLAPPING} AND {IS_SHORT}"
_LONG = f"a.resource_id = r.id AND a.reach = kind.reach AND a.b0 >= {{start}} - kind.reach AND {_OVERLAPPING}"
_ROWS = {
    "postgresql": f"""
SELECT {{key}}, a.* FROM {{leaves}}
 CROSS JOIN LATERAL (
  (SELECT {_COLUMNS} FROM reservations_allocation a WHERE {_SHORT} OFFSET 0)
  UNION ALL
  SELECT a.* FROM (SELECT reach FROM {EACH_REACH} AS each WHERE r.long_reaches <> 0) AS kind
   CROSS JOIN LATERAL (SELECT {_COLUMNS} FROM reservations_allocation a WHERE {_LONG} OFFSET 0) AS a
   WHERE (r.long_reaches & kind.reach) <> 0) AS a""",
    "sqlite": f"""
SELECT {{key}}, {_COLUMNS} FROM {{leaves}} {{windows}}
 CROSS JOIN reservations_allocation a ON {_SHORT}
 UNION ALL
SELECT {{key}}, {_COLUMNS} FROM {{leaves}} AND r.long_reaches <> 0 {{windows}}
 CROSS JOIN {EACH_REACH} AS kind ON r.long_reaches & kind.reach
 CROSS JOIN reservations_allocation a ON {_LONG}""",
}
_OF_LEAF = "(SELECT 1) AS one CROSS JOIN resources_resource r ON r.id = %(leaf)s"
_OF_LEAVES = {
    "postgresql": "(SELECT id, longest_span, long_reaches FROM resources_resource"
    " WHERE id = ANY(%(leaves)s::bigint[])) AS r",
    "sqlite": "json_each(%(leaves)s) AS leaf CROSS JOIN resources_resource r ON r.id = leaf.value",
}
_OF_WINDOWS = {
    "postgresql": {
        "key": "w.number - 1",
        "leaves": "unnest(%(leaves)s::bigint[], %(starts)s::int[], %(ends)s::int[])"
        " WITH ORDINALITY AS w (leaf, starts, ends, number)"
        " JOIN resources_resource r ON r.id = w.leaf",
        "start": "w.starts",
        "end": "w.ends",
    },
    "sqlite": {
        "key": "json_extract(w.value, '$[0]')",
        "leaves": "json_each(%(windows)s) AS leaf"
        " CROSS JOIN resources_resource r ON r.id = CAST(leaf.key AS INTEGER)",
        "windows": "CROSS JOIN json_each(leaf.value) AS w",
        "start": "json_extract(w.value, '$[1]')",
        "end": "json_extract(w.value, '$[2]')",
    },
}

# Asked most often. PostgreSQL would plan for longer than all the rest takes: its function keeps the plans.
ROWS_OF_ONE_LEAF = {
    "postgresql": "SELECT * FROM holdfast_busy_rows(%(leaf)s, %(start)s, %(end)s, %(now)s)",
    "sqlite": _ROWS["sqlite"]
    .replace("{key}, ", "")
    .format(leaves=_OF_LEAF, windows="", start="%(start)s", end="%(end)s", excluding=""),
}


@cache
def rows_of_leaves(vendor: str, *, excludes: bool) -> str:
    """With ``leaves``, ``start``, ``end``, ``now``; the first column is the leaf."""
    return _write(vendor, excludes, key="r.id", leaves=_OF_LEAVES[vendor], start="%(start)s", end="%(end)s")


@cache
def rows_of_windows(vendor: str, *, excludes: bool) -> str:
    """The first column is the window's number.

    PostgreSQL: with ``leaves``, ``starts``, ``ends``. SQLite: with ``windows``, by leaf: number, start, end.
    """
    return _write(vendor, excludes, **_OF_WINDOWS[vendor])


def _write(vendor: str, excludes: bool, *, windows: str = "", **parts: str) -> str:
    excluding = " AND a.reservation_id <> %(excluding)s" if excludes else ""
    return _ROWS[vendor].format(windows=windows, excluding=excluding, **parts)
