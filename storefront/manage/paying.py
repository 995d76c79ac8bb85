from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from common import clock
from common.errors import DomainError, NotFound
from common.page_limits import counts_as
from payments.enums import PaymentStatus
from payments.exceptions import PaymentUnavailable
from payments.models import Payment
from payments.remembered import find_way_back, remember_checkout
from payments.selectors import find_open_checkout
from payments.services import look_up_payment
from reservations.domain.parts import list_parts, sum_until
from reservations.links import manage_path, payment_back_url
from reservations.models import Reservation
from reservations.selectors import ENDED_EARLY, payments_of, reservation_by_link
from reservations.services import start_checkout
from storefront.pages import actor_of, mark_private


@never_cache
@require_POST
def pay(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    """The deposit: on to the provider's page."""
    return _lead_to_provider(request, reservation_by_link(reservation_id, token, request.user), token)


@counts_as("hold")
@never_cache
@require_POST
def pay_part(request: HttpRequest, reservation_id: UUID, token: str, number: int) -> HttpResponse:
    """An instalment, with those before it that are still to be paid."""
    reservation = reservation_by_link(reservation_id, token, request.user)
    parts = list_parts(reservation)
    if number >= len(parts):
        raise NotFound
    return _lead_to_provider(request, reservation, token, up_to=sum_until(parts, number))


def _lead_to_provider(
    request: HttpRequest, reservation: Reservation, token: str, up_to: Decimal | None = None
) -> HttpResponse:
    begun = find_open_checkout(payments_of(reservation))
    try:
        checkout = start_checkout(
            reservation_id=reservation.pk,
            back_url=payment_back_url,
            actor=actor_of(request),
            up_to=up_to,
        )
    except DomainError as error:
        # They have paid, and have come back another way.
        if not (begun and _tell_success(request, begun.pk)):
            messages.error(request, str(error))
        return redirect("reservation-manage", reservation.pk, token)
    remember_checkout(request.session, checkout.charge.pk, manage_path(reservation))
    response = HttpResponseRedirect(checkout.url)
    response.status_code = 303  # as GET, also where the browser would repeat the form
    return mark_private(response)


@never_cache
@require_safe
def back(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """From the provider's page, whether they paid there or not."""
    path = find_way_back(request.session, payment_id)
    if path is None:
        messages.info(
            request, _("We've lost track of your booking in this browser. Get its link by email here.")
        )
        return redirect("find-my-booking")
    _tell_outcome(request, payment_id)
    return mark_private(redirect(path))


def _tell_outcome(request: HttpRequest, payment_id: UUID) -> None:
    # How they come back says nothing: the provider does.
    try:
        look_up_payment(payment_id, now=clock.now())
    except PaymentUnavailable:
        messages.info(request, _("We don't know yet whether you paid. We'll email you when we do."))
        return
    # Of what failed, or is being decided, the page itself tells.
    payment = Payment.objects.get(pk=payment_id)
    if not _tell_success(request, payment_id) and find_open_checkout([payment]):
        messages.info(request, _("You haven't paid yet."))


def _tell_success(request: HttpRequest, payment_id: UUID) -> bool:
    if not Payment.objects.filter(pk=payment_id, status=PaymentStatus.SUCCEEDED).exists():
        return False
    # What is paid for need not be a booking.
    reservation = Reservation.objects.filter(bill__payments=payment_id).first()
    if reservation and reservation.status in ENDED_EARLY:
        messages.warning(
            request, _("Your booking had already ended. We'll refund your payment, minus any fee.")
        )
    else:
        messages.success(request, _("Thank you, your payment has arrived."))
    return True
