from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q

from accounts.models import User
from reservations.domain.deadlines import is_too_late_to_move
from reservations.domain.extensions import has_own_times
from reservations.enums import CANCELLABLE, RESCHEDULABLE, Status
from reservations.links import token_for
from reservations.models import Reservation, ReservationItem
from reservations.querysets import ReservationQuerySet
from reservations.selectors import PaymentSummary, payment_summary, reservations_in_detail
from resources.enums import ResourceKind
from resources.models import Resource, Venue

OPEN = CANCELLABLE | {Status.CHECKED_IN}


@dataclass(frozen=True, slots=True)
class BookingRow:
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
        is_movable = self.reservation.status in RESCHEDULABLE and not self.has_own_times
        return is_movable and not is_too_late_to_move(self.reservation, self.now)

    @property
    def has_own_times(self) -> bool:
        return has_own_times(item.resource for item in self.reservation.items.all())

    @property
    def can_cancel(self) -> bool:
        in_time = self.reservation.starts_at > self.now
        return self.reservation.status in CANCELLABLE and in_time and not self.is_held

    @property
    def is_coming(self) -> bool:
        return self.reservation.status in OPEN and self.reservation.ends_at > self.now

    @property
    def again(self) -> Resource | None:
        """The resource to book again, if that is possible."""
        return self.resource if self.resource.is_active and not self.is_held else None

    @property
    def minutes(self) -> int:
        """Of lodging those of the wall clock, as nights are counted."""
        start, end = self.reservation.starts_at, self.reservation.ends_at
        if self.resource.kind == ResourceKind.LODGING:
            start, end = (
                at.astimezone(self.reservation.venue.zone).replace(tzinfo=None) for at in (start, end)
            )
        return (end - start) // timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class BookingGroup:
    """Neighbours of one series; ``first`` stands for the ``others``."""

    first: BookingRow
    dates: int = 0
    others: list[BookingRow] = field(default_factory=list)


def list_bookings(user: User) -> ReservationQuerySet:
    """All that the account booked or holds, without what is offered to it."""
    return Reservation.objects.filter(customer_id=user.pk).exclude(status=Status.EXPIRED).their_bookings()


def keep_upcoming(bookings: ReservationQuerySet, now: datetime) -> ReservationQuerySet:
    """Bookings to come and open holds, the nearest first."""
    is_lapsed = Q(status=Status.HELD, expires_at__lte=now)
    upcoming = bookings.filter(status__in=OPEN, ends_at__gt=now).exclude(is_lapsed)
    return upcoming.order_by("starts_at", "pk")


def filter_bookings(
    bookings: ReservationQuerySet, *, text: str = "", venue: Venue | None = None
) -> ReservationQuerySet:
    """Those at ``venue`` that have ``text`` in their code, title, venue or resources."""
    if venue is not None:
        bookings = bookings.filter(venue=venue)
    if not text:
        return bookings
    matching_items = ReservationItem.objects.filter(resource__name__icontains=text).values("reservation")
    is_matching = Q(code__icontains=text) | Q(title__icontains=text) | Q(venue__name__icontains=text)
    return bookings.filter(is_matching | Q(pk__in=matching_items))


def list_venues(user: User) -> list[Venue]:
    ids = list_bookings(user).order_by().values("venue")
    return list(Venue.objects.filter(pk__in=ids))


def load_details(bookings: ReservationQuerySet) -> ReservationQuerySet:
    return reservations_in_detail().filter(pk__in=bookings.order_by().values("pk"))


def group_series(reservations: Iterable[Reservation], now: datetime) -> list[BookingGroup]:
    """Rows in their order, with further dates of a series under its first."""
    rows = [
        BookingRow(reservation, token_for(reservation), payment_summary(reservation), now)
        for reservation in reservations
    ]
    # Counted in the database: the page may show only some of the dates of a series.
    lengths = _count_dates({row.reservation.series_id for row in rows if row.reservation.series_id})
    groups: dict[object, BookingGroup] = {}
    for row in rows:
        series = row.reservation.series_id
        group = groups.get(series) if series else None
        if group:
            group.others.append(row)
        else:
            groups[series or row.reservation.pk] = BookingGroup(row, lengths.get(series, 0) if series else 0)
    return list(groups.values())


def _count_dates(series: Iterable[UUID]) -> dict[UUID, int]:
    series_ids = set(series)
    if not series_ids:
        return {}
    dates_of_series = Reservation.objects.filter(series__in=series_ids).order_by().values("series")
    return dict(dates_of_series.annotate(dates=Count("pk")).values_list("series", "dates"))
