"""Secret links, derived from key, id and ``link_version``, so that raising it revokes them.

They end some time after the visit: an old mail opens nothing forever.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from common import clock
from common.keyed import derive_token, is_token
from reservations.models import Reservation

SALT = "reservations.links"
TOKEN_LENGTH = 32
FIRST_VERSION = 1
"""While ``link_version`` is still this, whoever made the reservation is whom it belongs to."""


def token_for(reservation: Reservation) -> str:
    return derive_token(SALT, _value_of(reservation), TOKEN_LENGTH)


def is_valid(reservation: Reservation, token: str) -> bool:
    return is_token_of(reservation, token) and not has_ended(reservation)


def is_token_of(reservation: Reservation, token: str) -> bool:
    """Also once the link has ended."""
    return is_token(token, SALT, _value_of(reservation), TOKEN_LENGTH)


def _value_of(reservation: Reservation) -> str:
    return f"{reservation.pk.hex}:{reservation.link_version}"


def has_ended(reservation: Reservation) -> bool:
    return reservation.ends_at < links_end_before(clock.now())


def links_end_before(now: datetime) -> datetime:
    """Links to visits that were over then have ended."""
    if not settings.LINK_DAYS:
        return datetime.min.replace(tzinfo=UTC)
    return now - timedelta(days=settings.LINK_DAYS)


def manage_path(reservation: Reservation) -> str:
    return reverse("reservation-manage", args=[reservation.pk, token_for(reservation)])


def payment_back_url(payment_id: UUID) -> str:
    """Where the payment's provider leads customers back to: without their secret."""
    return f"{settings.SITE_URL}{reverse('payment-back', args=[payment_id])}"
