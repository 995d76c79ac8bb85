"""The history of a row as the admin's History button shows it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import User

MOST_SHOWN = 200


class HistoryEntry(NamedTuple):
    at: datetime
    user: User | None
    action: str
    changes: Iterable[str]


def read_recorded_history(row: Model) -> list[HistoryEntry]:
    """The newest first, of models that keep one (django-simple-history)."""
    records = list(row.history.select_related("history_user")[: MOST_SHOWN + 1])  # type: ignore[attr-defined]
    older = [*records[1:], None]
    return [
        HistoryEntry(record.history_date, record.history_user, _name(record), _changes(record, before))
        for record, before in zip(records, older, strict=True)
    ][:MOST_SHOWN]


def _name(record: Any) -> str:
    return {"+": _("Added"), "~": _("Changed"), "-": _("Deleted")}[record.history_type]


def _changes(record: Any, before: Any) -> list[str]:
    if before is None or record.history_type != "~":
        return []
    return [
        f"{capfirst(_label(record, change.field))}: {_show(change.old)} → {_show(change.new)}"
        for change in record.diff_against(before).changes
    ]


def _label(record: Any, name: str) -> str:
    return str(record.instance_type._meta.get_field(name).verbose_name)


def _show(value: Any) -> str:
    return "–" if value in (None, "") else str(value)
