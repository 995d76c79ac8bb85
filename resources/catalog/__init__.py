"""Venues' configuration as frozen facts: cheap while nothing changes, fresh when anything does."""

from resources.catalog.cache import bookable, catalog, catalogs
from resources.catalog.loading import local_window

__all__ = ["bookable", "catalog", "catalogs", "local_window"]
