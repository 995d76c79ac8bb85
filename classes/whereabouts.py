"""Where people find a session, for all that is said of their bookings."""

from django.urls import reverse
from django.utils.translation import gettext as _

from classes.enums import PRODUCT, PlaceKind
from classes.models import Studio
from classes.words import LANES, name_place
from reservations.domain.whereabouts import Place
from reservations.models import Reservation
from resources.models import Resource


def find_studio(seats: Resource) -> Place | None:
    """By the pool that is booked; one query, and none for other things."""
    studio: Studio | None = getattr(seats, "studio_of_seats", None) if seats.extension == PRODUCT else None
    return describe_studio(studio) if studio else None


def find_session_page(reservation: Reservation) -> str:
    """One query, and none for bookings of other things."""
    if not any(item.resource.extension == PRODUCT for item in reservation.items.all()):
        return ""
    seat = getattr(reservation, "seat_booking", None)
    return reverse("classes-session", args=[reservation.venue.slug, seat.session_id]) if seat else ""


def describe_studio(studio: Studio) -> Place:
    if studio.kind == PlaceKind.OFF_SITE:
        return Place(_("Not at the studio. The description says where."), is_at_venue=False)
    return Place(name_place(studio), is_at_venue=studio.kind not in LANES)
