"""What a booking is called, for its customer and for the people who expect them."""

from reservations.enums import OF_VENUE
from reservations.models import Reservation, ReservationItem
from resources.enums import UnitsBy


def name_booked(reservation: Reservation) -> str:
    """For customers: "Yoga with Mia" where a product gave it a title, else "2 x Kayak, Boathouse"."""
    return own_title(reservation) or name_things(reservation)


def name_with_places(reservation: Reservation) -> str:
    """For staff, who also want to know where: "Yoga with Mia · Studio A"."""
    return " · ".join(filter(None, (own_title(reservation), name_places(reservation))))


def own_title(reservation: Reservation) -> str:
    """Empty for the venue's own blocks and events: their title stands for who has the time."""
    return "" if reservation.purpose in OF_VENUE else reservation.title


def name_places(reservation: Reservation) -> str:
    return ", ".join(dict.fromkeys(item.resource.name for item in reservation.items.all()))


def name_things(reservation: Reservation) -> str:
    return ", ".join(f"{count_units(item)}{item.resource.name}" for item in reservation.items.all())


def count_units(item: ReservationItem) -> str:
    """What stands before the name: nothing for one, nor for people, whose number is said elsewhere."""
    several = item.units > 1 and item.resource.units_by == UnitsBy.BOOKING
    return f"{item.units} × " if several else ""
