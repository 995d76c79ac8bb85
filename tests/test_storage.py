"""PostgreSQL tidies up tables by how they live (``common.postgres.storage``)."""

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.state import ProjectState

from common.postgres.storage import APPEND_ONLY, COUNTER, HISTORY, QUEUE, KeepAs, Settings

LIVES = {
    "accounts.SecurityEvent": APPEND_ONLY,
    "classes.SeatBooking": HISTORY,
    "classes.Session": HISTORY,
    "common.StoredAnswer": QUEUE,
    "lending.Loan": HISTORY,
    "lending.LoanEvent": APPEND_ONLY,
    "live.Change": QUEUE,
    "notifications.Message": QUEUE,
    "payments.Payment": HISTORY,
    "reservations.Allocation": HISTORY,
    "reservations.Reservation": HISTORY,
    "reservations.ReservationEvent": APPEND_ONLY,
    "reservations.ReservationItem": HISTORY,
    "resources.Resource": COUNTER,
    "waitlist.FreedTime": QUEUE,
    "waitlist.WaitlistEntry": QUEUE,
    "webhooks.WebhookDelivery": QUEUE,
}


def read_settings() -> dict[str, Settings]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, reloptions FROM pg_class WHERE reloptions IS NOT NULL AND relkind = 'r'"
        )
        rows = dict(cursor.fetchall())
    return {table: dict(option.split("=") for option in options) for table, options in rows.items()}


@pytest.mark.django_db
def test_tables_are_kept_by_how_they_live() -> None:
    if connection.vendor == "postgresql":
        settings = {apps.get_model(label)._meta.db_table: life for label, life in LIVES.items()}
        assert read_settings() == settings


@pytest.mark.django_db
def test_it_is_taken_back_with_its_migration() -> None:
    """On SQLite both ways do nothing."""
    table, state = apps.get_model("live.Change")._meta.db_table, ProjectState.from_apps(apps)
    editor = connection.SchemaEditorClass(connection)
    KeepAs("Change", QUEUE).database_backwards("live", editor, state, None)
    assert connection.vendor == "sqlite" or table not in read_settings()
    KeepAs("Change", QUEUE).database_forwards("live", editor, None, state)
    assert connection.vendor == "sqlite" or read_settings()[table] == QUEUE
