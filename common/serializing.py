"""Serializers that render: one class declares an answer's fields and makes it, quickly.

::

    class Brief(Shape):
        id = serializers.UUIDField(source="uuid")      # str(row.uuid)
        venue = VenueBrief(allow_null=True)            # another shape
        price = serializers.SerializerMethodField()    # self.get_price(row), with self.context
        rules = RuleShape(many=True)                   # what self.read_rules(row) gives, if there is such

Rows are objects or dicts. A field with ``required=False`` is left out of rows that lack it.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from common.clock import instant_text

M = TypeVar("M")
Reader = Callable[[Any], Any]
Binder = Callable[[serializers.BaseSerializer[Any]], Reader]
Field = serializers.Field[Any, Any, Any, Any]

ABSENT = object()
AS_IT_IS = (
    serializers.IntegerField,
    serializers.FloatField,
    serializers.BooleanField,
    serializers.ChoiceField,
    serializers.JSONField,
    serializers.DictField,
)


# REST framework looks each field up anew for each row. A shape looks at its fields once in the life of the
# process, keeps a plain function for each, and binds them once a request.
class Rendering(serializers.BaseSerializer[M]):
    # Stands before a serializer, which then only renders. A docstring would describe every shape without one.

    @cached_property
    def _readers(self) -> list[tuple[str, Reader]]:
        kind: Any = type(self)
        return [(name, bind(self)) for name, bind in _plan_fields(kind)]

    @cached_property
    def _is_sparse(self) -> bool:
        kind: Any = type(self)
        return _has_optional_fields(kind)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        values = {name: read(instance) for name, read in self._readers}
        if self._is_sparse:
            return {name: value for name, value in values.items() if value is not ABSENT}
        return values


class Shape(Rendering[Any], serializers.Serializer[Any]):
    # No docstring: it would describe every shape that has none.
    pass


class RowShape(Rendering[M], serializers.ModelSerializer[M]):  # type: ignore[type-var]
    # Fields of the model that are only named are documented as it says.
    pass


class ZonedDateTimeField(serializers.DateTimeField):
    """An instant with the offset of the zone it is in: ``2027-03-28T14:30:00+02:00``."""


@extend_schema_field({"type": "string", "format": "decimal"})
class DecimalTextField(serializers.CharField):
    """A number with the digits it has: ``25.00``."""


@cache
def _plan_fields(shape: Any) -> tuple[tuple[str, Binder], ...]:
    return tuple(
        (name, _make_binder(shape, name, field))
        for name, field in _declared_fields(shape).items()
        if not field.write_only
    )


@cache
def _has_optional_fields(shape: Any) -> bool:
    return any(_is_optional(field) for field in _declared_fields(shape).values())


@cache
def _declared_fields(shape: Any) -> dict[str, Field]:
    return dict(shape().fields)


def _is_optional(field: Field) -> bool:
    # Model fields with a default are not required as input, but always there.
    of_model = isinstance(field.parent, RowShape) and field.field_name not in field.parent._declared_fields
    return not (of_model or field.required or field.read_only) and field.default is empty


def _make_binder(shape: type[Rendering[Any]], name: str, field: Any) -> Binder:
    # A method of the shape is bound to each instance; what needs no shape is the same function for all.
    if isinstance(field, serializers.SerializerMethodField):
        return attrgetter(str(field.method_name))
    own = attrgetter(f"read_{name}") if hasattr(shape, f"read_{name}") else None
    if isinstance(field, Rendering | serializers.ListSerializer):
        return _bind_nested(field, own, getter_of(shape)(str(field.source)))
    if own is not None:
        make = _find_converter(field)
        return lambda bound: _convert_with(own(bound), make)
    read = _make_reader(field, getter_of(shape))
    read = _or_absent(read) if _is_optional(field) else read
    return lambda bound: read


def _bind_nested(field: Any, own: Binder | None, shared: Reader) -> Binder:
    many = isinstance(field, serializers.ListSerializer)
    kind = type(field.child if many else field)
    is_optional = _is_optional(field)

    def bind(bound: serializers.BaseSerializer[Any]) -> Reader:
        render = kind(context=bound.context).to_representation
        get = own(bound) if own else shared
        read = _convert_with(
            get, (lambda rows: [render(row) for row in _list_rows(rows)]) if many else render
        )
        return _or_absent(read) if is_optional else read

    return bind


def _convert_with(get: Reader, make: Reader | None) -> Reader:
    if make is None:
        return get

    def read(row: Any) -> Any:
        value = get(row)
        return None if value is None else make(value)

    return read


def _list_rows(value: Any) -> Iterable[Any]:
    return value.all() if hasattr(value, "all") else value  # type: ignore[no-any-return]


def _or_absent(read: Reader) -> Reader:
    def read_or_leave_out(row: Any) -> Any:
        try:
            return read(row)
        except (AttributeError, KeyError):
            return ABSENT

    return read_or_leave_out


def getter_of(shape: Any) -> Callable[[str], Reader]:
    # Models are never dicts, so reading them needs no check.
    step: Callable[[str], Reader] = attrgetter if issubclass(shape, RowShape) else _step
    return lambda source: _follow_source(source, step)


def _follow_source(source: str, step: Callable[[str], Reader]) -> Reader:
    # Follow dots; what is None has nothing below it.
    if source == "*":
        return lambda row: row
    if "." not in source:
        return step(source)
    steps = [step(name) for name in source.split(".")]

    def follow(row: Any) -> Any:
        for read_step in steps:
            if row is None:
                return None
            row = read_step(row)
        return row

    return follow


def _step(name: str) -> Reader:
    def step(row: Any) -> Any:
        return row[name] if row.__class__ is dict else getattr(row, name)

    return step


def _make_reader(field: Any, getter: Callable[[str], Reader]) -> Reader:
    # A field of ours may bring its own reader.
    if hasattr(field, "reader"):
        return field.reader()  # type: ignore[no-any-return]
    if type(field).get_attribute is not serializers.Field.get_attribute:
        return lambda row: _as_framework_does(field, row)
    return _convert_with(getter(field.source), _find_converter(field))


def _as_framework_does(field: Field, row: Any) -> Any:
    value = field.get_attribute(row)
    return None if value is None else field.to_representation(value)


def _find_converter(field: Any) -> Reader | None:
    """What makes JSON of a value; None where it is JSON already."""
    if isinstance(field, AS_IT_IS):
        return None
    if isinstance(field, serializers.UUIDField | serializers.CharField):
        return str
    if isinstance(field, serializers.ListField):
        make = _find_converter(field.child)
        return list if make is None else lambda values: [make(value_item) for value_item in values]
    if isinstance(field, ZonedDateTimeField):
        return zoned_text
    if isinstance(field, serializers.DateTimeField):
        return utc_text
    if type(field).to_representation is serializers.DateField.to_representation:
        return day_text
    if isinstance(field, serializers.TimeField) and getattr(field, "format", "") == "%H:%M":
        return minute_text
    return field.to_representation  # type: ignore[no-any-return]


def utc_text(at: datetime | str) -> str:
    """``2027-03-28T12:30:00+00:00``; text stays as it is."""
    return at if isinstance(at, str) else instant_text(at if at.tzinfo is UTC else at.astimezone(UTC))


def zoned_text(at: datetime | str) -> str:
    return at if isinstance(at, str) else instant_text(at)


def minute_text(at: time | str) -> str:
    return at if isinstance(at, str) else at.isoformat("minutes")


def day_text(day: date | str) -> str:
    return day if isinstance(day, str) else day.isoformat()
