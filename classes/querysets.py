from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef, Q

from classes.enums import SessionStatus
from common.second_factor import is_administrator
from common.venues import MANAGING
from reservations.enums import Status
from resources.models import Venue
from resources.team import team_rows

if TYPE_CHECKING:
    from accounts.models import User
    from classes.models import Facilitator, SeatBooking, Session  # noqa: F401  (named in strings)

    Viewer = User | AnonymousUser


class FacilitatorQuerySet(models.QuerySet["Facilitator"]):
    def approved(self) -> Self:
        return self.filter(approved_at__isnull=False)

    def at_work(self) -> Self:
        """And still of their venue's team."""
        return self.approved().filter(Exists(team_rows(OuterRef("venue"), OuterRef("user"))))

    def public(self) -> Self:
        """Whose name may be told, also of what they led before they left."""
        return self.approved().filter(is_public=True)

    def listed(self) -> Self:
        """Who is offered to everybody to choose from."""
        return self.at_work().filter(is_public=True)


class SessionQuerySet(models.QuerySet["Session"]):
    def active(self) -> Self:
        return self.filter(status=SessionStatus.ACTIVE)

    def published(self, now: datetime) -> Self:
        return self.filter(published_at__lte=now)

    def with_text(self, text: str) -> Self:
        """Each of its words in the title, or the name of who leads it."""
        rows = self
        for word in text.split():
            is_teacher = Q(facilitator__name__icontains=word, facilitator__is_public=True)
            rows = rows.filter(Q(title__icontains=word) | is_teacher)
        return rows

    def overlapping(self, start: datetime, end: datetime) -> Self:
        return self.filter(starts_at__lt=end, ends_at__gt=start)

    def managed_by(self, user: "Viewer") -> Self:
        """Managers and staff all of their venues', facilitators what they lead."""
        if is_administrator(user):
            return self
        if not user.pk:
            return self.none()
        managed = Venue.objects.staffed_by(user, *MANAGING)
        staffed = Venue.objects.staffed_by(user)
        is_led = Q(facilitator__user=user.pk, venue__in=staffed.values("pk"))
        return self.filter(Q(venue__in=managed.values("pk")) | is_led)


class SeatBookingQuerySet(models.QuerySet["SeatBooking"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def taking_seats(self, now: datetime) -> Self:
        """Without holds that have run out and were not tidied up yet."""
        return self.active().exclude(reservation__status=Status.HELD, reservation__expires_at__lte=now)

    def lapsed(self, now: datetime) -> Self:
        return self.active().filter(reservation__status=Status.HELD, reservation__expires_at__lte=now)
