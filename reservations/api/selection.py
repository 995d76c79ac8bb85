"""What a request names to be booked: a resource, any one of a group, or several together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.parsing import read_span, refuse
from reservations.api.inputs import Viewer
from reservations.domain.values import ItemRequest
from resources.bookables import Bookable, Catalog
from resources.catalog import catalog_of
from resources.models import Resource, ResourceGroup, Venue
from resources.permissions import recall_role
from resources.selectors import ResourceNotFound, named_group, named_resources
from resources.stays import end_at


@dataclass(frozen=True, slots=True)
class BookingChoice:
    venue: Venue
    items: list[ItemRequest]
    venue_catalog: Catalog
    first: Bookable
    """Whose usual duration counts."""
    resources: Sequence[Resource] = ()
    """Those that are asked for by name."""


def read_booking(data: Mapping[str, Any], user: Viewer) -> tuple[BookingChoice, dict[str, Any]]:
    """The selection, and the arguments that booking, holding and quoting share, from validated input.

    Raises ``InvalidInput``, and ``NotFound`` for a resource that is not there for this user.
    """
    selection = read_selection(data, user)
    usual = timedelta(minutes=selection.first.customer_rules.default_duration)
    start, end = read_span(data, selection.venue.zone_name, usual, partial(end_at, selection.first))
    shared = {"venue_id": selection.venue.pk, "items": selection.items, "start": start, "end": end}
    return selection, shared | {"party_size": data["party_size"]}


def read_selection(data: Mapping[str, Any], user: Viewer) -> BookingChoice:
    named_by = [name for name in ("resource_id", "resources", "group_id") if name in data]
    if len(named_by) != 1:
        refuse("resource_id", _("Enter one of resource_id, resources or group_id."))
    if "resources" in data and "quantity" in data:
        refuse("quantity", _("Enter a quantity for each resource."))
    return _select(data.get("resources") or [data], user, named_by[0])


def _select(lines: Sequence[Mapping[str, Any]], user: Viewer, field: str) -> BookingChoice:
    names = [line["resource_id"] for line in lines if "resource_id" in line]
    resources = named_resources(names, user, field) if names else []
    unread = iter(resources)
    chosen = [named_group(line["group_id"]) if "group_id" in line else next(unread) for line in lines]
    venue = chosen[0].venue
    if len({row.venue_id for row in chosen}) > 1:
        refuse(field, _("Choose resources of one venue."))
    venue_catalog = catalog_of(venue)
    recall_role(user, venue)
    members = [_list_members(row, venue_catalog) for row in chosen]
    items = [_make_item(row, line.get("quantity", 1)) for row, line in zip(chosen, lines, strict=True)]
    return BookingChoice(venue, items, venue_catalog, members[0][0], resources)


def _list_members(row: Resource | ResourceGroup, venue_catalog: Catalog) -> Sequence[Bookable]:
    """Those that would do. Raises ``ResourceNotFound`` for a group that has none."""
    if isinstance(row, Resource):
        return [venue_catalog.bookables[row.pk]]
    group = venue_catalog.groups.get(row.pk)
    if group is None or not group.member_ids:
        raise ResourceNotFound
    return [venue_catalog.bookables[member] for member in group.member_ids]


def _make_item(row: Resource | ResourceGroup, quantity: int) -> ItemRequest:
    if isinstance(row, Resource):
        return ItemRequest(row.pk, quantity=quantity)
    return ItemRequest(group_id=row.pk, quantity=quantity)
