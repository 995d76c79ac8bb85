from collections.abc import Mapping
from datetime import datetime

from django import template

from common.templatetags.holdfast import minutes
from reservations.domain.lengths import describe_line
from reservations.domain.naming import count_units, name_booked, name_places, own_title
from reservations.models import Reservation, ReservationItem
from resources.catalog import catalog
from resources.stays import describe_length
from storefront.cart.holds import OwnSlot
from waitlist.matching import list_serving_resources
from waitlist.models import WaitlistEntry
from waitlist.naming import name_entry

register = template.Library()
SHORTEST_NIGHT = 720
"""Minutes: what is shorter needs no look at the configuration."""


@register.filter
def things(reservation: Reservation) -> str:
    """Kayak, Boathouse; with a number where a booking takes several of one; or what a product calls it."""
    return name_booked(reservation)


register.filter(own_title)


@register.filter
def line_text(line: dict[str, str | int], currency: str) -> str:
    return describe_line(line, currency)


@register.filter
def awaited(entry: WaitlistEntry) -> str:
    """A place, a group, or what a product calls it."""
    return name_entry(entry)


@register.filter
def wait_length(entry: WaitlistEntry) -> str:
    """2 nights, or 1 hour 30 minutes."""
    if entry.duration < SHORTEST_NIGHT:
        return minutes(entry.duration)
    serving = list_serving_resources(entry, catalog(entry.venue_id))
    return describe_length(serving[0], entry.duration) if serving else minutes(entry.duration)


@register.filter
def resource_names(reservation: Reservation) -> str:
    """Kayak, Boathouse; or what a product calls it."""
    return own_title(reservation) or name_places(reservation)


@register.filter
def starting(own_slots: Mapping[datetime, OwnSlot], start: datetime) -> OwnSlot | None:
    return own_slots.get(start)


@register.filter
def unit_count(item: ReservationItem) -> str:
    return count_units(item)
