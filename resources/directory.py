"""What `resources` answers to the apps below it about venues (``common.venues``)."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.auth.models import AnonymousUser

from common.venues import MANAGING, Recipient, ResourceKey, Role, VenuePart
from resources.catalog import catalog
from resources.models import Venue
from resources.permissions import manages_anywhere, require_manager, sees_venue, works_anywhere
from resources.products import OFFERED
from resources.querysets import VenueQuerySet
from resources.selectors import ResourceNotFound, named_resources, named_venue
from resources.stamps import touch_part
from resources.team import TEAM

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser


T = TypeVar("T")


class VenueDirectory:
    def part(self, venue_id: int, part: VenuePart[T]) -> T:
        return catalog(venue_id).part(part)

    def touch(self, part: VenuePart[Any], venue_ids: Collection[int] | None = None) -> None:
        all_venue_ids = Venue.objects.order_by("pk").values_list("pk", flat=True)
        touch_part(part.name, list(all_venue_ids) if venue_ids is None else venue_ids)

    def visible_venue(self, name: str, user: "Viewer") -> Venue:
        venue = named_venue(name)
        if not sees_venue(user, venue):
            raise ResourceNotFound
        return venue

    def managed_venue(self, name: str, user: "Viewer") -> Venue:
        venue = self.visible_venue(name, user)
        require_manager(user, venue.pk)
        return venue

    def staffed_by(self, user: "Viewer", *roles: str) -> VenueQuerySet:
        return Venue.objects.staffed_by(user, *roles)

    def visible_resources(self, names: Sequence[str], user: "Viewer", field: str) -> list[ResourceKey]:
        return [
            ResourceKey(resource.pk, resource.venue_id) for resource in named_resources(names, user, field)
        ]

    def manages_bookings(self, user: "Viewer", venue_ids: Collection[int]) -> frozenset[int]:
        managed = Venue.objects.staffed_by(user, *MANAGING).filter(pk__in=venue_ids)
        return frozenset(managed.values_list("pk", flat=True))

    def works_anywhere(self, user: "Viewer") -> bool:
        return works_anywhere(user)

    def manages_anywhere(self, user: "Viewer") -> bool:
        return manages_anywhere(user)

    def offers(self, venue_id: int, product: str) -> bool:
        return product in self.part(venue_id, OFFERED)

    def offering(self, product: str) -> VenueQuerySet:
        return Venue.objects.active().offering(product)

    def products_of(self, venue_ids: Collection[int]) -> dict[str, set[int]]:
        open_venues = Venue.objects.active().filter(pk__in=venue_ids).exclude(offered_products=None)
        found: dict[str, set[int]] = defaultdict(set)
        for venue_id, product in open_venues.order_by().values_list("pk", "offered_products__product"):
            found[product].add(venue_id)
        return found

    def products_offered(self, *, by: VenueQuerySet | None = None) -> frozenset[str]:
        venues = (Venue.objects.all() if by is None else by).active().exclude(offered_products=None)
        return frozenset(venues.order_by().values_list("offered_products__product", flat=True).distinct())

    def told_of_bookings(self, venue_id: int, *, decides: bool = False) -> list[Recipient]:
        team = self.part(venue_id, TEAM)
        named = ((each, team.roles.get(each.user_id)) for each in team.recipients if each.user_id)
        managers = [each for each, role in named if role == Role.MANAGER]
        return managers if decides and managers else list(team.recipients)
