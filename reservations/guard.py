"""Installs and checks ``reservations/sql/``: the triggers that make overbooking impossible, and a query.

After every migrate, because SQLite drops them when a table is remade; the server refuses to start without.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from reservations.reaches import EACH_REACH, IS_SHORT

SQL = Path(__file__).parent / "sql"
CONSTRAINTS = ("allocation_within_limit", "allocation_on_leaf", "part_of_unbooked_whole", "event_append_only")
_TABLES = {
    "reservations_allocation",
    "reservations_historyremoval",
    "reservations_reservationevent",
    "resources_resource",
    "resources_resourcepart",
}

# The peak is found at the edges of the overlapping rows: +units where one begins, -units where it ends,
# ends first. The sum of all overlapping rows would refuse bookings that fit.
_PEAK = """(SELECT max(load) FROM (
        SELECT sum(delta) OVER (ORDER BY minute, delta ROWS UNBOUNDED PRECEDING) AS load FROM (
            SELECT a.b0 AS minute, a.units AS delta FROM {short}
            UNION ALL
            SELECT a.b1, -a.units FROM {short}
            UNION ALL
            SELECT a.b0, a.units FROM {long}
            UNION ALL
            SELECT a.b1, -a.units FROM {long})))"""
_OVERLAPPING = """a.b0 < NEW.b1 AND a.b1 > NEW.b0
              AND (a.expires_at IS NULL OR a.expires_at > CAST(strftime('%s', 'now') AS INTEGER))"""
_OF_RESOURCE = "(SELECT {column} FROM resources_resource WHERE id = NEW.resource_id)"
_SHORT = f"""reservations_allocation a
            WHERE a.resource_id = NEW.resource_id AND {IS_SHORT}
              AND a.b0 >= NEW.b0 - {_OF_RESOURCE.format(column="longest_span")}
              AND {_OVERLAPPING}"""
_LONG = f"""{EACH_REACH} AS kind CROSS JOIN reservations_allocation a
               ON a.resource_id = NEW.resource_id AND a.reach = kind.reach AND a.b0 >= NEW.b0 - kind.reach
              AND {_OVERLAPPING}
            WHERE {_OF_RESOURCE.format(column="long_reaches")} & kind.reach"""
_SELLABLE = _OF_RESOURCE.format(column="units * (100 + overbooking_percent) / 100")
_WHOLE_IS_BOOKED = """EXISTS (SELECT 1 FROM reservations_allocation
        WHERE resource_id = NEW.whole_id AND b0 IS NOT NULL
          AND b1 > CAST(strftime('%s', 'now') AS INTEGER) / 60)"""


class GuardMissing(RuntimeError):
    """The database would accept double bookings; nothing may be served."""


def _read_sqlite_triggers() -> dict[str, str]:
    text = (SQL / "guard_sqlite.sql").read_text()
    text = re.sub(r"^--.*\n", "", text, flags=re.MULTILINE)
    for name, value in (
        ("peak", _PEAK.format(short=_SHORT, long=_LONG)),
        ("sellable", _SELLABLE),
        ("whole_is_booked", _WHOLE_IS_BOOKED),
    ):
        text = text.replace("{" + name + "}", value)
    statements = re.findall(r"CREATE TRIGGER \w+.*?\nEND", text, flags=re.DOTALL)
    return {statement.split()[2]: statement for statement in statements}


def _read_postgresql(name: str) -> str:
    text = (SQL / f"{name}_postgresql.sql").read_text()
    return text.replace("{is_short}", IS_SHORT).replace("{each_reach}", EACH_REACH)


def _read_bodies(name: str) -> dict[str, str]:
    functions = re.compile(r"CREATE OR REPLACE FUNCTION (\w+)\(.*?\$(\w+)\$(.*?)\$\2\$", flags=re.DOTALL)
    return {function: body for function, _tag, body in functions.findall(_read_postgresql(name))}


def install(using: str = DEFAULT_DB_ALIAS) -> None:
    """Create or renew everything; safe to repeat, on PostgreSQL also beside a running server."""
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_read_postgresql("guard"))
            cursor.execute(_read_postgresql("busy"))
        return
    remove(using)
    with connection.cursor() as cursor:
        for statement in _read_sqlite_triggers().values():
            cursor.execute(statement)


def remove(using: str = DEFAULT_DB_ALIAS) -> None:
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for name in _read_bodies("guard"):
                cursor.execute(f"DROP FUNCTION IF EXISTS {name}() CASCADE")
            return
        for name in _read_sqlite_triggers():
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def list_missing(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Names of triggers that are absent, disabled or different from this version's."""
    connection = connections[using]
    find_missing = _list_missing_postgresql if connection.vendor == "postgresql" else _list_missing_sqlite
    return sorted(find_missing(connection))


def _list_missing_sqlite(connection: BaseDatabaseWrapper) -> Iterable[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        present = dict(cursor.fetchall())
    return [name for name, statement in _read_sqlite_triggers().items() if present.get(name) != statement]


def _list_missing_postgresql(connection: BaseDatabaseWrapper) -> Iterable[str]:
    bodies = _read_bodies("guard") | _read_bodies("busy")
    triggers = re.findall(r"CREATE OR REPLACE TRIGGER (\w+)", _read_postgresql("guard"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname, prosrc FROM pg_proc WHERE proname = ANY(%s)", [list(bodies)])
        present = dict(cursor.fetchall())
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgname = ANY(%s) AND tgenabled IN ('O', 'A')", [triggers]
        )
        enabled = {row[0] for row in cursor.fetchall()}
    changed = [name for name, body in bodies.items() if present.get(name) != body]
    return changed + [name for name in triggers if name not in enabled]


def require_guard(using: str = DEFAULT_DB_ALIAS) -> None:
    if names := list_missing(using):
        raise GuardMissing(f"The booking guard is not installed ({', '.join(names)}). Run: manage.py migrate")


def before_migrate(*, using: str, **kwargs: Any) -> None:
    """SQLite cannot alter a table that a trigger names; PostgreSQL keeps its triggers throughout."""
    if connections[using].vendor == "sqlite":
        remove(using)


def after_migrate(*, using: str, **kwargs: Any) -> None:
    """Does nothing while tables are missing, as after a partial migrate."""
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
    if tables >= _TABLES:
        install(using)


def violated_constraint(error: DatabaseError) -> str | None:
    """The one of ``CONSTRAINTS`` that made the database refuse, or None."""
    diagnostics = getattr(error.__cause__, "diag", None)
    name = getattr(diagnostics, "constraint_name", None) or str(error)
    return next((constraint for constraint in CONSTRAINTS if constraint in name), None)
