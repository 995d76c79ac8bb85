"""What it costs to know a venue's configuration: all of it, and again after one change."""

from dataclasses import dataclass
from datetime import date
from statistics import median
from time import perf_counter

from bench.statistics import timed
from bench.world import World, build_world
from common.database import read_connection
from resources.catalog import cache, catalog
from resources.catalog.loading import VenueRows
from resources.models import Resource


@dataclass(frozen=True, slots=True)
class CatalogCost:
    """Median seconds; ``rows`` is the bare fetch of the resources' own rows."""

    resources: int
    rows: float
    cold: float
    warm: float
    one: float


def measure_catalog(resources: int, repeat: int, today: date) -> CatalogCost:
    world = build_world(resources, today)
    rows = median(timed(lambda: fetch_rows(world), repeat))
    cold = median(timed(lambda: load_anew(world), repeat))
    warm = median(timed(lambda: catalog(world.venue_id), repeat * 10))
    one = median(time_after_change(world, pk) for pk in world.resource_ids[:repeat])
    return CatalogCost(resources, rows, cold, warm, one)


def fetch_rows(world: World) -> None:
    source = VenueRows(read_connection(Resource).alias, world.venue_id)
    list(source.rows(Resource).order_by().values_list())


def load_anew(world: World) -> None:
    cache.catalog_cache = cache.CatalogCache()
    catalog(world.venue_id)


def time_after_change(world: World, resource_id: int) -> float:
    # The time of the look after the change, not of the change itself.
    resource = Resource.objects.get(pk=resource_id)
    resource.capacity += 1
    resource.save()
    began = perf_counter()
    catalog(world.venue_id)
    return perf_counter() - began
