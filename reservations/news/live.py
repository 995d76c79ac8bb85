"""Open pages hear which times have changed; the customer and staff also what became of the booking."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict

from common.clock import instant_text
from common.parsing import parse_uuid
from common.registry import Registry
from live.kinds import ChangeKind, Payload, Subscription
from live.models import Change
from live.reading import CommittedChange
from live.recording import record_changes
from reservations.enums import OCCUPYING, SUBJECT, EventKind
from reservations.exceptions import ReservationNotFound
from reservations.models import Allocation, Reservation, ReservationEvent, ReservationItem
from reservations.permissions import can_view
from resources.bookables import Catalog
from resources.catalog import catalogs

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser

KIND = "reservation"
Leaders = Mapping[UUID, Collection[UUID]]
leader_finders: Registry[Callable[[Collection[UUID]], Leaders]] = Registry("who finds who leads bookings")
"""Accounts by reservation, of those of these that are led by anybody; at most one query each."""


@dataclass(frozen=True, slots=True)
class TouchedResources:
    """Ids of resources whose times changed; ``shown`` adds public ids of those that can be booked."""

    ids: frozenset[int]
    shown: tuple[tuple[int, str], ...]


class ReservationKind(ChangeKind):
    types = ("availability", "reservation")
    parameters = {"reservation": "reservation"}
    own_rows = "reservations"

    def parse_filter(self, query: QueryDict, user: "Viewer", *, mine: bool) -> UUID | None:
        if "reservation" not in query:
            return None
        reservation = Reservation.objects.filter(pk=parse_uuid(query["reservation"], "reservation")).first()
        if reservation is None or not can_view(user, reservation, query.get("token", "")):
            raise ReservationNotFound
        return reservation.pk

    def details(self, changes: Sequence[Change]) -> Mapping[int, TouchedResources]:
        occupancy_changes = [change for change in changes if change.is_occupancy]
        if not occupancy_changes:
            return {}
        catalog_by_venue = catalogs(list({change.venue_id for change in occupancy_changes}))
        leaves = _read_leaves({change.subject_id for change in occupancy_changes})
        return {
            change.pk: _find_touched(catalog_by_venue[change.venue_id], leaves.get(change.subject_id, set()))
            for change in occupancy_changes
        }

    def leaders(self, rows: Sequence[Change]) -> Mapping[int, frozenset[UUID]]:
        ids = {UUID(row.subject_id) for row in rows}
        found: dict[str, set[UUID]] = defaultdict(set)
        for find in leader_finders:
            for reservation_id, accounts in find(ids).items():
                found[str(reservation_id)].update(accounts)
        return {row.pk: frozenset(found[row.subject_id]) for row in rows if row.subject_id in found}

    def payloads(self, news: CommittedChange, subscription: Subscription) -> Iterable[Payload]:
        if isinstance(news.details, TouchedResources):
            yield from _availability_payloads(news, news.details, subscription)
        watched_id = subscription.filters.get(KIND)
        if str(watched_id) == news.subject_id or subscription.may_know(news):
            payload = {"id": news.subject_id, "version": news.version, "status": news.status}
            yield {"type": "reservation", "venue": news.venue, **payload}


def _read_leaves(reservations: set[str]) -> Mapping[str, set[int]]:
    leaves: dict[str, set[int]] = defaultdict(set)
    allocations = Allocation.objects.filter(
        reservation__in=[UUID(reservation_id) for reservation_id in reservations]
    )
    for reservation, leaf in allocations.values_list("reservation_id", "resource_id"):
        leaves[str(reservation)].add(leaf)
    return leaves


def _find_touched(catalog: Catalog, leaves: set[int]) -> TouchedResources:
    bookables = catalog.bookables.values()
    affected = [bookable for bookable in bookables if leaves & {leaf.id for leaf in bookable.leaves}]
    return TouchedResources(
        frozenset(bookable.id for bookable in affected),
        tuple((bookable.id, bookable.uuid) for bookable in affected if bookable.is_active),
    )


def _availability_payloads(
    news: CommittedChange, touched: TouchedResources, subscription: Subscription
) -> Iterable[Payload]:
    """Anonymous: which times changed, not whose."""
    whole_venue = news.venue_id in subscription.venues
    shown_uuids = [uuid for id, uuid in touched.shown if whole_venue or id in subscription.resources]
    if shown_uuids or touched.ids & subscription.resources:
        span = {"from": _text_of(news.starts_at), "to": _text_of(news.ends_at)}
        yield {"type": "availability", "venue": news.venue, "resources": shown_uuids, **span}


def _text_of(at: datetime | None) -> str | None:
    return instant_text(at) if at else None


def find_persons(reservation_ids: Collection[UUID]) -> Leaders:
    """Those for whom what is booked stands."""
    items = ReservationItem.objects.filter(reservation__in=reservation_ids, resource__person__isnull=False)
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for reservation_id, person_id in items.order_by().values_list("reservation_id", "resource__person_id"):
        found[reservation_id].add(person_id)
    return found


def note_reservations(*, events: Sequence[ReservationEvent], **kwargs: Any) -> None:
    record_changes([_make_change(event) for event in events])


def _make_change(event: ReservationEvent) -> Change:
    reservation = event.reservation
    changes = event.changes
    return Change(
        kind=KIND,
        venue_id=reservation.venue_id,
        subject_type=SUBJECT,
        subject_id=str(reservation.pk),
        customer_id=reservation.customer_id,
        status=reservation.status,
        version=reservation.version,
        is_occupancy=_is_occupancy(event),
        starts_at=min(reservation.starts_at, _former_instant(changes, "starts_at") or reservation.starts_at),
        ends_at=max(reservation.ends_at, _former_instant(changes, "ends_at") or reservation.ends_at),
    )


def _is_occupancy(event: ReservationEvent) -> bool:
    was_occupying, is_occupying = event.old_status in OCCUPYING, event.new_status in OCCUPYING
    return was_occupying != is_occupying or event.kind in (EventKind.RESCHEDULED, EventKind.ADJUSTED)


def _former_instant(changes: dict[str, Any], field: str) -> datetime | None:
    return datetime.fromisoformat(changes[field][0]) if field in changes else None
