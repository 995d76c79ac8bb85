from django import template

from reservations.models import Reservation, ReservationItem
from resources.enums import UnitsBy

register = template.Library()


@register.filter
def things(reservation: Reservation) -> str:
    """Kayak, Boathouse; with a number where a booking takes several of one."""
    return ", ".join(f"{unit_count(item)}{item.resource.name}" for item in reservation.items.all())


@register.filter
def resource_names(reservation: Reservation) -> str:
    """Kayak, Boathouse."""
    return ", ".join(item.resource.name for item in reservation.items.all())


@register.filter
def unit_count(item: ReservationItem) -> str:
    """What stands before the name: nothing for one, nor for people, whose number is said elsewhere."""
    several = item.units > 1 and item.resource.units_by == UnitsBy.BOOKING
    return f"{item.units} × " if several else ""
