"""Secret links: whoever has one may see and manage one reservation.

The token is derived from the server's key, the reservation and its ``link_version``, so the database
holds nothing that opens a reservation, and raising the version revokes every link sent so far.
"""

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from reservations.models import Reservation

SALT = "reservations.links"
TOKEN_LENGTH = 32


def token_for(reservation: Reservation) -> str:
    """128 bits, hexadecimal."""
    value = f"{reservation.pk.hex}:{reservation.link_version}"
    return salted_hmac(SALT, value, secret=settings.SECRET_KEY, algorithm="sha256").hexdigest()[:TOKEN_LENGTH]


def is_valid(reservation: Reservation, token: str) -> bool:
    return constant_time_compare(token_for(reservation), token)


def manage_path(reservation: Reservation) -> str:
    return reverse("reservation-manage", args=[reservation.pk, token_for(reservation)])
