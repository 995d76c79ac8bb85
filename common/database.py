"""Which connection raw SQL uses: the router's, so that all reads of one answer come from one database."""

from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model


def write_connection(model: type[Model]) -> BaseDatabaseWrapper:
    return connections[router.db_for_write(model)]


def read_connection(model: type[Model]) -> BaseDatabaseWrapper:
    """Within a transaction, the one that sees what the transaction has written and locked."""
    writer = write_connection(model)
    return writer if writer.in_atomic_block else connections[router.db_for_read(model)]
