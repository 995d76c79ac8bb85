from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.errors import InvalidInput, NotFound
from reservations.domain.values import Actor, Customer, ItemRequest, booker_for
from reservations.domain.writing import make_block_line
from reservations.enums import Purpose
from reservations.models import Reservation
from reservations.services.booking import Booking, check_shape, write_booking, write_by_current
from resources.bookables import Catalog
from resources.catalog import catalog


def block_time(
    *,
    venue_id: int,
    resource_ids: Sequence[int],
    start: datetime,
    end: datetime,
    title: str,
    purpose: Purpose,
    actor: Actor,
    requests: str = "",
    now: datetime | None = None,
) -> Reservation:
    """Take all units of these resources, whatever hours, steps and prices say.

    The caller refuses actors who are not the venue's staff.
    """
    if not title.strip():
        raise InvalidInput(fields={"title": [_("This field is required.")]})
    booking = Booking(
        venue_id,
        tuple(ItemRequest(resource_id) for resource_id in resource_ids),
        start,
        end,
        1,
        Customer(name=title.strip()),  # nobody's: whoever leaves the venue does not take it along
        actor,
        requests,
        purpose=purpose,
        title=title.strip(),
    )
    check_shape(booking)
    at = now or clock_now()
    return write_by_current(catalog(venue_id), lambda venue_catalog: _write_block(booking, venue_catalog, at))


def _write_block(booking: Booking, venue_catalog: Catalog, now: datetime) -> Reservation:
    resource_ids = dict.fromkeys(item.resource_id or 0 for item in booking.items)
    if not resource_ids or resource_ids.keys() - venue_catalog.bookables.keys():
        raise NotFound(_("This venue has no such resource."))
    lines = [make_block_line(venue_catalog.bookables[resource_id]) for resource_id in resource_ids]
    booker = booker_for(booking.actor, booking.venue_id)
    return write_booking(booking, lines, booker, "", now, stamp=venue_catalog.stamp)
