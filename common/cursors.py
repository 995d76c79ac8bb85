"""Pages that begin after a row instead of at a number: as quick at the end of millions of rows as at their
beginning, and none is skipped or repeated when others come or go meanwhile.
"""

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from django.core.exceptions import FieldDoesNotExist
from django.core.signing import BadSignature, Signer
from django.db import connections
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from common.parsing import refuse

M = TypeVar("M", bound=Model)
NEVER = Q(pk__in=())
_signer = Signer(salt="common.cursors")


class Column(NamedTuple):
    name: str
    is_descending: bool
    is_nullable: bool


class Cursor(NamedTuple):
    """The place of a row in the order; ``is_backward`` for what lies before it."""

    values: Sequence[Any]
    is_backward: bool


class CursorPage(NamedTuple):
    rows: list[Any]
    next: str | None
    previous: str | None


def in_total_order(rows: QuerySet[M]) -> QuerySet[M]:
    """Ties by the primary key, so that every row has one place."""
    order = _read_order(rows)
    names = {name.lstrip("-") for name in order}
    is_total = names & {"pk", rows.model._meta.pk.name}
    return rows.order_by(*order) if is_total else rows.order_by(*order, "pk")


def _read_order(rows: QuerySet[Any]) -> list[str]:
    return [str(name) for name in rows.query.order_by or rows.model._meta.ordering or ()]


def page_by_cursor(rows: QuerySet[Any], text: str, size: int) -> CursorPage:
    """``text`` is a cursor of another page, or empty for the first. Raises ``InvalidInput``."""
    ordered = in_total_order(rows)
    columns = list(_read_columns(ordered))
    cursor = _decode(text, _describe(rows.model, columns)) if text else None
    is_backward = cursor is not None and cursor.is_backward
    if is_backward:
        ordered, columns = ordered.reverse(), [_turn(column) for column in columns]
    if cursor:
        ordered = ordered.filter(_follows(columns, cursor.values, connections[rows.db].features))
    read = list(ordered[: size + 1])
    shown, has_more = read[:size], len(read) > size
    if is_backward:
        shown.reverse()
    has_next, has_previous = (bool(cursor), has_more) if is_backward else (has_more, bool(cursor))
    return CursorPage(
        shown,
        cursor_at(rows, shown[-1], is_backward=False) if shown and has_next else None,
        cursor_at(rows, shown[0], is_backward=True) if shown and has_previous else None,
    )


def cursor_at(rows: QuerySet[Any], row: Any, *, is_backward: bool) -> str:
    """For the page after ``row``, or before it."""
    columns = list(_read_columns(in_total_order(rows)))
    values = [_plain(attrgetter(column.name.replace("__", "."))(row)) for column in columns]
    return _signer.sign_object([_describe(rows.model, columns), int(is_backward), values])


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int) else str(value)


def _describe(model: type[Model], columns: Sequence[Column]) -> str:
    # With the model: columns of the same name hold other values elsewhere.
    order = ",".join(f"{'-' * column.is_descending}{column.name}" for column in columns)
    return f"{model._meta.label_lower}:{order}"


def _decode(text: str, description: str) -> Cursor:
    try:
        order, is_backward, values = _signer.unsign_object(text)
    except (BadSignature, ValueError):
        refuse("cursor", _("This cursor isn't valid. Use the addresses in next and previous unchanged."))
    if order != description:
        refuse("cursor", _("This cursor belongs to another list or sort order. Start again without it."))
    return Cursor(values, bool(is_backward))


def _read_columns(rows: QuerySet[Any]) -> Iterator[Column]:
    for name in _read_order(rows):
        path = name.lstrip("-")
        yield Column(path, name.startswith("-"), _is_nullable(rows.model, path))


def _is_nullable(model: Any, path: str) -> bool:
    for name in path.split("__"):
        try:
            field = model._meta.pk if name == "pk" else model._meta.get_field(name)
        except FieldDoesNotExist:
            return True  # worked out for each row
        if field.null:
            return True
        model = field.related_model
    return False


def _turn(column: Column) -> Column:
    return column._replace(is_descending=not column.is_descending)


def _follows(columns: Sequence[Column], values: Sequence[Any], features: Any) -> Q:
    """Rows whose place is after that of ``values``."""
    (column, *others), (value, *other_values) = columns, values
    beyond = _is_beyond(column, value, features)
    if not others:
        return beyond
    is_equal = Q(**{f"{column.name}__isnull": True} if value is None else {column.name: value})
    follows = beyond | (is_equal & _follows(others, other_values, features))
    if column.is_nullable:
        return follows
    # Says nothing new, but an index on the first column can begin there.
    return Q(**{f"{column.name}__{'lte' if column.is_descending else 'gte'}": value}) & follows


def _is_beyond(column: Column, value: Any, features: Any) -> Q:
    """For PostgreSQL nothing is larger than null, for SQLite nothing is smaller."""
    nulls_follow = features.nulls_order_largest != column.is_descending
    if value is None:
        return NEVER if nulls_follow else Q(**{f"{column.name}__isnull": False})
    beyond = Q(**{f"{column.name}__{'lt' if column.is_descending else 'gt'}": value})
    if column.is_nullable and nulls_follow:
        beyond |= Q(**{f"{column.name}__isnull": True})
    return beyond
