"""With whom, and where they see it: for messages about bookings."""

from django.urls import reverse

from classes.enums import PRODUCT, SessionStatus
from classes.models import Facilitator, Session
from reservations.models import Reservation


def name_leader(reservation: Reservation) -> str:
    """Of the session in which seats are booked; one query, and none for bookings of other things."""
    if not any(item.resource.extension == PRODUCT for item in reservation.items.all()):
        return ""
    rows = Facilitator.objects.public().filter(sessions__bookings__reservation=reservation.pk)
    return rows.values_list("name", flat=True).first() or ""


def is_called_off(reservation: Reservation) -> bool:
    return Session.objects.filter(
        bookings__reservation=reservation.pk, status=SessionStatus.CANCELLED
    ).exists()


def find_roster(reservation: Reservation) -> str:
    seat = getattr(reservation, "seat_booking", None)
    return reverse("teach-session", args=[seat.session_id]) if seat else ""
