"""The per-process cache of venues' configuration: opening plans, rules, prices, parts.

Asking costs one query for the venue's ``config_stamp``, once in a change. When it has changed, the stamps
of its parts say what is to be read again (``resources.stamps``); and it is asked once more afterwards, so
that stamp and rows belong together whatever was committed in between.
"""

import threading
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from common.database import read_connection
from common.errors import Busy
from resources.catalog.assembly import assemble, reassemble
from resources.catalog.loading import Facts, Source, load, load_changed
from resources.facts import Bookable, Catalog
from resources.models import Resource, Venue
from resources.stamps import (
    EVERYTHING,
    MOST_KEYS,
    RESOURCE,
    is_being_changed,
    remember_stamp,
    remembered_stamp,
)

LOOKS = 50
"""After so many changes while we read, we give up."""
Keys = dict[str, int]


@dataclass(frozen=True, slots=True)
class Known:
    """What was read, and the stamps it had."""

    catalog: Catalog
    keys: Keys
    facts: Facts


class Shelf:
    """The venues asked last, as long as they have no more resources than ``CATALOG_RESOURCES``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[int, Known] = OrderedDict()
        self._weight = 0

    def get(self, venue_id: int) -> Known | None:
        with self._lock:
            found = self._known.get(venue_id)
            if found:
                self._known.move_to_end(venue_id)
            return found

    def put(self, known: Known) -> None:
        with self._lock:
            self._forget(known.catalog.venue_id)
            self._known[known.catalog.venue_id] = known
            self._weight += _weight(known)
            while self._weight > settings.CATALOG_RESOURCES and len(self._known) > 1:
                self._forget(next(iter(self._known)))

    def _forget(self, venue_id: int) -> None:
        old = self._known.pop(venue_id, None)
        self._weight -= _weight(old) if old else 0

    def __len__(self) -> int:
        return len(self._known)


def _weight(known: Known) -> int:
    return 1 + len(known.catalog.bookables)


shelf = Shelf()


def catalog(venue_id: int) -> Catalog:
    """The venue's configuration. Raises ``Venue.DoesNotExist``."""
    return catalogs([venue_id])[venue_id]


def catalogs(venue_ids: Collection[int]) -> dict[int, Catalog]:
    """Several venues' configurations, one query when nothing has changed. Raises ``Venue.DoesNotExist``."""
    own = {venue_id for venue_id in venue_ids if is_being_changed(venue_id)}
    found = {each.venue_id: each for each in map(_seen_in_change, {*venue_ids} - own) if each}
    connection = read_connection(Venue)
    readings = {
        venue_id: Reading(Source(connection.alias, venue_id)) for venue_id in {*venue_ids} - found.keys()
    }
    for _ in range(LOOKS):
        for venue_id, stamp in _stamps(connection, list(readings)).items():
            if known := readings[venue_id].as_of(stamp):
                found[venue_id] = known.catalog
                if venue_id not in own:  # others see it when it is committed
                    shelf.put(known)
                    remember_stamp(venue_id, stamp)
                del readings[venue_id]
        if not readings:
            return found
    raise Busy


def _seen_in_change(venue_id: int) -> Catalog | None:
    stamp = remembered_stamp(venue_id)
    return None if stamp is None else _on_shelf(venue_id, stamp)


def _on_shelf(venue_id: int, stamp: int) -> Catalog | None:
    known = shelf.get(venue_id)
    return known.catalog if known and known.catalog.stamp == stamp else None


def catalog_of(venue: Venue) -> Catalog:
    """The configuration as of a row that has just been read: no query while nothing has changed."""
    return catalog_at_hand(venue) or catalog(venue.pk)


def catalog_at_hand(venue: Venue) -> Catalog | None:
    """The same, where nothing has to be read for it."""
    return None if is_being_changed(venue.pk) else _on_shelf(venue.pk, venue.config_stamp)


class Reading:
    """Reads one venue until it holds still."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._base = shelf.get(source.venue_id)
        self._stamp = self._base.catalog.stamp if self._base else None
        self._keys = self._base.keys if self._base else {}
        self._facts = self._base.facts if self._base else None

    def as_of(self, stamp: int) -> Known | None:
        """What was read before, if the venue still has the stamp that it had then; otherwise reads again."""
        if stamp == self._stamp and self._facts is not None:
            return self._finished(self._facts)
        self._stamp = stamp
        keys = _keys(self._source)
        changed = changed_keys(self._keys, keys)
        if self._facts is None or EVERYTHING in changed:
            self._base, self._facts = None, load(self._source)
        else:
            self._facts = load_changed(self._source, self._facts, changed, resource_ids(changed))
        self._keys = keys
        return None

    def _finished(self, facts: Facts) -> Known:
        base, stamp = self._base, self._stamp or 0
        if base is None:
            return Known(assemble(self._source.venue_id, stamp, facts), self._keys, facts)
        if base.catalog.stamp == stamp:
            return base
        changed = resource_ids(changed_keys(base.keys, self._keys))
        return Known(reassemble(base.catalog, base.facts, stamp, facts, changed), self._keys, facts)


def changed_keys(old: Keys, new: Keys) -> set[str]:
    """What differs; everything where the venue's stamp alone was changed."""
    changed = {key for key, _ in old.items() ^ new.items()}
    return changed if 0 < len(changed) <= MOST_KEYS else {EVERYTHING}


def resource_ids(keys: Collection[str]) -> set[int]:
    return {int(key.removeprefix(RESOURCE)) for key in keys if key.startswith(RESOURCE)}


def _stamps(connection: BaseDatabaseWrapper, venue_ids: list[int]) -> dict[int, int]:
    """Asked by every request, so written out: building the same ORM query takes longer than running it."""
    if not venue_ids:
        return {}
    marks = ", ".join(["%s"] * len(venue_ids))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, config_stamp FROM resources_venue WHERE id IN ({marks})", venue_ids)
        found = dict(cursor.fetchall())
    if len(found) < len(venue_ids):
        raise Venue.DoesNotExist
    return found


def _keys(source: Source) -> Keys:
    with connections[source.alias].cursor() as cursor:
        cursor.execute(
            "SELECT key, stamp FROM resources_configurationstamp WHERE venue_id = %s", [source.venue_id]
        )
        return dict(cursor.fetchall())


def bookable(resource: Resource) -> Bookable:
    """The facts of one resource."""
    return catalog(resource.venue_id).bookables[resource.pk]
