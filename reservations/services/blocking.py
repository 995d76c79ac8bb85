"""Time that the venue takes itself: an event in the hall, maintenance of a court."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.errors import InvalidInput, NotFound
from reservations.domain.values import Actor, Customer, ItemRequest, booker_for
from reservations.domain.writing import block_line
from reservations.enums import Purpose
from reservations.models import Reservation
from reservations.services.booking import Booking, check_shape, write
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
    """Takes all units of these resources for [start, end): opening hours, steps and prices do not count.

    Raises ``InvalidInput``, ``NotFound``, ``BookingRefused`` (``past``), ``SlotTaken``/``CapacityReached``
    when somebody has booked any of it. Actors other than the venue's staff are the caller's to refuse.
    """
    if not title.strip():
        raise InvalidInput(fields={"title": [_("This field is required.")]})
    known = catalog(venue_id).bookables
    missing = [each for each in resource_ids if each not in known]
    if missing or not resource_ids:
        raise NotFound(_("This venue has no such resource."))
    lines = [block_line(known[each]) for each in dict.fromkeys(resource_ids)]
    booking = Booking(
        venue_id,
        tuple(ItemRequest(each) for each in resource_ids),
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
    return write(booking, lines, booker_for(actor, venue_id), "", now or clock_now())
