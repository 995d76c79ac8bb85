"""Rows of resources, kept under the stamp of their venue: bookings name the same again and again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable
from copy import copy
from typing import TypeVar
from uuid import UUID

from django.db.models import Model

from common.database import read_connection
from common.products import products
from resources.models import Resource, Venue
from resources.stamps import is_being_changed, read_stamps

M = TypeVar("M", bound=Model)
MOST_ROWS = 10_000
"""At some 5 KB each."""


class RememberedRows:
    """The resources named last, each with its venue; nobody gets the kept rows themselves."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: OrderedDict[int, Resource] = OrderedDict()
        self._keys: dict[UUID, int] = {}

    def keep(self, venue: Venue, rows: Iterable[Resource]) -> None:
        with self._lock:
            for row in rows:
                self._forget(row.pk)
                self._rows[row.pk] = _copy_row(_with_columns_only(row), _with_columns_only(venue))
                self._keys[row.uuid] = row.pk
            while len(self._rows) > MOST_ROWS:
                self._forget(next(iter(self._rows)))

    def _forget(self, key: int) -> None:
        old = self._rows.pop(key, None)
        # A row that was deleted and written again has its id under another key by now.
        if old and self._keys.get(old.uuid) == key:
            del self._keys[old.uuid]

    def find(self, keys: Iterable[int]) -> list[Resource]:
        with self._lock:
            known = [key for key in keys if key in self._rows]
            for key in known:
                self._rows.move_to_end(key)
            return [_copy_row(row, row.venue) for row in map(self._rows.__getitem__, known)]

    def find_by_uuid(self, ids: Iterable[UUID]) -> list[Resource]:
        return self.find(self._keys[id] for id in ids if id in self._keys)


def _with_columns_only(row: M) -> M:
    """Without what has been prefetched or worked out for whoever read it."""
    bare = copy(row)
    names = {field.attname for field in row._meta.concrete_fields} | {"_state"}
    bare.__dict__ = {name: value for name, value in vars(bare).items() if name in names}
    return bare


def _copy_row(row: Resource, venue: Venue) -> Resource:
    copied = copy(row)
    # Of its relations the venue alone: what else has been read with the row may be old by then.
    copied._state.fields_cache = {"venue": copy(venue)}
    return copied


remembered_rows = RememberedRows()


def keep_rows(venue: Venue, rows: Collection[Resource]) -> None:
    """Resources of the venue, read with it or after it."""
    # What only this thread has changed yet, others must not see under the old stamp.
    if rows and not is_being_changed(venue.pk):
        remembered_rows.keep(venue, [row for row in rows if _is_as_of(venue, row)])


def _is_as_of(venue: Venue, row: Resource) -> bool:
    # The stamp says nothing of a resource that has moved to another venue, nor of what another database has.
    return row.venue_id == venue.pk and row._state.db == venue._state.db


def find_public(ids: Collection[UUID]) -> list[Resource] | None:
    """These resources as they are now, by one look at the stamps of their venues.

    None if one is not kept, or not for everybody to see. What the guard counts for itself (``version``,
    ``longest_span``, ``long_reaches``) may be old.
    """
    rows = remembered_rows.find_by_uuid(ids)
    venue_ids = {row.venue_id for row in rows}
    if len(rows) < len(ids) or any(map(is_being_changed, venue_ids)) or not all(map(_is_public, rows)):
        return None
    stamps = read_stamps(read_connection(Venue), venue_ids)
    return rows if all(stamps.get(row.venue_id) == row.venue.config_stamp for row in rows) else None


def _is_public(row: Resource) -> bool:
    # As ``ResourceQuerySet.visible_to`` has it, but that those of products are left to the database.
    return row.is_active and row.is_listed and row.venue.is_active and row.extension not in products.names()


def find_kept(venue: Venue, keys: Collection[int]) -> list[Resource]:
    """Those of the resources that are kept as of a row of their venue that has just been read; no query."""
    rows = [] if is_being_changed(venue.pk) else remembered_rows.find(keys)
    return [row for row in rows if row.venue.config_stamp == venue.config_stamp]
