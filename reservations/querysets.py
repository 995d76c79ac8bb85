from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Self, cast

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q

from common.second_factor import is_administrator
from common.venues import MANAGING
from reservations.enums import ACTIVE, MANAGED, NEVER_BOOKED, OCCUPYING, Purpose, Status
from reservations.offered import is_offered
from reservations.reaches import LONGEST_SHORT, list_reaches
from reservations.scopes import led_by
from resources.enums import Role
from resources.models import Resource
from resources.permissions import roles_of

if TYPE_CHECKING:
    from accounts.models import User
    from reservations.models import Allocation, Reservation  # noqa: F401  (named in strings)


def is_guest(email: str, phone: str = "") -> Q:
    """Rows of one guest, told apart by address, else by phone number; of nobody without either."""
    if email:
        return Q(customer_email=email)
    return Q(customer=None, customer_email="", customer_phone=phone) if phone else Q(pk__in=())


class ReservationQuerySet(models.QuerySet["Reservation"]):
    def active(self) -> Self:
        return self.filter(status__in=ACTIVE)

    def occupying(self) -> Self:
        return self.filter(status__in=OCCUPYING)

    def overdue_holds(self, now: datetime) -> Self:
        return self.filter(status=Status.HELD, expires_at__lte=now)

    def upcoming(self, now: datetime) -> Self:
        """Booked and not over yet, the nearest first."""
        return self.active().filter(ends_at__gt=now).order_by("starts_at", "pk")

    def past(self, now: datetime) -> Self:
        """Over or called off, the latest first, without holds that were never booked."""
        is_over = Q(ends_at__lte=now) | ~Q(status__in=ACTIVE)
        return self.filter(is_over).exclude(status__in=NEVER_BOOKED).order_by("-starts_at", "pk")

    def without_offers(self) -> Self:
        return self.exclude(is_offered())

    def their_bookings(self) -> Self:
        """As their customers know them: no offers, and nothing that a product shows as its own."""
        return self.without_offers().exclude(purpose__in=MANAGED)

    def of_customer(self, user_id: object | None, email: str, phone: str = "") -> Self:
        """``phone`` counts for a guest who has given no address."""
        if user_id:
            return self.filter(is_guest(email) | Q(customer_id=user_id))
        return self.filter(is_guest(email, phone))

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        if not user.pk:
            return self.none()
        if is_administrator(user):
            return self
        is_own = Q(customer_id=user.pk) & ~is_offered()
        return self.filter(is_own | _is_seen_by_role(user))

    def seen_by_role(self, user: "User | AnonymousUser") -> Self:
        """Without one's own: managers and staff see all of their venues', facilitators what they lead."""
        return self if is_administrator(user) else self.filter(_is_seen_by_role(user))

    def led_by(self, user: "User | AnonymousUser") -> Self:
        return self.filter(led_by(user)) if user.pk else self.none()


def _is_seen_by_role(user: "User | AnonymousUser") -> Q:
    roles = roles_of(user)
    is_managed = Q(venue_id__in=[venue_id for venue_id, role in roles.items() if role in MANAGING])
    led_ids = [venue_id for venue_id, role in roles.items() if role == Role.FACILITATOR]
    return is_managed | (Q(venue_id__in=led_ids) & led_by(cast("User", user))) if led_ids else is_managed


class VenueCustomerQuerySet(ReservationQuerySet):
    """Who booked, told apart by email address, else by phone number; a name alone is one booking's."""

    def booked(self) -> Self:
        rows = self.filter(purpose=Purpose.BOOKING).exclude(status__in=NEVER_BOOKED)
        return rows.exclude(customer_email="", customer_phone="", customer_name="")

    def latest_of_each(self) -> Self:
        """Of each person at each venue what they booked last."""
        later = self.model._base_manager.filter(
            venue=OuterRef("venue"), customer_email=OuterRef("customer_email"), pk__gt=OuterRef("pk")
        )
        later = later.filter(purpose=Purpose.BOOKING).exclude(status__in=NEVER_BOOKED)
        same_phone = later.filter(customer_phone=OuterRef("customer_phone"))
        by_phone = Q(customer_email="") & ~Q(customer_phone="")
        return (
            self.booked()
            .exclude(~Q(customer_email="") & Exists(later))
            .exclude(by_phone & Exists(same_phone))
        )

    def count_bookings(self, rows: Collection["Reservation"]) -> dict[object, int]:
        """By the row's id: how many bookings that person has at its venue."""
        counts: dict[tuple[object, ...], int] = {}
        for name, people in (
            ("customer_email", Q(customer_email__in={row.customer_email for row in rows} - {""})),
            (
                "customer_phone",
                Q(customer_email="", customer_phone__in={row.customer_phone for row in rows} - {""}),
            ),
        ):
            found = self.booked().filter(people, venue__in={row.venue_id for row in rows}).order_by()
            for venue, value, number in found.values_list("venue", name).annotate(Count("pk")):
                counts[venue, str(value)] = number
        return {row.pk: counts.get((row.venue_id, _contact_of(row)), 1) for row in rows}


def _contact_of(row: "Reservation") -> str:
    return row.customer_email or str(row.customer_phone or "")


class AllocationQuerySet(models.QuerySet["Allocation"]):
    def counting(self, now_seconds: int) -> Self:
        """Allocations that occupy something now: with a span, and no expired hold."""
        unexpired = Q(expires_at__isnull=True) | Q(expires_at__gt=now_seconds)
        return self.filter(unexpired, b0__isnull=False)

    def overlapping(self, start: int, end: int) -> Self:
        return self.filter(b0__lt=end, b1__gt=start)

    def overlapping_by_reach(self, leaf_ids: Collection[int], start: int, end: int) -> list[Self]:
        """Those that overlap [start, end): the short ones, and each reach, in a range of its own."""
        longest, reaches = 0, 0
        counted = Resource.objects.filter(pk__in=leaf_ids).values_list("longest_span", "long_reaches")
        for longest_of_leaf, reaches_of_leaf in counted:
            longest, reaches = max(longest, longest_of_leaf), reaches | reaches_of_leaf
        rows = self.filter(resource_id__in=leaf_ids).overlapping(start, end)
        short = rows.filter(b0__gte=start - longest, b1__lte=F("b0") + LONGEST_SHORT)
        return [
            short,
            *(rows.filter(reach=reach, b0__gte=start - reach) for reach in list_reaches(reaches)),
        ]
