from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from common import clock
from common.errors import DomainError
from payments.enums import PaymentStatus
from payments.exceptions import PaymentUnavailable
from payments.models import Payment
from payments.selectors import is_being_decided
from payments.services import look_up_payment
from reservations.links import manage_path
from reservations.models import Reservation
from reservations.selectors import reservation_by_link
from reservations.services import OpenCheckout, start_checkout
from storefront.pages import actor_of, mark_private

CHECKOUTS = "checkouts"
MOST_CHECKOUTS = 20


@never_cache
@require_POST
def pay(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    """On to the provider's page."""
    reservation = reservation_by_link(reservation_id, token)
    try:
        checkout = start_checkout(reservation_id=reservation.pk, back_url=_back_url, actor=actor_of(request))
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("reservation-manage", reservation.pk, token)
    _remember_checkout(request.session, checkout, reservation)
    response = HttpResponseRedirect(checkout.url)
    response.status_code = 303  # as GET, also where the browser would repeat the form
    return mark_private(response)


def _back_url(payment_id: UUID) -> str:
    # The manage-link is a secret, also from the provider.
    return f"{settings.SITE_URL}{reverse('payment-back', args=[payment_id])}"


def _remember_checkout(session: SessionBase, checkout: OpenCheckout, reservation: Reservation) -> None:
    others = session.get(CHECKOUTS, {})
    others.pop(str(checkout.payment_id), None)
    latest = [*others.items(), (str(checkout.payment_id), manage_path(reservation))]
    session[CHECKOUTS] = dict(latest[-MOST_CHECKOUTS:])


@never_cache
@require_GET
def back(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """From the provider's page, whether they paid there or not."""
    path = request.session.get(CHECKOUTS, {}).get(str(payment_id))
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
    payment = Payment.objects.get(pk=payment_id)
    if payment.status == PaymentStatus.SUCCEEDED:
        messages.success(request, _("Thank you, your payment has arrived."))
    elif payment.status == PaymentStatus.FAILED:
        messages.error(request, _("The payment didn't go through. You can try again."))
    elif not is_being_decided([payment]):
        messages.info(request, _("You haven't paid yet."))
