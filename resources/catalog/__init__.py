"""Venues' configuration as frozen values: cheap while nothing changes, fresh when anything does."""

from resources.catalog.cache import bookable, catalog, catalog_at_hand, catalog_of, catalogs
from resources.catalog.loading import local_window

__all__ = ["bookable", "catalog", "catalog_at_hand", "catalog_of", "catalogs", "local_window"]
