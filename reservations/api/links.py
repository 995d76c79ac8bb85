"""Addresses of a reservation: for programs, and for whoever it belongs to, with its secret."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from common.serializing import Shape
from reservations.links import has_ended, token_for
from reservations.models import Reservation
from reservations.permissions import is_own
from resources.api.links import address_of


class ReservationLinks(Shape):
    """``page`` and ``ics`` carry the reservation's secret: they are for its customer alone, else null."""

    # Context: user, token, shares_secrets.

    self = serializers.URLField()
    page = serializers.URLField(allow_null=True, help_text="Where people see and change it")
    ics = serializers.URLField(allow_null=True, help_text="For calendars")

    def read_self(self, reservation: Reservation) -> str:
        return address_of("api-reservations-detail", reservation.pk)

    def read_page(self, reservation: Reservation) -> str | None:
        return self._find_secret_address("reservation-manage", reservation)

    def read_ics(self, reservation: Reservation) -> str | None:
        return self._find_secret_address("reservation-event", reservation)

    def _find_secret_address(self, view_name: str, reservation: Reservation) -> str | None:
        if not self.context.get("shares_secrets"):
            return None
        if not is_own(self.context["user"], reservation, token_in(self.context, reservation)):
            return None
        if has_ended(reservation):
            return None
        return address_of(view_name, reservation.pk, token_for(reservation))


def token_in(context: Mapping[str, Any], reservation: Reservation) -> str:
    return str(context.get("tokens", {}).get(reservation.pk) or context.get("token", ""))


def may_share_secrets(request: Request) -> bool:
    """Not with API keys that only read: with the secret one may change and cancel."""
    scopes = getattr(request.auth, "scopes", None)
    return scopes is None or "book" in scopes
