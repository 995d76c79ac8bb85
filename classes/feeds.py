"""What somebody leads, in their own calendar: each session with how many have booked."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calendars.ical import IcalEvent
from calendars.ical_rows import Reader
from calendars.kinds import FeedChoice, FeedKind, kinds
from calendars.models import CalendarFeed
from classes.enums import SessionStatus
from classes.ical import make_event
from classes.models import Facilitator, SeatBooking, Session
from common.clock import now
from resources.permissions import roles_of

if TYPE_CHECKING:
    from accounts.models import User
    from resources.models import Resource, Venue

KIND = "sessions"
DAYS_CANCELLED = 30
"""So long what was called off is carried as such; then it only isn't there."""


class LedSessions:
    def select(self, feed: CalendarFeed, first: datetime, last: datetime) -> "QuerySet[Any]":
        at = now()
        rows = Session.objects.filter(facilitator__in=_profiles_of(feed.owner))
        rows = rows.filter(ends_at__gt=first, starts_at__lt=last)
        called_off_lately = Q(reservation__updated_at__gte=at - timedelta(days=DAYS_CANCELLED))
        rows = rows.filter(~Q(status=SessionStatus.CANCELLED) | called_off_lately)
        seats = SeatBooking.objects.filter(session=OuterRef("pk")).order_by().values("session")
        changed = seats.annotate(changed=Max("reservation__updated_at")).values("changed")
        taken = seats.filter(pk__in=SeatBooking.objects.taking_seats(at).values("pk"))
        booked = taken.annotate(people=Sum("seats")).values("people")
        own = F("reservation__updated_at")
        rows = rows.annotate(
            booked=Coalesce(Subquery(booked, output_field=IntegerField()), 0),
            updated_at=Greatest(own, Coalesce(Subquery(changed), own)),
        )
        related = ("venue", "reservation", "facilitator", "place", "substitute_for")
        return rows.select_related(*related).order_by("starts_at", "pk")

    def make_event(self, row: Any, reader: Reader) -> IcalEvent:
        event = make_event(row)

        title = f"{row.title} ({row.booked}/{row.capacity})"
        return replace(event, summary=title, stamp=row.updated_at, is_opaque=row.is_active)


def _profiles_of(user: "User | AnonymousUser") -> "QuerySet[Facilitator]":
    """As long as they work there."""
    return Facilitator.objects.approved().filter(user=user.pk, venue__in=list(roles_of(user)))


def _leads_anywhere(user: "User | AnonymousUser", resource: "Resource | None", venue: "Venue | None") -> bool:
    return bool(user.pk) and _profiles_of(user).exists()


def _no_reservations(feed: CalendarFeed) -> Q:
    return Q(pk__in=())


def _choices(user: "User", venues: "Sequence[Venue]") -> "Iterable[FeedChoice]":
    return [FeedChoice(KIND, _("Classes I lead"), KIND)] if venues else []


def register() -> None:
    label = gettext_lazy("Classes I lead")
    kind = FeedKind(label, _leads_anywhere, _no_reservations, _choices, dates=LedSessions())
    kinds.register(KIND, kind)
