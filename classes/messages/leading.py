"""With whom: for messages about bookings."""

from classes.enums import PRODUCT
from classes.models import Facilitator
from reservations.models import Reservation


def name_leader(reservation: Reservation) -> str:
    """Of the session in which seats are booked; one query, and none for bookings of other things."""
    if not any(item.resource.extension == PRODUCT for item in reservation.items.all()):
        return ""
    rows = Facilitator.objects.public().filter(sessions__bookings__reservation=reservation.pk)
    return rows.values_list("name", flat=True).first() or ""
