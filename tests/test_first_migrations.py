"""First migrations make whole tables: after each separate step Django builds the models around it anew.

For 120 constraints that took longer than all else together, in every new database.
"""

from django.db.migrations import AddField, CreateModel, Migration, RunPython, RunSQL
from django.db.migrations.loader import MigrationLoader

from common.postgres.storage import KeepAs
from tests.test_rooms import HOUSE

WHOLE = (CreateModel, KeepAs, RunPython, RunSQL)


def test_they_add_nothing_to_a_table_they_made() -> None:
    found = MigrationLoader(connection=None).disk_migrations
    first = {app: migration for (app, _), migration in found.items() if app in HOUSE and migration.initial}

    assert len(first) >= 12
    assert {app: added for app, migration in first.items() if (added := added_later(migration))} == {}


def added_later(migration: Migration) -> list[str]:
    """Only a many-to-many field has to wait: for the table in between, which points at both ends."""
    return [
        operation.describe()
        for operation in migration.operations
        if not isinstance(operation, WHOLE)
        and not (isinstance(operation, AddField) and operation.field.many_to_many)
    ]
