from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.errors import InvalidInput, NotFound
from reservations.domain.values import Actor, Customer, ItemRequest, booker_for
from reservations.domain.writing import make_block_line
from reservations.enums import Purpose
from reservations.models import Reservation
from reservations.services.booking import Booking, check_shape, write_booking
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
    bookables = catalog(venue_id).bookables
    missing = [resource_id for resource_id in resource_ids if resource_id not in bookables]
    if missing or not resource_ids:
        raise NotFound(_("This venue has no such resource."))
    lines = [make_block_line(bookables[resource_id]) for resource_id in dict.fromkeys(resource_ids)]
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
    return write_booking(booking, lines, booker_for(actor, venue_id), "", now or clock_now())
