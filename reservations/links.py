"""Secret links, derived from key, id and ``link_version``, so that raising it revokes them."""

from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from reservations.models import Reservation

SALT = "reservations.links"
TOKEN_LENGTH = 32


def token_for(reservation: Reservation) -> str:
    value = f"{reservation.pk.hex}:{reservation.link_version}"
    return salted_hmac(SALT, value, secret=settings.SECRET_KEY, algorithm="sha256").hexdigest()[:TOKEN_LENGTH]


def is_valid(reservation: Reservation, token: str) -> bool:
    return constant_time_compare(token_for(reservation), token)


def manage_path(reservation: Reservation) -> str:
    return reverse("reservation-manage", args=[reservation.pk, token_for(reservation)])


def payment_back_url(payment_id: UUID) -> str:
    """Where the payment's provider leads customers back to: without their secret."""
    return f"{settings.SITE_URL}{reverse('payment-back', args=[payment_id])}"
