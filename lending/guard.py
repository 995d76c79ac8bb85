"""Installs and checks ``lending/sql/``: nobody changes the history of loans.

After every migrate, like the guard of ``reservations``, and for the same reason.
"""

import re
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from reservations.guard import GuardMissing

SQL = Path(__file__).parent / "sql"
TABLE = "lending_loanevent"
FUNCTION, TRIGGER = "holdfast_loan_history", "holdfast_loan_history_write"


def _read_sqlite() -> dict[str, str]:
    text = re.sub(r"^--.*\n", "", (SQL / "guard_sqlite.sql").read_text(), flags=re.MULTILINE)
    statements = re.findall(r"CREATE TRIGGER \w+.*?\nEND", text, flags=re.DOTALL)
    return {statement.split()[2]: statement for statement in statements}


def _read_postgresql() -> str:
    return (SQL / "guard_postgresql.sql").read_text()


def install(using: str = DEFAULT_DB_ALIAS) -> None:
    remove(using)
    connection = connections[using]
    statements = [_read_postgresql()] if connection.vendor == "postgresql" else _read_sqlite().values()
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def remove(using: str = DEFAULT_DB_ALIAS) -> None:
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"DROP FUNCTION IF EXISTS {FUNCTION}() CASCADE")
            return
        for name in _read_sqlite():
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def list_missing(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Names of triggers that are absent, disabled or different from this version's."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            present = dict(cursor.fetchall())
            return [name for name, statement in _read_sqlite().items() if present.get(name) != statement]
        cursor.execute(
            "SELECT prosrc FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
            " WHERE tgname = %s AND tgenabled IN ('O', 'A')",
            [TRIGGER],
        )
        row = cursor.fetchone()
        return [] if row and row[0].strip() and row[0] in _read_postgresql() else [TRIGGER]


def require_guard(using: str = DEFAULT_DB_ALIAS) -> None:
    if names := list_missing(using):
        raise GuardMissing(
            f"The loans' history is not protected ({', '.join(names)}). Run: manage.py migrate"
        )


def before_migrate(*, using: str, **kwargs: Any) -> None:
    """SQLite cannot alter a table that a trigger names."""
    if connections[using].vendor == "sqlite":
        remove(using)


def after_migrate(*, using: str, **kwargs: Any) -> None:
    """Does nothing while tables are missing, as after a partial migrate."""
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
    if tables >= {TABLE, "reservations_historyremoval"}:
        install(using)
