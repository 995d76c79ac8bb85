"""Who may hear of what: a request's filters become a frozen subscription, or an error."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotAuthenticated

from common.errors import NotFound
from common.parsing import parse_flag, parse_uuid, refuse
from live.models import Change
from live.news import News
from reservations.exceptions import ReservationNotFound
from reservations.models import Reservation
from reservations.permissions import can_view as can_view_reservation
from resources.models import Venue, VenueMembership
from resources.permissions import sees_venue
from resources.selectors import named_resources, named_venue
from waitlist.exceptions import EntryNotFound
from waitlist.models import WaitlistEntry
from waitlist.permissions import can_view as can_view_entry

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser

MOST_NAMES = 50
Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Subscription:
    """What one client hears of. ``staffed`` are the venues, of those asked for, at which they work."""

    venues: frozenset[int] = frozenset()
    staffed: frozenset[int] = frozenset()
    resources: frozenset[int] = frozenset()
    resource_venues: frozenset[int] = frozenset()
    customer: UUID | None = None
    reservation: UUID | None = None
    entry: UUID | None = None
    queues: frozenset[tuple[int, str]] = frozenset()
    """Venues and dates for which they wait: what others do there moves them up or down."""

    def payloads(self, news: News) -> list[Payload]:
        """What is told of it; nothing personal but one's own and one's venue's."""
        told = [self._availability(news), self._reservation(news), self._waitlist(news)]
        return [each for each in told if each]

    def _availability(self, news: News) -> Payload | None:
        whole_venue = news.venue_id in self.venues
        if not news.is_occupancy:
            return None
        if news.kind == Change.Kind.CONFIGURATION:
            concerned = whole_venue or news.venue_id in self.resource_venues
            return {"type": "configuration", "venue": news.venue} if concerned else None
        shown = [uuid for id, uuid in news.shown if whole_venue or id in self.resources]
        if not (shown or news.touched & self.resources):
            return None
        span = {"from": _text(news.starts_at), "to": _text(news.ends_at)}
        return {"type": "availability", "venue": news.venue, "resources": shown, **span}

    def _reservation(self, news: News) -> Payload | None:
        if news.reservation_id is None or not self._may_know(news, news.reservation_id == self.reservation):
            return None
        known = {"id": str(news.reservation_id), "version": news.version, "status": news.status}
        return {"type": "reservation", "venue": news.venue, **known}

    def _waitlist(self, news: News) -> Payload | None:
        if news.entry_id is None:
            return None
        if self._may_know(news, news.entry_id == self.entry):
            known = {"id": str(news.entry_id), "status": news.status}
        elif (news.venue_id, news.on) in self.queues:
            known = {}
        else:
            return None
        return {"type": "waitlist", "venue": news.venue, "date": news.on, **known}

    def _may_know(self, news: News, is_named: bool) -> bool:
        is_own = self.customer is not None and news.customer_id == self.customer
        return is_named or is_own or news.venue_id in self.staffed


def _text(at: Any) -> str | None:
    return at.isoformat() if at else None


def subscription_for(query: QueryDict, user: "Viewer") -> Subscription:
    """Raises ``NotFound`` for what is not this client's to see, ``InvalidInput``,
    DRF's ``NotAuthenticated``."""
    venues = [_venue(name, user) for name in _names(query, "venue")]
    resources = named_resources(_names(query, "resource"), user, "resource") if "resource" in query else []
    mine = parse_flag(query.get("mine", "0"), "mine")
    if mine and not user.pk:
        raise NotAuthenticated
    reservation = _reservation(query, user) if "reservation" in query else None
    entry = _entry(query, user) if "entry" in query else None
    if not (venues or resources or mine or reservation or entry):
        refuse("venue", _("Say what to listen for: venue, resource, mine, reservation or entry."))
    return Subscription(
        venues=frozenset(venue.pk for venue in venues),
        staffed=_staffed(user, [venue.pk for venue in venues]),
        resources=frozenset(resource.pk for resource in resources),
        resource_venues=frozenset(resource.venue_id for resource in resources),
        customer=user.pk if mine else None,
        reservation=reservation.pk if reservation else None,
        entry=entry.pk if entry else None,
        queues=_queues(user if mine else None, entry),
    )


def _names(query: QueryDict, field: str) -> list[str]:
    names = [name for name in query.getlist(field) if name]
    if len(names) > MOST_NAMES or any(len(name) > 100 for name in names):
        refuse(field, _("Name at most %(most)d.") % {"most": MOST_NAMES})
    return names


def _venue(name: str, user: "Viewer") -> Venue:
    venue = named_venue(name)
    if not sees_venue(user, venue):
        raise NotFound(_("There is no such resource."))
    return venue


def _staffed(user: "Viewer", venue_ids: Iterable[int]) -> frozenset[int]:
    if user.is_superuser:
        return frozenset(venue_ids)
    if not user.pk:
        return frozenset()
    works = VenueMembership.objects.filter(user_id=user.pk, venue_id__in=venue_ids)
    return frozenset(works.values_list("venue_id", flat=True))


def _reservation(query: QueryDict, user: "Viewer") -> Reservation:
    found = Reservation.objects.filter(pk=parse_uuid(query["reservation"], "reservation")).first()
    if found is None or not can_view_reservation(user, found, query.get("token", "")):
        raise ReservationNotFound
    return found


def _entry(query: QueryDict, user: "Viewer") -> WaitlistEntry:
    found = WaitlistEntry.objects.filter(pk=parse_uuid(query["entry"], "entry")).first()
    if found is None or not can_view_entry(user, found, query.get("token", "")):
        raise EntryNotFound
    return found


def _queues(user: "Viewer | None", entry: WaitlistEntry | None) -> frozenset[tuple[int, str]]:
    found: list[tuple[int, date]] = [(entry.venue_id, entry.preferred_on)] if entry else []
    if user is not None and user.pk:
        mine = WaitlistEntry.objects.active().filter(customer_id=user.pk).order_by()
        found += mine.values_list("venue_id", "preferred_on")
    return frozenset((venue_id, on.isoformat()) for venue_id, on in found)


def parse_seconds(text: str) -> datetime | None:
    """An instant from whole seconds since 1970; None for anything else."""
    with contextlib.suppress(ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(int(text[:12]), tz=UTC)
    return None
