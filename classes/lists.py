"""Lists that pages and API go through: whose they are, and in which order."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from classes.enums import PRODUCT, SessionStatus
from classes.models import (
    ClassType,
    Course,
    Facilitator,
    Instalment,
    Pass,
    PassKind,
    Payout,
    PayRate,
    SeatBooking,
    Session,
    Tier,
)
from classes.querysets import SeatBookingQuerySet, SessionQuerySet
from classes.selectors import sessions_in_detail
from common.second_factor import is_administrator
from common.venues import MANAGING, Role
from reservations.enums import NEVER_BOOKED
from resources.lookups import by_id_or_slug
from resources.models import OfferedProduct, Venue

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser


def with_classes(path: str = "venue") -> Exists:
    """Rows below an active venue that has them switched on."""
    offers = OfferedProduct.objects.filter(venue=OuterRef(path), product=PRODUCT, venue__is_active=True)
    return Exists(offers)


def list_class_venues(name: str | None = None) -> list[Venue]:
    """Where there are classes, at most two; those of this id or slug."""
    rows = Venue.objects.filter(with_classes("pk")).order_by("pk")
    return list((rows.filter(by_id_or_slug(name)) if name else rows)[:2])


def sessions_to_book(now: datetime) -> SessionQuerySet:
    """Active, published and still to come, the next one first."""
    rows = sessions_in_detail().active().published(now).filter(with_classes(), starts_at__gt=now)
    return rows.order_by("starts_at", "pk")


def bookings_led_by(facilitator: Facilitator) -> SeatBookingQuerySet:
    """Of all of their sessions, the latest first."""
    rows = SeatBooking.objects.filter(session__facilitator=facilitator)
    rows = rows.exclude(reservation__status__in=NEVER_BOOKED)
    related = ("reservation__customer", "session__venue", "session__facilitator", "tier", "pass_use")
    return rows.select_related(*related).order_by("-pk")


def find_payouts(viewer: "Viewer") -> QuerySet[Payout]:
    """For managers all of their venues', for facilitators their own; the latest session first."""
    rows = Payout.objects.select_related("session__venue", "facilitator")
    rows = rows.order_by("-session__starts_at", "-pk")
    if is_administrator(viewer):
        return rows
    managed = Venue.objects.staffed_by(viewer, Role.MANAGER)
    return rows.filter(Q(facilitator__user=viewer.pk) | Q(venue__in=managed.values("pk")))


def unpaid_sessions() -> SessionQuerySet:
    """What is over and has no pay: whoever taught had no rate then."""
    return Session.objects.filter(status=SessionStatus.COMPLETED, payouts=None)


def find_passes(viewer: "Viewer") -> QuerySet[Pass]:
    """One's own; for managers and staff those of their venues. The latest first."""
    rows = Pass.objects.select_related("venue", "kind", "customer").order_by("-pk")
    if is_administrator(viewer):
        return rows
    managed = Venue.objects.staffed_by(viewer, *MANAGING)
    return rows.filter(Q(customer=viewer.pk) | Q(venue__in=managed.values("pk")))


def find_instalments(viewer: "Viewer") -> QuerySet[Instalment]:
    """One's own; for managers and staff those of their venues. The one that is due first."""
    rows = Instalment.objects.exclude(booking__reservation__status__in=NEVER_BOOKED)
    rows = rows.select_related("venue", "booking__session", "booking__reservation")
    rows = rows.order_by("due_on", "position", "pk")
    if is_administrator(viewer):
        return rows
    managed = Venue.objects.staffed_by(viewer, *MANAGING)
    return rows.filter(Q(booking__customer=viewer.pk) | Q(venue__in=managed.values("pk")))


def find_pay_rates(viewer: "Viewer") -> QuerySet[PayRate]:
    """What somebody earns is for managers."""
    rows = PayRate.objects.select_related("venue").order_by("venue_id", "name", "pk")
    if is_administrator(viewer):
        return rows
    managed = Venue.objects.staffed_by(viewer, Role.MANAGER)
    return rows.filter(venue__in=managed.values("pk"))


def list_facilitators(viewer: "Viewer") -> QuerySet[Facilitator]:
    """Those who are shown and at work; for members of a venue all of it, and for each person their own."""
    rows = Facilitator.objects.select_related("venue").order_by("name", "pk")
    if is_administrator(viewer):
        return rows
    is_shown = Q(pk__in=Facilitator.objects.listed().filter(venue__is_active=True).values("pk"))
    if not viewer.pk:
        return rows.filter(is_shown)
    staffed = Venue.objects.staffed_by(viewer)
    return rows.filter(is_shown | Q(venue__in=staffed.values("pk")) | Q(user=viewer.pk))


def list_pass_kinds() -> QuerySet[PassKind]:
    """What is sold at present."""
    rows = PassKind.objects.filter(with_classes(), is_active=True).select_related("venue")
    return rows.prefetch_related("class_types").order_by("venue_id", "name", "pk")


def has_class_prices(venue_id: int) -> bool:
    """Of sessions and passes, also those that were sold, and what teachers get."""
    priced = (Session, Tier, ClassType, Course, PassKind, Pass)
    if any(model.objects.filter(venue=venue_id, price__gt=0).exists() for model in priced):
        return True
    return PayRate.objects.filter(venue=venue_id).exists() or Payout.objects.filter(venue=venue_id).exists()
