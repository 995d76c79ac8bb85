"""What a search looks through: the resources and groups that its filters leave."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import django_filters
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from resources.catalog import catalogs
from resources.facts import Bookable, Catalog
from resources.filters import ResourceFilter
from resources.models import Feature, Resource, ResourceGroup, Venue
from resources.querysets import ResourceQuerySet

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
        return split_words(self.text)


def split_words(text: str) -> list[str]:
    return text.replace("\x00", "").split()[:MOST_WORDS]


def list_places(filters: Filters, user: "User | AnonymousUser") -> list[Resource | ResourceGroup]:
    """Groups first, then resources in their own order; what the visitor may not see is not there."""
    return [*_list_groups(filters), *_list_resources(filters, user)]


def _list_resources(filters: Filters, user: "User | AnonymousUser") -> list[Resource]:
    resources = Resource.objects.visible_to(user).bookable().select_related("venue")
    resources = resources_about(resources.filter(_is_at(filters)), filters.words)
    if filters.kind:
        resources = resources.filter(kind=filters.kind)
    links = Resource.features.through.objects.filter(resource_id=OuterRef("pk"))
    for slug in filters.features:
        resources = resources.filter(Exists(links.filter(feature__slug=slug)))
    return list(resources.order_by("position", "name", "id").distinct()[:MOST_RESOURCES])


def resources_about(resources: ResourceQuerySet, words: Iterable[str]) -> ResourceQuerySet:
    """Those that all the words fit: by name, description, feature, venue or city."""
    links = Resource.features.through.objects.filter(resource_id=OuterRef("pk"))
    for word in words:
        has_feature = Exists(links.filter(feature__name__icontains=word))
        resources = resources.filter(_is_about(word) | Q(has_feature))
    return resources


def groups_about(groups: QuerySet[ResourceGroup], words: Iterable[str]) -> QuerySet[ResourceGroup]:
    """Those that all the words fit: by name, description, venue or city."""
    for word in words:
        groups = groups.filter(_is_about(word))
    return groups


class PlaceFilter(ResourceFilter):
    """What the API's search can be narrowed down by beyond the lists of resources."""

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


def _is_about(word: str) -> Q:
    own = Q(name__icontains=word) | Q(description__icontains=word)
    return own | Q(venue__name__icontains=word) | Q(venue__city__icontains=word)


def _list_groups(filters: Filters) -> list[ResourceGroup]:
    """Groups all of whose members are of the kind and have the features: any of them must do."""
    groups = groups_about(bookable_groups().filter(_is_at(filters)), filters.words)
    return select_groups(groups, lambda member: _is_wanted(member, filters))


def bookable_groups() -> QuerySet[ResourceGroup]:
    return ResourceGroup.objects.filter(is_active=True, venue__is_active=True)


def select_groups(
    groups: QuerySet[ResourceGroup], is_wanted: Callable[[Bookable], bool]
) -> list[ResourceGroup]:
    """The groups all of whose active members are wanted, and that have any."""
    rows = list(groups.select_related("venue").order_by("name", "id")[:MOST_GROUPS])
    venues = catalogs(sorted({row.venue_id for row in rows}))
    selected = []
    for row in rows:
        members = _active_members(row, venues[row.venue_id])
        if members and all(map(is_wanted, members)):
            selected.append(row)
    return selected


def _active_members(row: ResourceGroup, venue: Catalog) -> list[Bookable]:
    ids = venue.groups[row.pk].member_ids if row.pk in venue.groups else ()
    members = (venue.bookables[member_id] for member_id in ids if member_id in venue.bookables)
    return [member for member in members if member.is_active]


def _is_wanted(member: Bookable, filters: Filters) -> bool:
    is_of_kind = not filters.kind or member.kind == filters.kind
    return is_of_kind and member.feature_slugs >= set(filters.features)


def features_in_use() -> QuerySet[Feature]:
    """What can be asked for, with the venues that have it."""
    used = Resource.objects.bookable().filter(features=OuterRef("pk"))
    return Feature.objects.filter(Exists(used)).select_related("venue").order_by("name", "id")


def list_cities(venues: Iterable[Venue]) -> list[str]:
    """Where the venues are, if that is more than one place."""
    cities = sorted({venue.city for venue in venues if venue.city})
    return cities if len(cities) > 1 else []
