"""Empties the database after a test that has committed something: only what the test filled.

Django's own ``flush`` empties every table, then writes all content types and permissions anew. That took
longer than most of the tests.
"""

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

from lending import guard as loans_guard
from reservations import guard

KEPT = {ContentType._meta.db_table, Permission._meta.db_table, "django_migrations"}
"""What migrating has written; no test writes there."""


def empty_after_tests() -> None:
    """Has every transactional test end with ``empty_database`` instead of ``flush``."""
    TransactionTestCase._fixture_teardown = lambda _test: empty_database()  # type: ignore[attr-defined]


def empty_database(using: str = DEFAULT_DB_ALIAS) -> None:
    """Deletes all rows but those of ``KEPT``; sequences go on, and the guard is there afterwards."""
    connection = connections[using]
    with transaction.atomic(using):
        filled = _filled_tables(connection)
        empty = _empty_unwatched if connection.vendor == "postgresql" else _delete
        if filled:
            empty(connection, filled)
    if guard.list_missing(using):  # a negative control has removed it
        guard.install(using)
    if loans_guard.list_missing(using):
        loans_guard.install(using)


def _filled_tables(connection: BaseDatabaseWrapper) -> list[str]:
    tables = sorted(set(connection.introspection.django_table_names(only_existing=True)) - KEPT)
    looks = (f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(looks))
        return [table for (table,) in cursor.fetchall()]


def _empty_unwatched(connection: BaseDatabaseWrapper, tables: list[str]) -> None:
    """Fires no triggers, so that the append-only history goes, too; waits for whoever still writes there."""
    with connection.cursor() as cursor:
        if connection.connection.info.parameter_status("is_superuser") == "on":
            cursor.execute(f"LOCK TABLE {', '.join(tables)} IN EXCLUSIVE MODE")
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("; ".join(f"DELETE FROM {table}" for table in tables))
        else:  # takes three times as long: it makes the files of all that refer to them anew
            cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")


def _delete(connection: BaseDatabaseWrapper, tables: list[str]) -> None:
    """In any order: foreign keys are looked at when all is done."""
    guard.remove(connection.alias)
    loans_guard.remove(connection.alias)
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DELETE FROM {table}")
    guard.install(connection.alias)
    loans_guard.install(connection.alias)
