"""What a search looks through: the resources and groups that its filters leave."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from resources.catalog import catalogs
from resources.facts import Catalog
from resources.models import Feature, Resource, ResourceGroup, Venue

if TYPE_CHECKING:
    from accounts.models import User

MOST_RESOURCES, MOST_GROUPS, MOST_WORDS = 500, 100, 10


@dataclass(frozen=True, slots=True)
class Filters:
    """Which things; empty means any. ``features`` are slugs, all of which are wanted."""

    kind: str = ""
    venue: Venue | None = None
    city: str = ""
    features: tuple[str, ...] = ()
    text: str = ""

    @property
    def words(self) -> list[str]:
        return self.text.replace("\x00", "").split()[:MOST_WORDS]


def rows_for(filters: Filters, user: "User | AnonymousUser") -> list[Resource | ResourceGroup]:
    """Groups first, then resources in their own order; what the visitor may not see is not there."""
    return [*_groups(filters), *_resources(filters, user)]


def _resources(filters: Filters, user: "User | AnonymousUser") -> list[Resource]:
    found = Resource.objects.visible_to(user).bookable().select_related("venue")
    found = found.filter(_at(filters))
    if filters.kind:
        found = found.filter(kind=filters.kind)
    links = Resource.features.through.objects.filter(resource_id=OuterRef("pk"))
    for slug in filters.features:
        found = found.filter(Exists(links.filter(feature__slug=slug)))
    for word in filters.words:
        named = Exists(links.filter(feature__name__icontains=word))
        found = found.filter(_about(word) | Q(named))
    return list(found.order_by("position", "name", "id").distinct()[:MOST_RESOURCES])


def _at(filters: Filters) -> Q:
    place = Q()
    if filters.venue:
        place &= Q(venue=filters.venue)
    if filters.city:
        place &= Q(venue__city=filters.city)
    return place


def _about(word: str) -> Q:
    own = Q(name__icontains=word) | Q(description__icontains=word)
    return own | Q(venue__name__icontains=word) | Q(venue__city__icontains=word)


def _groups(filters: Filters) -> list[ResourceGroup]:
    """Groups all of whose members are of the kind and have the features: any of them must do."""
    found = ResourceGroup.objects.filter(_at(filters), is_active=True, venue__is_active=True)
    for word in filters.words:
        found = found.filter(_about(word))
    groups = list(found.select_related("venue").order_by("name", "id")[:MOST_GROUPS])
    known = catalogs(sorted({group.venue_id for group in groups}))
    return [group for group in groups if _serves(group, filters, known)]


def _serves(group: ResourceGroup, filters: Filters, known: dict[int, Catalog]) -> bool:
    venue = known[group.venue_id]
    ids = venue.groups[group.pk].member_ids if group.pk in venue.groups else ()
    members = [venue.bookables[each] for each in ids if each in venue.bookables]
    active = [each for each in members if each.is_active]
    return bool(active) and all(
        (not filters.kind or each.kind == filters.kind) and each.feature_slugs >= set(filters.features)
        for each in active
    )


def features_in_use() -> QuerySet[Feature]:
    """What can be asked for, with the venues that have it."""
    used = Resource.objects.bookable().filter(features=OuterRef("pk"))
    return Feature.objects.filter(Exists(used)).select_related("venue").order_by("name", "id")


def cities(venues: Iterable[Venue]) -> list[str]:
    """Where the venues are, if that is more than one place."""
    found = sorted({venue.city for venue in venues if venue.city})
    return found if len(found) > 1 else []
