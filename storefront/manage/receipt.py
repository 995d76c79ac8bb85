from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common import clock
from common.postal import place_lines
from payments.enums import PaymentStatus
from reservations.enums import NEVER_BOOKED, Status
from reservations.selectors import payment_summary, payments_of, reservation_by_link
from resources.models import Venue
from storefront.pages import show_booking


@never_cache
@require_safe
def receipt(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    """By the ledger as it is now; holds have none."""
    reservation = reservation_by_link(reservation_id, token, request.user)
    if reservation.status in NEVER_BOOKED:
        return redirect("reservation-manage", reservation.pk, token)
    zone = reservation.venue.zone
    payments = payments_of(reservation)
    settled = [payment for payment in payments if payment.status == PaymentStatus.SUCCEEDED]
    context = {
        "address": address_lines(reservation.venue),
        "booked": reservation.created_at.astimezone(zone),
        "issued": clock.now().astimezone(zone),
        "payment": payment_summary(reservation),
        "payments": [(payment, payment.created_at.astimezone(zone)) for payment in settled],
        "under_way": [payment for payment in payments if payment.status == PaymentStatus.PENDING],
        "is_cancelled": reservation.status == Status.CANCELLED,
    }
    return show_booking(request, "manage/receipt", reservation, context)


def address_lines(venue: Venue) -> list[str]:
    phone = venue.phone.as_international if venue.phone else ""
    return [line for line in (*place_lines(venue), venue.email, phone) if line]
