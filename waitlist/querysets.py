from typing import TYPE_CHECKING, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from common.second_factor import is_administrator
from common.venues import MANAGING
from reservations.querysets import is_guest
from resources.models import Venue
from waitlist.enums import WaitlistStatus

if TYPE_CHECKING:
    from accounts.models import User
    from waitlist.models import WaitlistEntry  # noqa: F401  (named in strings)

QUEUE_ORDER = ("-priority", "created_at", "id")


class WaitlistQuerySet(models.QuerySet["WaitlistEntry"]):
    def waiting(self) -> Self:
        return self.filter(status=WaitlistStatus.WAITING)

    def active(self) -> Self:
        return self.filter(status__in=self.model.ACTIVE)

    def in_order(self) -> Self:
        """Higher priority first, then earlier sign-up."""
        return self.order_by(*QUEUE_ORDER)

    def of_person(self, user_id: object | None, email: str, phone: str = "") -> Self:
        """``phone`` counts for a guest who has given no address."""
        if user_id:
            return self.filter(is_guest(email) | Q(customer_id=user_id))
        return self.filter(is_guest(email, phone))

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        if not user.pk:
            return self.none()
        if is_administrator(user):
            return self
        managed = Venue.objects.staffed_by(user, *MANAGING)
        return self.filter(Q(customer_id=user.pk) | Q(venue__in=managed.values("pk")))
