from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from common import clock
from common.errors import DomainError
from common.templatetags.holdfast import money
from payments.enums import PaymentKind, PaymentStatus
from payments.models import Payment
from payments.providers import MANUAL
from reservations.enums import CANCELLABLE, Status
from reservations.fee_schedule import list_fee_steps
from reservations.models import Reservation
from reservations.selectors import reservation_by_link
from reservations.services import CancellationTerms, cancel_reservation, cancellation_preview
from storefront.forms import CancelForm
from storefront.manage.confirmation import can_be_moved
from storefront.pages import actor_of, show_booking


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    reservation = reservation_by_link(reservation_id, token, request.user)
    if reservation.status not in CANCELLABLE:
        return redirect("reservation-manage", reservation.pk, token)
    form = CancelForm(request.POST or None, initial={"version": reservation.version})
    if request.method != "POST" or not form.is_valid():
        return _show(request, reservation, form, status=200 if request.method != "POST" else 400)
    try:
        booking, terms = cancel_reservation(
            reservation_id=reservation.pk,
            actor=actor_of(request),
            reason=form.cleaned_data["reason"],
            # Refused if the booking has changed since the page was made: the fee may be another now.
            version=form.cleaned_data["version"],
        )
    except DomainError as error:
        return _show(request, reservation, form, status=error.status, problem=error)
    messages.success(request, _("Your booking is cancelled."))
    for sentence in describe_refund(booking, terms):
        messages.info(request, sentence)
    return redirect("reservation-manage", reservation.pk, token)


def _show(
    request: HttpRequest,
    reservation: Reservation,
    form: CancelForm,
    *,
    status: int,
    problem: DomainError | None = None,
) -> HttpResponse:
    now = clock.now()
    context = {
        "terms": cancellation_preview(reservation, now=now),
        "steps": list_fee_steps(reservation, now=now),
        "is_undecided": reservation.status in (Status.HELD, Status.PENDING),
        "can_move": can_be_moved(reservation, now),
        "form": form,
        "problem": problem,
    }
    return show_booking(request, "manage/cancel", reservation, context, status)


def describe_refund(reservation: Reservation, terms: CancellationTerms) -> list[str]:
    sentences = []
    if terms.refund:
        sentences.append(_describe_way_of_refund(reservation, money(terms.refund, terms.currency)))
    if terms.due:
        amount = money(terms.due, terms.currency)
        sentences.append(
            _("A cancellation fee of %(amount)s is due. The venue will contact you.") % {"amount": amount}
        )
    elif terms.fee:
        amount = money(terms.fee, terms.currency)
        sentences.append(
            _("The cancellation fee of %(amount)s comes out of what you've paid.") % {"amount": amount}
        )
    return sentences


def _describe_way_of_refund(reservation: Reservation, amount: str) -> str:
    """A provider pays back by itself; cash is returned by the venue."""
    refunds = Payment.objects.filter(bill__reservation=reservation, kind=PaymentKind.REFUND)
    if refunds.filter(status=PaymentStatus.SUCCEEDED, provider=MANUAL).exists():
        return _("The venue will refund %(amount)s to your original payment method.") % {"amount": amount}
    return _("We're refunding %(amount)s to your original payment method. This can take a few days.") % {
        "amount": amount
    }
