from django import template

from common.templatetags.holdfast import minutes
from reservations.domain.lengths import describe_line
from reservations.models import Reservation, ReservationItem
from resources.catalog import catalog
from resources.enums import UnitsBy
from resources.stays import describe_length
from waitlist.matching import list_serving_resources
from waitlist.models import WaitlistEntry

register = template.Library()
SHORTEST_NIGHT = 720
"""Minutes: what is shorter needs no look at the configuration."""


@register.filter
def things(reservation: Reservation) -> str:
    """Kayak, Boathouse; with a number where a booking takes several of one."""
    return ", ".join(f"{unit_count(item)}{item.resource.name}" for item in reservation.items.all())


@register.filter
def line_text(line: dict[str, str | int], currency: str) -> str:
    return describe_line(line, currency)


@register.filter
def length(entry: WaitlistEntry) -> str:
    """2 nights, or 1 hour 30 minutes."""
    if entry.duration < SHORTEST_NIGHT:
        return minutes(entry.duration)
    serving = list_serving_resources(entry, catalog(entry.venue_id))
    return describe_length(serving[0], entry.duration) if serving else minutes(entry.duration)


@register.filter
def resource_names(reservation: Reservation) -> str:
    """Kayak, Boathouse."""
    return ", ".join(item.resource.name for item in reservation.items.all())


@register.filter
def unit_count(item: ReservationItem) -> str:
    """What stands before the name: nothing for one, nor for people, whose number is said elsewhere."""
    several = item.units > 1 and item.resource.units_by == UnitsBy.BOOKING
    return f"{item.units} × " if several else ""
