"""Reads of one's own reservations: what the page "My bookings" lists."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from accounts.models import User
from reservations.enums import CANCELLABLE, NEVER_BOOKED, RESCHEDULABLE, Source, Status
from reservations.links import token_for
from reservations.models import Reservation, ReservationItem
from reservations.querysets import ReservationQuerySet
from reservations.selectors import PaymentSummary, payment_summary, reservations_in_detail
from resources.models import Resource, Venue

OPEN = CANCELLABLE | {Status.CHECKED_IN}
"""States of what is still to come."""


@dataclass(frozen=True, slots=True)
class BookingRow:
    """One reservation of the list, with what can be done about it."""

    reservation: Reservation
    token: str
    payment: PaymentSummary
    now: datetime

    @property
    def resource(self) -> Resource:
        return self.reservation.items.all()[0].resource

    @property
    def is_held(self) -> bool:
        return self.reservation.status == Status.HELD

    @property
    def can_move(self) -> bool:
        return self.reservation.status in RESCHEDULABLE and self.reservation.starts_at > self.now

    @property
    def can_cancel(self) -> bool:
        in_time = self.reservation.starts_at > self.now
        return self.reservation.status in CANCELLABLE and in_time and not self.is_held

    @property
    def is_coming(self) -> bool:
        return self.reservation.status in OPEN and self.reservation.ends_at > self.now

    @property
    def again(self) -> Resource | None:
        """What can be booked once more."""
        return self.resource if self.resource.is_active and not self.is_held else None

    @property
    def minutes(self) -> int:
        return int((self.reservation.ends_at - self.reservation.starts_at).total_seconds()) // 60


@dataclass(frozen=True, slots=True)
class BookingGroup:
    """Neighbours in the list that belong to one series: ``first`` stands for the ``others``."""

    first: BookingRow
    dates: int = 0
    others: list[BookingRow] = field(default_factory=list)


def list_bookings(user: User) -> ReservationQuerySet:
    """All that the account ever booked or holds; what the waitlist holds is shown as its offer."""
    offered = Q(status=Status.HELD, source=Source.WAITLIST)
    return Reservation.objects.filter(customer_id=user.pk).exclude(status=Status.EXPIRED).exclude(offered)


def keep_upcoming(found: ReservationQuerySet, now: datetime) -> ReservationQuerySet:
    """What is still to come, the nearest first; holds for as long as they last."""
    lapsed = Q(status=Status.HELD, expires_at__lte=now)
    coming = found.filter(status__in=OPEN, ends_at__gt=now).exclude(lapsed)
    return coming.order_by("starts_at", "pk")


def keep_past(found: ReservationQuerySet, now: datetime) -> ReservationQuerySet:
    """What is over or cancelled, the latest first; a hold that was never booked is nothing."""
    is_over = Q(ends_at__lte=now) | ~Q(status__in=OPEN)
    return found.filter(is_over).exclude(status__in=NEVER_BOOKED).order_by("-starts_at", "pk")


def filter_bookings(
    found: ReservationQuerySet, *, text: str = "", venue: Venue | None = None
) -> ReservationQuerySet:
    """Those whose code, title, place or thing contains ``text``, at ``venue``."""
    if venue is not None:
        found = found.filter(venue=venue)
    if not text:
        return found
    things = ReservationItem.objects.filter(resource__name__icontains=text).values("reservation")
    named = Q(code__icontains=text) | Q(title__icontains=text) | Q(venue__name__icontains=text)
    return found.filter(named | Q(pk__in=things))


def list_venues(user: User) -> list[Venue]:
    """Where the account has booked."""
    ids = list_bookings(user).order_by().values("venue")
    return list(Venue.objects.filter(pk__in=ids))


def load_details(found: ReservationQuerySet) -> ReservationQuerySet:
    """With everything that a row shows, in a constant number of queries."""
    return reservations_in_detail().filter(pk__in=found.order_by().values("pk"))


def group_series(reservations: Iterable[Reservation], now: datetime) -> list[BookingGroup]:
    """Rows in their order; further dates of a series under its first. One query for the series' lengths."""
    rows = [BookingRow(each, token_for(each), payment_summary(each), now) for each in reservations]
    lengths = _lengths({row.reservation.series_id for row in rows if row.reservation.series_id})
    groups: dict[object, BookingGroup] = {}
    for row in rows:
        series = row.reservation.series_id
        known = groups.get(series) if series else None
        if known:
            known.others.append(row)
        else:
            groups[series or row.reservation.pk] = BookingGroup(row, lengths.get(series, 0) if series else 0)
    return list(groups.values())


def _lengths(series: Iterable[UUID]) -> dict[UUID, int]:
    """How many dates each series has."""
    wanted = set(series)
    if not wanted:
        return {}
    found = Reservation.objects.filter(series__in=wanted).order_by().values("series")
    return dict(found.annotate(dates=Count("pk")).values_list("series", "dates"))
