from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef

from common.products import products
from common.second_factor import is_administrator, withhold_roles
from common.venues import MANAGING

if TYPE_CHECKING:
    from accounts.models import User
    from resources.models import Resource, Venue  # noqa: F401  (named in strings)


class VenueQuerySet(models.QuerySet["Venue"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def offering(self, product: str) -> Self:
        return self.filter(offered_products__product=product)

    def staffed_by(self, user: "User | AnonymousUser", *roles: str) -> Self:
        """Where ``user`` has one of ``roles`` (any when none is named); all venues for superusers."""
        if is_administrator(user):
            return self
        wanted: dict[str, Any] = {"memberships__role__in": roles} if roles else {}
        if not user.pk or withhold_roles(user):
            return self.none()
        return self.filter(memberships__user_id=user.pk, **wanted)


class ResourceQuerySet(models.QuerySet["Resource"]):
    def bookable(self) -> Self:
        return self.filter(is_active=True, venue__is_active=True)

    def listed(self) -> Self:
        """What everybody finds."""
        return self.bookable().filter(_is_offered(), is_listed=True)

    def leaves(self) -> Self:
        """Resources without parts: the only ones that are ever allocated."""
        from resources.models import ResourcePart

        return self.exclude(Exists(ResourcePart.objects.filter(whole_id=OuterRef("pk"))))

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        # Listed bookable ones are for everybody; all others for the venue's own people. But whoever only
        # leads something could else book a colleague's time, or a class's room, which are not listed.
        if is_administrator(user):
            return self
        public = _is_offered() & models.Q(is_active=True, is_listed=True, venue__is_active=True)
        if not user.pk or withhold_roles(user):
            return self.filter(public)
        manages = models.Q(venue__memberships__role__in=MANAGING)
        own = models.Q(venue__memberships__user_id=user.pk) & (manages | models.Q(is_listed=True))
        return self.filter(public | own).distinct()


def _is_offered() -> models.Q:
    """Resources under no product that their venue has switched off."""
    from resources.models import OfferedProduct

    if not products:
        return models.Q()
    offers = OfferedProduct.objects.filter(venue=OuterRef("venue"), product=OuterRef("extension"))
    return ~models.Q(extension__in=products.names()) | models.Q(Exists(offers))
