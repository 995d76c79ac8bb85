"""The per-process cache of venues' configuration. Asking costs one query for the venues' stamps."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from common.database import read_connection
from common.errors import Busy
from resources.bookables import Bookable, Catalog
from resources.catalog.assembly import assemble, reassemble
from resources.catalog.loading import VenueConfiguration, VenueRows, load_configuration, reload_changed
from resources.models import Resource, Venue
from resources.stamps import (
    EVERYTHING,
    MOST_KEYS,
    RESOURCE,
    is_being_changed,
    read_stamps,
    remember_stamp,
    remembered_stamp,
)

MOST_READS = 50
"""After so many changes while we read, we give up."""
Keys = dict[str, int]


@dataclass(frozen=True, slots=True)
class CachedCatalog:
    """What was read, and the stamps it had."""

    catalog: Catalog
    keys: Keys
    configuration: VenueConfiguration


class CatalogCache:
    """The venues asked last, with at most ``CATALOG_RESOURCES`` resources altogether."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cached: OrderedDict[int, CachedCatalog] = OrderedDict()
        self._weight = 0

    def get(self, venue_id: int) -> CachedCatalog | None:
        with self._lock:
            cached = self._cached.get(venue_id)
            if cached:
                self._cached.move_to_end(venue_id)
            return cached

    def put(self, cached: CachedCatalog) -> None:
        with self._lock:
            self._forget(cached.catalog.venue_id)
            self._cached[cached.catalog.venue_id] = cached
            self._weight += _weight(cached)
            while self._weight > settings.CATALOG_RESOURCES and len(self._cached) > 1:
                self._forget(next(iter(self._cached)))

    def _forget(self, venue_id: int) -> None:
        old = self._cached.pop(venue_id, None)
        self._weight -= _weight(old) if old else 0

    def __len__(self) -> int:
        return len(self._cached)


def _weight(cached: CachedCatalog) -> int:
    return 1 + len(cached.catalog.bookables)


catalog_cache = CatalogCache()


def catalog(venue_id: int) -> Catalog:
    """Raises ``Venue.DoesNotExist``."""
    return catalogs([venue_id])[venue_id]


def catalogs(venue_ids: Collection[int]) -> dict[int, Catalog]:
    """One query when nothing has changed. Raises ``Venue.DoesNotExist``."""
    changed_here = {venue_id for venue_id in venue_ids if is_being_changed(venue_id)}
    seen = map(_find_seen_in_change, {*venue_ids} - changed_here)
    current = {catalog.venue_id: catalog for catalog in seen if catalog}
    connection = read_connection(Venue)
    stamps = _require_stamps(connection, {*venue_ids} - current.keys())
    readers: dict[int, CatalogReader] = {}
    for venue_id, stamp in stamps.items():
        if venue_id not in changed_here and (unchanged := _find_cached(venue_id, stamp)):
            current[venue_id] = unchanged
            remember_stamp(venue_id, stamp)
        else:
            readers[venue_id] = CatalogReader(VenueRows(connection.alias, venue_id))
    return current | _read_catalogs(connection, readers, stamps, changed_here) if readers else current


def _read_catalogs(
    connection: BaseDatabaseWrapper,
    readers: dict[int, CatalogReader],
    stamps: dict[int, int],
    changed_here: Collection[int],
) -> dict[int, Catalog]:
    current: dict[int, Catalog] = {}
    # The stamp is asked for once more after reading: only when it has not moved do stamp and rows belong
    # together, whatever was committed in between.
    for _ in range(MOST_READS):
        for venue_id, reader in list(readers.items()):
            if cached := reader.as_of(stamp := stamps[venue_id]):
                current[venue_id] = cached.catalog
                if venue_id not in changed_here:  # others see it when it is committed
                    catalog_cache.put(cached)
                    remember_stamp(venue_id, stamp)
                del readers[venue_id]
        if not readers:
            return current
        stamps = _require_stamps(connection, readers)
    raise Busy


def _find_seen_in_change(venue_id: int) -> Catalog | None:
    stamp = remembered_stamp(venue_id)
    return None if stamp is None else _find_cached(venue_id, stamp)


def _find_cached(venue_id: int, stamp: int) -> Catalog | None:
    cached = catalog_cache.get(venue_id)
    return cached.catalog if cached and cached.catalog.stamp == stamp else None


def catalog_of(venue: Venue) -> Catalog:
    """The catalog as of a row that has just been read: no query while nothing has changed."""
    return catalog_at_hand(venue) or catalog(venue.pk)


def catalog_at_hand(venue: Venue) -> Catalog | None:
    """As ``catalog_of``, or None if something has to be read for it."""
    return None if is_being_changed(venue.pk) else _find_cached(venue.pk, venue.config_stamp)


class CatalogReader:
    """Reads one venue until it holds still."""

    def __init__(self, source: VenueRows) -> None:
        self._source = source
        self._base = catalog_cache.get(source.venue_id)
        self._stamp = self._base.catalog.stamp if self._base else None
        self._keys = self._base.keys if self._base else {}
        self._configuration = self._base.configuration if self._base else None

    def as_of(self, stamp: int) -> CachedCatalog | None:
        """The catalog if the venue still has this stamp; else None, after reading what has changed."""
        if stamp == self._stamp and self._configuration is not None:
            return self._make_catalog(self._configuration)
        self._stamp = stamp
        # The keys come before the rows: what changes between the two is read again next time.
        keys = _read_keys(self._source)
        changed = changed_keys(self._keys, keys)
        if self._configuration is None or EVERYTHING in changed:
            self._base, self._configuration = None, load_configuration(self._source)
        else:
            self._configuration = reload_changed(
                self._source, self._configuration, changed, resource_ids(changed)
            )
        self._keys = keys
        return None

    def _make_catalog(self, configuration: VenueConfiguration) -> CachedCatalog:
        base, stamp = self._base, self._stamp or 0
        if base is None:
            return CachedCatalog(
                assemble(self._source.venue_id, stamp, configuration), self._keys, configuration
            )
        if base.catalog.stamp == stamp:
            return base
        changed = resource_ids(changed_keys(base.keys, self._keys))
        return CachedCatalog(
            reassemble(base.catalog, base.configuration, stamp, configuration, changed),
            self._keys,
            configuration,
        )


def changed_keys(old: Keys, new: Keys) -> set[str]:
    changed = {key for key, _ in old.items() ^ new.items()}
    # No key differs although the venue's stamp does: a bulk writer touched the venue alone.
    return changed if 0 < len(changed) <= MOST_KEYS else {EVERYTHING}


def resource_ids(keys: Collection[str]) -> set[int]:
    return {int(key.removeprefix(RESOURCE)) for key in keys if key.startswith(RESOURCE)}


def _require_stamps(connection: BaseDatabaseWrapper, venue_ids: Collection[int]) -> dict[int, int]:
    stamps = read_stamps(connection, venue_ids)
    if len(stamps) < len(venue_ids):
        raise Venue.DoesNotExist
    return stamps


def _read_keys(source: VenueRows) -> Keys:
    with connections[source.alias].cursor() as cursor:
        cursor.execute(
            "SELECT key, stamp FROM resources_configurationstamp WHERE venue_id = %s", [source.venue_id]
        )
        return dict(cursor.fetchall())


def bookable(resource: Resource) -> Bookable:
    return catalog(resource.venue_id).bookables[resource.pk]
