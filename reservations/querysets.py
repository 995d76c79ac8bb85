from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from reservations.enums import ACTIVE, OCCUPYING, Status
from reservations.offered import is_offered
from resources.models import VenueMembership

if TYPE_CHECKING:
    from accounts.models import User
    from reservations.models import Allocation, Reservation  # noqa: F401  (named in strings)


class ReservationQuerySet(models.QuerySet["Reservation"]):
    def active(self) -> Self:
        return self.filter(status__in=ACTIVE)

    def occupying(self) -> Self:
        return self.filter(status__in=OCCUPYING)

    def overdue_holds(self, now: datetime) -> Self:
        return self.filter(status=Status.HELD, expires_at__lte=now)

    def without_offers(self) -> Self:
        return self.exclude(is_offered())

    def of_customer(self, user_id: object | None, email: str) -> Self:
        as_guest = Q(customer_email=email) if email else Q(pk__in=())
        return self.filter(as_guest | Q(customer_id=user_id)) if user_id else self.filter(as_guest)

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        if not user.pk:
            return self.none()
        if user.is_superuser:
            return self
        staffed_venues = VenueMembership.objects.filter(user_id=user.pk).values("venue_id")
        is_own = Q(customer_id=user.pk) & ~is_offered()
        return self.filter(is_own | Q(venue_id__in=staffed_venues))


class AllocationQuerySet(models.QuerySet["Allocation"]):
    def counting(self, now_seconds: int) -> Self:
        """Allocations that occupy something now: with a span, and no expired hold."""
        unexpired = Q(expires_at__isnull=True) | Q(expires_at__gt=now_seconds)
        return self.filter(unexpired, b0__isnull=False)

    def overlapping(self, start: int, end: int) -> Self:
        return self.filter(b0__lt=end, b1__gt=start)
