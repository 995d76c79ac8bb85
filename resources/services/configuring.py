"""Rows of configuration: written whole and valid, or not at all."""

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
"""Called while the row is locked; raises to refuse the change."""

API_NAMES = {
    "weekday": "day_of_week",
    "weekdays": "days_of_week",
    "resource": "resource_id",
    "rules": "rules_id",
    "cancellation_policy": "cancellation_policy_id",
    "embedded_on": "embed_origins",
}
"""Model fields that clients know by another name."""


class StaleRow(Conflict):  # somebody changed the row after it was read
    code = "stale_version"
    message = _("This has changed since you opened it. Check it and try again.")


class InUse(Conflict):
    """Reservations or other rows refer to it."""

    code = "in_use"
    message = _("This is in use and can't be deleted. If it has is_active, set that to false.")


def create_row(
    *,
    model: type[M],
    values: Values,
    many_to_many: Mapping[str, Sequence[Model]] | None = None,
    children: Mapping[str, Sequence[Values]] | None = None,
) -> M:
    """A new row with its links and the rows below it (by related name). Raises ``InvalidInput``."""

    @retried_atomic
    def create() -> M:
        row = model(**values)
        save_valid(row)
        _write_related(row, many_to_many or {}, children or {})
        return row

    with reject_clashes():
        return create()


def create_rows(*, model: type[M], rows: Sequence[Values]) -> list[M]:
    """All of them or none. Raises ``InvalidInput``."""

    @retried_atomic
    def create() -> list[M]:
        # One by one: that keeps their history, and the signals tell every process to read them again.
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
    """Change only what is named; named links and children are replaced.

    Raises ``InvalidInput``, ``NotFound`` when the row is gone, and whatever ``check`` raises.
    """

    @retried_atomic
    def change() -> M:
        current = lock_row(row, check)
        for name, value in values.items():
            setattr(current, name, value)
        save_valid(current, only=values)
        _write_related(current, many_to_many or {}, children or {})
        return current

    with reject_clashes():
        return change()


def delete_row(*, row: Model, check: Check | None = None) -> None:
    """Raises ``InUse`` when something refers to it, ``NotFound`` when it is gone already."""

    @retried_atomic
    def delete() -> None:
        lock_row(row, check).delete()

    with reject_if_referenced():
        delete()


def lock_row(row: M, check: Check | None = None) -> M:
    """The row as it is now, locked until commit. Raises ``NotFound``."""
    current = type(row)._base_manager.select_for_update().filter(pk=row.pk).first()
    if current is None:
        raise NotFound
    # Under the lock, so that nobody can change the row between the check and the change.
    if check:
        check()
    return current


def save_valid(row: Model, *, only: Iterable[str] | None = None, below: str = "") -> None:
    """Save the fields ``only`` (all of a new row's) if the whole row is valid.

    ``below`` is where the row stands in the request, like ``tiers.0``. Raises ``InvalidInput``.
    """
    try:
        row.full_clean()
    except ValidationError as error:
        raise invalid_input(error, below, API_NAMES) from error
    # Never more than was changed: the guard's own columns move under other transactions.
    row.save(update_fields=None if only is None else list(only))


def replace_children(row: Model, name: str, wanted: Sequence[Values], below: str = "") -> None:
    manager = getattr(row, name)
    for old in manager.all():
        old.delete()
    for position, values in enumerate(wanted):
        child = manager.model(**{manager.field.name: row}, **values)
        save_valid(child, below=f"{below or name}.{position}")


@contextmanager
def reject_clashes() -> Iterator[None]:
    """Raises ``InvalidInput`` where only the database saw a clash, with something saved just now."""
    try:
        yield
    except IntegrityError as error:
        message = _("This conflicts with a change someone else just made. Check it and try again.")
        raise InvalidInput(message, fields={"request": [message]}) from error


@contextmanager
def reject_if_referenced() -> Iterator[None]:
    """Raises ``InUse`` for Django's ``ProtectedError``, and for a reference made just now."""
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
