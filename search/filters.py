from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import django_filters
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from resources.bookables import Bookable, Catalog
from resources.catalog import catalogs
from resources.filters import ResourceFilter
from resources.models import Feature, Resource, ResourceGroup, Venue
from resources.querysets import ResourceQuerySet

if TYPE_CHECKING:
    from accounts.models import User

MOST_RESOURCES, MOST_GROUPS, MOST_WORDS = 500, 100, 10


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty means any. ``features`` are slugs, all of which a place must have."""

    kind: str = ""
    venue: Venue | None = None
    city: str = ""
    features: tuple[str, ...] = ()
    text: str = ""

    @property
    def words(self) -> list[str]:
        return split_words(self.text)


def split_words(text: str) -> list[str]:
    return text.replace("\x00", "").split()[:MOST_WORDS]


def list_places(filters: Filters, user: "User | AnonymousUser") -> list[Resource | ResourceGroup]:
    """Groups first, by name, then the resources that ``user`` may see, by position."""
    return [*_list_groups(filters), *_list_resources(filters, user)]


def _list_resources(filters: Filters, user: "User | AnonymousUser") -> list[Resource]:
    resources = Resource.objects.visible_to(user).listed().select_related("venue")
    resources = resources_about(resources.filter(_is_at(filters)), filters.words)
    if filters.kind:
        resources = resources.filter(kind=filters.kind)
    links = Resource.features.through.objects.filter(resource_id=OuterRef("pk"))
    for slug in filters.features:
        resources = resources.filter(Exists(links.filter(feature__slug=slug)))
    return list(resources.order_by("position", "name", "id").distinct()[:MOST_RESOURCES])


def resources_about(resources: ResourceQuerySet, words: Iterable[str]) -> ResourceQuerySet:
    """The resources that have each word in their name, description, features, venue or city."""
    links = Resource.features.through.objects.filter(resource_id=OuterRef("pk"))
    for word in words:
        has_feature = Exists(links.filter(feature__name__icontains=word))
        resources = resources.filter(_mentions(word) | Q(has_feature))
    return resources


def groups_about(groups: QuerySet[ResourceGroup], words: Iterable[str]) -> QuerySet[ResourceGroup]:
    """The groups that have each word in their name, description, venue or city."""
    for word in words:
        groups = groups.filter(_mentions(word))
    return groups


class PlaceFilter(ResourceFilter):
    city = django_filters.CharFilter(field_name="venue__city", label=_("City"), max_length=100)
    text = django_filters.CharFilter(
        method="about",
        label="Words that all occur in name, description, features, venue or city",
        max_length=200,
    )

    def about(self, queryset: ResourceQuerySet, name: str, value: str) -> ResourceQuerySet:
        return resources_about(queryset, split_words(value))


def _is_at(filters: Filters) -> Q:
    condition = Q()
    if filters.venue:
        condition &= Q(venue=filters.venue)
    if filters.city:
        condition &= Q(venue__city=filters.city)
    return condition


def _mentions(word: str) -> Q:
    in_own_text = Q(name__icontains=word) | Q(description__icontains=word)
    return in_own_text | Q(venue__name__icontains=word) | Q(venue__city__icontains=word)


def _list_groups(filters: Filters) -> list[ResourceGroup]:
    groups = groups_about(bookable_groups().filter(_is_at(filters)), filters.words)
    return select_groups(groups, lambda member: _is_wanted(member, filters))


def bookable_groups() -> QuerySet[ResourceGroup]:
    return ResourceGroup.objects.filter(is_active=True, is_listed=True, venue__is_active=True)


def select_groups(
    groups: QuerySet[ResourceGroup], is_wanted: Callable[[Bookable], bool]
) -> list[ResourceGroup]:
    """The groups with at least one active member, all of whose active members are wanted."""
    candidates = list(groups.select_related("venue").order_by("name", "id")[:MOST_GROUPS])
    catalog_by_venue = catalogs(sorted({group.venue_id for group in candidates}))
    selected = []
    for group in candidates:
        members = _active_members(group, catalog_by_venue[group.venue_id])
        if members and all(map(is_wanted, members)):
            selected.append(group)
    return selected


def _active_members(group: ResourceGroup, venue_catalog: Catalog) -> list[Bookable]:
    ids = venue_catalog.groups[group.pk].member_ids if group.pk in venue_catalog.groups else ()
    members = (
        venue_catalog.bookables[member_id] for member_id in ids if member_id in venue_catalog.bookables
    )
    return [member for member in members if member.is_active]


def _is_wanted(member: Bookable, filters: Filters) -> bool:
    is_of_kind = not filters.kind or member.kind == filters.kind
    return is_of_kind and member.feature_slugs >= set(filters.features)


def features_in_use() -> QuerySet[Feature]:
    used = Resource.objects.listed().filter(features=OuterRef("pk"))
    return Feature.objects.filter(Exists(used)).select_related("venue").order_by("name", "id")


def list_cities(venues: Iterable[Venue]) -> list[str]:
    """The venues' cities if there is more than one to choose from."""
    cities = sorted({venue.city for venue in venues if venue.city})
    return cities if len(cities) > 1 else []
