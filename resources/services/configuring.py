"""Rows of configuration: written whole and valid, or not at all.

Saving them one by one keeps their history and tells every process to read the venue again
(``resources.receivers``).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from common.errors import Conflict, InvalidInput, NotFound, invalid_input
from common.transactions import retried_atomic

M = TypeVar("M", bound=Model)
Values = Mapping[str, Any]
Check = Callable[[], None]
"""Asked when the row is locked; raises to refuse the change."""

API_NAMES = {
    "weekday": "day_of_week",
    "weekdays": "days_of_week",
    "resource": "resource_id",
    "rules": "rules_id",
    "cancellation_policy": "cancellation_policy_id",
}
"""Model fields that clients know by another name."""


class StaleRow(Conflict):
    """Somebody changed the row after it was read."""

    code = "stale_version"
    message = _("This has been changed since you read it. Please look again.")


class InUse(Conflict):
    """Reservations or other rows refer to it, so it cannot be deleted."""

    code = "in_use"
    message = _("This is in use and cannot be deleted. If it has is_active, set that to false.")


def create_row(
    *,
    model: type[M],
    values: Values,
    many_to_many: Mapping[str, Sequence[Model]] | None = None,
    children: Mapping[str, Sequence[Values]] | None = None,
) -> M:
    """A new row with its links and the rows below it (by their related names).

    Raises ``InvalidInput`` that names the API's fields.
    """

    @retried_atomic
    def create() -> M:
        row = model(**values)
        save_valid(row)
        _write_related(row, many_to_many or {}, children or {})
        return row

    with clashes_are_invalid():
        return create()


def create_rows(*, model: type[M], rows: Sequence[Values]) -> list[M]:
    """All of them or none. Raises ``InvalidInput``."""

    @retried_atomic
    def create() -> list[M]:
        return [create_row(model=model, values=values) for values in rows]

    return create()


def change_row(
    *,
    row: M,
    values: Values,
    many_to_many: Mapping[str, Sequence[Model]] | None = None,
    children: Mapping[str, Sequence[Values]] | None = None,
    check: Check | None = None,
) -> M:
    """Changes what is named and nothing else; named links and children are replaced.

    Raises ``InvalidInput``, ``NotFound`` when the row is gone, and whatever ``check`` raises.
    """

    @retried_atomic
    def change() -> M:
        current = locked(row, check)
        for name, value in values.items():
            setattr(current, name, value)
        save_valid(current, only=values)
        _write_related(current, many_to_many or {}, children or {})
        return current

    with clashes_are_invalid():
        return change()


def delete_row(*, row: Model, check: Check | None = None) -> None:
    """Raises ``InUse`` when something refers to it, ``NotFound`` when it is gone already."""

    @retried_atomic
    def delete() -> None:
        locked(row, check).delete()

    with references_forbid():
        delete()


def locked(row: M, check: Check | None = None) -> M:
    """The row as it is now, nobody else's to change until commit. Raises ``NotFound``."""
    current = type(row)._base_manager.select_for_update().filter(pk=row.pk).first()
    if current is None:
        raise NotFound
    if check:
        check()
    return current


def save_valid(row: Model, *, only: Iterable[str] | None = None, below: str = "") -> None:
    """Saves the fields ``only`` (all of a new row's) if the whole row is valid.

    Never more than was changed: the guard's own columns move under other transactions.
    ``below`` is where the row stands in the request, like ``tiers.0``. Raises ``InvalidInput``.
    """
    try:
        row.full_clean()
    except ValidationError as error:
        raise invalid_input(error, below, API_NAMES) from error
    row.save(update_fields=None if only is None else list(only))


def replace_children(row: Model, name: str, wanted: Sequence[Values], below: str = "") -> None:
    """Other rows instead of the present ones of the related name."""
    manager = getattr(row, name)
    for old in manager.all():
        old.delete()
    for position, values in enumerate(wanted):
        child = manager.model(**{manager.field.name: row}, **values)
        save_valid(child, below=f"{below or name}.{position}")


@contextmanager
def clashes_are_invalid() -> Iterator[None]:
    """A constraint that only the database saw, because somebody wrote at the same moment."""
    try:
        yield
    except IntegrityError as error:
        message = _("This contradicts what somebody else has just saved. Please look again.")
        raise InvalidInput(message, fields={"request": [message]}) from error


@contextmanager
def references_forbid() -> Iterator[None]:
    """Django's ``ProtectedError``, or the database's own for a reference of this very moment."""
    try:
        yield
    except IntegrityError as error:
        raise InUse from error


def _write_related(
    row: Model, many_to_many: Mapping[str, Sequence[Model]], children: Mapping[str, Sequence[Values]]
) -> None:
    for name, rows in many_to_many.items():
        getattr(row, name).set(rows)
    for name, wanted in children.items():
        replace_children(row, name, wanted)
