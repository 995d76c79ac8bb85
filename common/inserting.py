"""New rows by SQL that is written once for each model: building it anew takes longer than running it."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from common.database import write_connection

AS_IS: dict[type[models.Field[Any, Any]], type] = {
    models.CharField: str,
    models.TextField: str,
    models.BooleanField: bool,
    models.BigAutoField: int,
    models.IntegerField: int,
    models.BigIntegerField: int,
    models.PositiveIntegerField: int,
    models.PositiveSmallIntegerField: int,
}
MOST_ROWS = 128
"""At a time: each number has SQL of its own, which is kept."""


def insert_rows(rows: Sequence[models.Model], *, ignore_conflicts: bool = False) -> None:
    """As ``bulk_create`` inserts rows of one model; their keys are set unless conflicts are ignored."""
    for first in range(0, len(rows), MOST_ROWS):
        _insert(rows[first : first + MOST_ROWS], ignore_conflicts)


def _insert(rows: Sequence[models.Model], ignore_conflicts: bool) -> None:
    model = type(rows[0])
    connection = write_connection(model)
    fields = _list_fields(model)
    values = [prepare_value(field, row, connection, is_new=True) for row in rows for field in fields]
    wants_keys = _has_given_key(model) and not ignore_conflicts
    # As after the ORM's errors: nobody may go on in a transaction of which a part failed.
    with transaction.mark_for_rollback_on_error(connection.alias), connection.cursor() as cursor:
        cursor.execute(_write_sql(model, len(rows), ignore_conflicts, wants_keys), values)
        keys = cursor.fetchall() if wants_keys else ()
    for row, (key,) in zip(rows, keys, strict=False):
        row.pk = key
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def prepare_value(
    field: models.Field[Any, Any], row: models.Model, connection: BaseDatabaseWrapper, *, is_new: bool
) -> Any:
    """What the database is given."""
    value = field.pre_save(row, add=is_new)
    if value is None or type(value) is _stored_as_is(field):
        return value
    return field.get_db_prep_save(value, connection)


@cache
def _stored_as_is(field: models.Field[Any, Any]) -> type | None:
    """Values of this type need no preparation, which for most fields takes longer than all else."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return AS_IS.get(type(field))


@cache
def _write_sql(model: type[models.Model], count: int, ignore_conflicts: bool, wants_keys: bool) -> str:
    fields = _list_fields(model)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    lines = ", ".join([f"({marks})"] * count)
    ending = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    ending += f' RETURNING "{model._meta.pk.column}"' if wants_keys else ""
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES {lines}{ending}'


@cache
def _list_fields(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    given = model._meta.auto_field if _has_given_key(model) else None
    return [field for field in model._meta.concrete_fields if not field.generated and field is not given]


def _has_given_key(model: type[models.Model]) -> bool:
    """Whether the database counts its keys."""
    return model._meta.auto_field is not None
