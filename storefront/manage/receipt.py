"""The receipt of a booking: what it cost, what was paid and what went back, made to be printed."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from common import clock
from payments.enums import PaymentStatus
from reservations.enums import NEVER_BOOKED, Status
from reservations.selectors import payment_summary, payments_of, reservation_by_link
from resources.models import Venue
from storefront.pages import show_booking


@never_cache
@require_GET
def receipt(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    """As the ledger says at this moment; holds have none."""
    reservation = reservation_by_link(reservation_id, token)
    if reservation.status in NEVER_BOOKED:
        return redirect("reservation-manage", reservation.pk, token)
    zone = reservation.venue.zone
    rows = payments_of(reservation)
    settled = [row for row in rows if row.status == PaymentStatus.SUCCEEDED]
    context = {
        "address": address_lines(reservation.venue),
        "booked": reservation.created_at.astimezone(zone),
        "issued": clock.now().astimezone(zone),
        "payment": payment_summary(reservation),
        "payments": [(row, row.created_at.astimezone(zone)) for row in settled],
        "under_way": [row for row in rows if row.status == PaymentStatus.PENDING],
        "is_cancelled": reservation.status == Status.CANCELLED,
    }
    return show_booking(request, "manage/receipt", reservation, context)


def address_lines(venue: Venue) -> list[str]:
    """As on an envelope; what is not known is left out."""
    lines = [venue.street, f"{venue.postal_code} {venue.city}".strip(), venue.email, str(venue.phone or "")]
    return [line for line in lines if line]
