"""Which connection raw SQL uses: the router's, so that all reads of one answer come from one database."""

from django.db import DEFAULT_DB_ALIAS, connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model


def write_connection(model: type[Model]) -> BaseDatabaseWrapper:
    return connections[router.db_for_write(model)]


def read_connection(model: type[Model]) -> BaseDatabaseWrapper:
    """Within a transaction, the one that sees what the transaction has written and locked."""
    if not router.routers:  # asked several times a request, and asking the router takes longer than reading
        return connections[DEFAULT_DB_ALIAS]
    writer = write_connection(model)
    return writer if writer.in_atomic_block else connections[router.db_for_read(model)]
