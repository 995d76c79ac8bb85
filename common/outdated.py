"""Recognises a database that an unreleased Holdfast made: no migration leads from there to here."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

COLUMNS = {
    "sqlite": (
        "SELECT tables.name, columns.name FROM sqlite_master AS tables"
        " JOIN pragma_table_xinfo(tables.name) AS columns WHERE tables.type = 'table'"
    ),
    "postgresql": (
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = ANY (current_schemas(false))"
    ),
}
REFUSAL = (
    "This database was made by Holdfast before its first release ({sign}) and cannot be used"
    " by this one. Nothing in it was changed. To begin anew, {way}, and start again."
)


class OutdatedDatabase(SystemExit):
    """Ends the process with one sentence that says how to begin anew."""

    pass


def refuse_outdated_database(using: str = DEFAULT_DB_ALIAS) -> None:
    """Raises ``OutdatedDatabase``; an empty database, or one that only waits for migrate, passes."""
    connection = connections[using]
    sign = next(_find_signs(connection), None)
    if sign is not None:
        raise OutdatedDatabase(REFUSAL.format(sign=sign, way=_describe_way_out(connection)))


def _find_signs(connection: BaseDatabaseWrapper) -> Iterator[str]:
    """Yield applied migrations that are no more, and missing columns."""
    loader = MigrationLoader(connection)
    applied, present = set(loader.applied_migrations), set(loader.disk_migrations)
    ours = {
        config.label for config in apps.get_app_configs() if Path(config.path).parent == settings.BASE_DIR
    }
    yield from (f"migration {app}.{name}" for app, name in sorted(applied - present) if app in ours)
    complete = ours - {app for app, _name in present - applied}
    # Only where all migrations of an app are applied: others may still add the column.
    if applied:
        yield from _missing_columns(connection, complete)


def _missing_columns(connection: BaseDatabaseWrapper, labels: set[str]) -> Iterator[str]:
    columns: dict[str, set[str]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS[connection.vendor])
        for table, name in cursor.fetchall():
            columns[table].add(name)
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label in labels and model._meta.managed:
            table = model._meta.db_table
            wanted = {str(field.column) for field in model._meta.concrete_fields}
            yield from (f"no column {table}.{name}" for name in sorted(wanted - columns[table]))


def _describe_way_out(connection: BaseDatabaseWrapper) -> str:
    if connection.vendor == "sqlite":
        return f"move {connection.settings_dict['NAME']} away or name another database in DATABASE_URL"
    return "name another, empty database in DATABASE_URL"
