"""Queries whose SQL is written once for each shape: building it anew takes longer than running it.

The queryset stays the only place that says what is read; what it compares with is bound when it runs.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Model, QuerySet
from django.db.models.query import (
    FlatValuesListIterable,
    ModelIterable,
    ValuesListIterable,
    get_related_populators,
)
from django.db.transaction import TransactionManagementError

from common.database import read_connection, write_connection

P = ParamSpec("P")
M = TypeVar("M", bound=Model)
R = TypeVar("R")


def written_once(build: Callable[P, QuerySet[M, R]]) -> Callable[P, list[R]]:
    """Fetches what ``build`` describes: models, or ``values_list``.

    ``build`` is called once for each shape, with marks for its arguments (by position): it may only compare
    columns with them. A list is for ``__in``. None and empty lists have no place in SQL and are refused.
    """
    queries: dict[tuple[int | None, ...], _Query] = {}
    hints = [hint for name, hint in build.__annotations__.items() if name != "return"]
    keys = [position for position, hint in enumerate(hints) if hint in (UUID, list[UUID])]

    @wraps(build)
    def fetch(*args: P.args, **kwargs: P.kwargs) -> list[R]:
        if any(_is_text(args[position]) for position in keys):
            raise TypeError("The text of a UUID would be found nowhere.")
        values = [_pad(value) if isinstance(value, list) else value for value in args]
        sizes = tuple([len(value) if isinstance(value, list) else None for value in values])
        if kwargs or None in values or 0 in sizes:
            raise TypeError("Only values by position, and lists that have some, can be bound.")
        query = queries.get(sizes)
        if query is None:
            marks = map(_Mark, range(len(sizes)), sizes)
            query = queries[sizes] = _Query(build(*marks))  # type: ignore[arg-type, call-arg]
        return query.fetch(values)

    return fetch


def _is_text(value: Any) -> bool:
    return any(isinstance(each, str) for each in (value if isinstance(value, list) else (value,)))


def _pad(values: list[Any]) -> list[Any]:
    """To a power of two, so that there are few shapes."""
    size = len(values)
    return values + values[-1:] * ((1 << (size - 1).bit_length()) - size) if size > 2 else values


class _Mark(Expression):
    """The place of an argument; of a list as many places as it has values."""

    def __init__(self, position: int, size: int | None) -> None:
        super().__init__()
        self.position, self.size = position, size

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if self.size is None:
            return "%s", [_Place(self.position)]
        marks = ", ".join(["%s"] * self.size)
        return f"({marks})", [_Place(self.position, number) for number in range(self.size)]


class _Place:
    def __init__(self, position: int, number: int | None = None) -> None:
        self.position, self.number = position, number

    def find(self, values: Sequence[Any]) -> Any:
        value = values[self.position]
        return value if self.number is None else value[self.number]


class _Query:
    """Of one shape, with the SQL for each database."""

    def __init__(self, queryset: QuerySet[Any, Any]) -> None:
        self._queryset = queryset
        self._find_connection = write_connection if queryset.query.select_for_update else read_connection
        self._statements: dict[str, _Statement] = {}

    def fetch(self, values: Sequence[Any]) -> list[Any]:
        connection = self._find_connection(self._queryset.model)
        statement = self._statements.get(connection.alias)
        if statement is None:
            statement = _Statement(self._queryset, connection)
            self._statements[connection.alias] = statement
        return statement.run(values, connection)


class _Statement:
    def __init__(self, queryset: QuerySet[Any, Any], connection: BaseDatabaseWrapper) -> None:
        compiler = queryset.query.get_compiler(connection=connection)
        self._sql, self._parameters = compiler.as_sql()
        selected = [column for column, _sql, _alias in compiler.select]
        self._converters = [
            (position, convert, expression)
            for position, (converters, expression) in compiler.get_converters(selected).items()
            for convert in converters
        ]
        self._locks = queryset.query.select_for_update and connection.features.has_select_for_update
        self._make = _find_maker(queryset, compiler, connection.alias)

    def run(self, values: Sequence[Any], connection: BaseDatabaseWrapper) -> list[Any]:
        if self._locks and not connection.in_atomic_block:
            raise TransactionManagementError("Locks end with a transaction: there is none.")
        parameters = [
            _adapt(each.find(values), connection) if isinstance(each, _Place) else each
            for each in self._parameters
        ]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, parameters)
            rows = cursor.fetchall()
        return [self._make(row) for row in self._convert(rows, connection)]

    def _convert(
        self, rows: Sequence[Sequence[Any]], connection: BaseDatabaseWrapper
    ) -> Iterator[Sequence[Any]]:
        for row in rows:
            converted = list(row)
            for position, convert, expression in self._converters:
                converted[position] = convert(converted[position], expression, connection)
            yield converted


def _adapt(value: Any, connection: BaseDatabaseWrapper) -> Any:
    if isinstance(value, UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    return connection.ops.adapt_unknown_value(value)


def _find_maker(queryset: QuerySet[Any, Any], compiler: Any, alias: str) -> Callable[[Sequence[Any]], Any]:
    makers: dict[type, Callable[[], Callable[[Sequence[Any]], Any]]] = {
        FlatValuesListIterable: lambda: lambda row: row[0],
        ValuesListIterable: lambda: tuple,
        ModelIterable: lambda: _ModelMaker(compiler, alias),
    }
    return makers[queryset._iterable_class]()


class _ModelMaker:
    """As ``ModelIterable``: rows with what was joined by ``select_related``."""

    def __init__(self, compiler: Any, alias: str) -> None:
        info = compiler.klass_info
        fields = info["select_fields"]
        self._alias = alias
        self._model: type[Model] = info["model"]
        self._columns = slice(fields[0], fields[-1] + 1)
        self._names = [column[0].target.attname for column in compiler.select[self._columns]]
        self._populators = get_related_populators(info, compiler.select, alias)  # type: ignore[call-arg]

    def __call__(self, row: Sequence[Any]) -> Model:
        made = self._model.from_db(self._alias, self._names, row[self._columns])
        for populator in self._populators:
            populator.populate(row, made)
        return made
