"""Open pages hear which times are others now; whose booking it is, and staff, what became of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict

from common.parsing import parse_uuid
from live.kinds import ChangeKind, Payload, Subscription
from live.models import Change
from live.news import News
from live.noting import note
from reservations.enums import OCCUPYING, SUBJECT, EventKind
from reservations.exceptions import ReservationNotFound
from reservations.models import Allocation, Reservation, ReservationEvent
from reservations.permissions import can_view
from resources.catalog import catalogs
from resources.facts import Catalog

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser

KIND = "reservation"


@dataclass(frozen=True, slots=True)
class Touched:
    """Ids of resources whose times are others now; ``shown`` with public ids are those to be booked."""

    ids: frozenset[int]
    shown: tuple[tuple[int, str], ...]


class ReservationKind(ChangeKind):
    types = ("availability", "reservation")
    parameters = {"reservation": "reservation"}
    own_rows = "reservations"

    def wish(self, query: QueryDict, user: "Viewer", *, mine: bool) -> UUID | None:
        """The one reservation that is named."""
        if "reservation" not in query:
            return None
        found = Reservation.objects.filter(pk=parse_uuid(query["reservation"], "reservation")).first()
        if found is None or not can_view(user, found, query.get("token", "")):
            raise ReservationNotFound
        return found.pk

    def details(self, rows: Sequence[Change]) -> Mapping[int, Touched]:
        moving = [row for row in rows if row.is_occupancy]
        if not moving:
            return {}
        known = catalogs(list({row.venue_id for row in moving}))
        leaves = _leaves({row.subject_id for row in moving})
        return {row.pk: _touched(known[row.venue_id], leaves.get(row.subject_id, set())) for row in moving}

    def payloads(self, news: News, subscription: Subscription) -> Iterable[Payload]:
        if isinstance(news.details, Touched):
            yield from _availability(news, news.details, subscription)
        named = subscription.wishes.get(KIND)
        if str(named) == news.subject_id or subscription.may_know(news):
            told = {"id": news.subject_id, "version": news.version, "status": news.status}
            yield {"type": "reservation", "venue": news.venue, **told}


def _leaves(reservations: set[str]) -> Mapping[str, set[int]]:
    """What each occupies or has occupied."""
    found: dict[str, set[int]] = defaultdict(set)
    rows = Allocation.objects.filter(reservation__in=[UUID(each) for each in reservations])
    for reservation, leaf in rows.values_list("reservation_id", "resource_id"):
        found[str(reservation)].add(leaf)
    return found


def _touched(catalog: Catalog, leaves: set[int]) -> Touched:
    bookables = catalog.bookables.values()
    touched = [each for each in bookables if leaves & {leaf.id for leaf in each.leaves}]
    return Touched(
        frozenset(each.id for each in touched),
        tuple((each.id, each.uuid) for each in touched if each.is_active),
    )


def _availability(news: News, touched: Touched, subscription: Subscription) -> Iterable[Payload]:
    """Anonymous: which times are others now, not whose."""
    whole_venue = news.venue_id in subscription.venues
    shown = [uuid for id, uuid in touched.shown if whole_venue or id in subscription.resources]
    if shown or touched.ids & subscription.resources:
        span = {"from": _text(news.starts_at), "to": _text(news.ends_at)}
        yield {"type": "availability", "venue": news.venue, "resources": shown, **span}


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def note_reservation(*, event: ReservationEvent, **kwargs: Any) -> None:
    reservation = event.reservation
    old = event.changes
    note(
        Change(
            kind=KIND,
            venue_id=reservation.venue_id,
            subject_type=SUBJECT,
            subject_id=str(reservation.pk),
            customer_id=reservation.customer_id,
            status=reservation.status,
            version=reservation.version,
            is_occupancy=_is_occupancy(event),
            starts_at=min(reservation.starts_at, _before(old, "starts_at") or reservation.starts_at),
            ends_at=max(reservation.ends_at, _before(old, "ends_at") or reservation.ends_at),
        )
    )


def _is_occupancy(event: ReservationEvent) -> bool:
    was, is_ = event.old_status in OCCUPYING, event.new_status in OCCUPYING
    return was != is_ or event.kind in (EventKind.RESCHEDULED, EventKind.ADJUSTED)


def _before(changes: dict[str, Any], field: str) -> datetime | None:
    """What a changed instant was."""
    return datetime.fromisoformat(changes[field][0]) if field in changes else None
