from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef

if TYPE_CHECKING:
    from accounts.models import User
    from resources.models import Resource, Venue  # noqa: F401  (named in strings)


class VenueQuerySet(models.QuerySet["Venue"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def staffed_by(self, user: "User | AnonymousUser", *roles: str) -> Self:
        """Where ``user`` has one of ``roles`` (any when none is named); all venues for superusers."""
        if user.is_superuser:
            return self
        wanted: dict[str, Any] = {"memberships__role__in": roles} if roles else {}
        return self.filter(memberships__user_id=user.pk, **wanted) if user.pk else self.none()


class ResourceQuerySet(models.QuerySet["Resource"]):
    def bookable(self) -> Self:
        return self.filter(is_active=True, venue__is_active=True)

    def leaves(self) -> Self:
        """Resources without parts: the only ones that are ever allocated."""
        from resources.models import ResourcePart

        return self.exclude(Exists(ResourcePart.objects.filter(whole_id=OuterRef("pk"))))

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        # Bookable ones are for everybody; inactive ones for the venue's own people, too.
        if user.is_superuser:
            return self
        public = models.Q(is_active=True, venue__is_active=True)
        if not user.pk:
            return self.filter(public)
        return self.filter(public | models.Q(venue__memberships__user_id=user.pk)).distinct()
