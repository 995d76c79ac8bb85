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
    items: Sequence[ItemRequest],
    start: datetime,
    end: datetime,
    title: str,
    purpose: Purpose,
    actor: Actor,
    customer: Customer | None = None,
    requests: str = "",
    begun: bool = False,
    found_free: bool = False,
    now: datetime | None = None,
) -> Reservation:
    """Take resources (some units, or all) whatever hours, steps and prices say.

    The caller refuses actors who are not the venue's staff, or in charge of ``purpose``, which may have a
    ``customer``: a loan has. ``begun``: checked in from the beginning. ``found_free``: the
    caller has locked all of it and looked.
    """
    if not title.strip():
        raise InvalidInput(fields={"title": [_("Enter a value.")]})
    booking = Booking(
        venue_id,
        tuple({item.resource_id: item for item in items}.values()),
        start,
        end,
        1,
        # Nobody's: whoever leaves the venue does not take it along.
        customer or Customer(name=title.strip()),
        actor,
        requests,
        purpose=purpose,
        title=title.strip(),
        begun=begun,
        found_free=found_free,
    )
    check_shape(booking)
    at = now or clock_now()
    return write_by_current(catalog(venue_id), lambda venue_catalog: _write_block(booking, venue_catalog, at))


def _write_block(booking: Booking, venue_catalog: Catalog, now: datetime) -> Reservation:
    wanted = {item.resource_id or 0: item for item in booking.items}
    if not wanted or wanted.keys() - venue_catalog.bookables.keys():
        raise NotFound(_("This resource doesn't belong to this venue."))
    if any(item.quantity < 1 for item in booking.items):
        raise InvalidInput(fields={"quantity": [_("Enter 1 or more.")]})
    lines = [make_block_line(venue_catalog.bookables[id], item) for id, item in wanted.items()]
    booker = booker_for(booking.actor, booking.venue_id)
    return write_booking(booking, lines, booker, "", now, stamp=venue_catalog.stamp)
