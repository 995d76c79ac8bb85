"""Fields of a row saved by SQL that is written once for each set of them."""

from functools import cache
from typing import Any

from django.db import DatabaseError, models, transaction

from common.database import write_connection
from common.inserting import prepare_value


def update_row(row: models.Model, *names: str) -> None:
    """As ``save(update_fields=names)`` does, of a model whose ``save`` nobody listens to."""
    model = type(row)
    connection = write_connection(model)
    sql, fields = _write(model, frozenset(names))
    values = [prepare_value(field, row, connection, is_new=False) for field in fields]
    key = model._meta.pk.get_db_prep_save(row.pk, connection)
    with transaction.mark_for_rollback_on_error(connection.alias), connection.cursor() as cursor:
        cursor.execute(sql, [*values, key])
        if not cursor.rowcount:
            raise DatabaseError(f"There is no {model._meta.label} {row.pk}.")


@cache
def _write(
    model: type[models.Model], names: frozenset[str]
) -> tuple[str, tuple[models.Field[Any, Any], ...]]:
    options = model._meta
    known = {field.name: field for field in options.concrete_fields if not field.primary_key}
    if unknown := names - known.keys():
        raise ValueError(f"{options.label} has no {', '.join(sorted(unknown))} to save.")
    fields = tuple(field for name, field in known.items() if name in names)
    columns = ", ".join(f'"{field.column}" = %s' for field in fields)
    return f'UPDATE "{options.db_table}" SET {columns} WHERE "{options.pk.column}" = %s', fields
