"""Changing what a booking says: contact, requests and how many people come."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from common import clock
from common.errors import DomainError
from reservations.domain.values import Customer
from reservations.enums import EDITABLE, RESCHEDULABLE
from reservations.models import Reservation
from reservations.selectors import reservation_by_link
from reservations.services import Changes, NewPrice, edit_reservation, reparty_preview
from storefront.forms import EditForm
from storefront.pages import actor_of, show_booking


@never_cache
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    """The form; where the number of people changes the price, it is shown once more with the new one."""
    reservation = reservation_by_link(reservation_id, token)
    if reservation.status not in EDITABLE:
        return redirect("reservation-manage", reservation.pk, token)
    if request.method == "GET":
        return _show(request, reservation, _form(reservation))
    form = _form(reservation, request.POST)
    if not form.is_valid():
        return _show(request, reservation, form, status=400)
    given = form.cleaned_data
    try:
        price = reparty_preview(reservation, party_size=given.get("party_size") or reservation.party_size)
        if price.difference and given["agreed"] != str(price.new):
            return _show(request, reservation, _agreeing(reservation, request, price), price=price)
        _save(request, reservation, given)
    except DomainError as error:
        return _show(request, reservation, form, status=error.status, problem=error)
    messages.success(request, _("Your changes are saved."))
    return redirect("reservation-manage", reservation.pk, token)


def _save(request: HttpRequest, reservation: Reservation, given: dict[str, Any]) -> None:
    customer = Customer(reservation.customer, given["name"], given["email"], str(given["phone"] or ""))
    changes = Changes(party_size=given.get("party_size"), requests=given["requests"], customer=customer)
    edit_reservation(
        reservation_id=reservation.pk, changes=changes, actor=actor_of(request), version=given["version"]
    )


def _form(reservation: Reservation, given: Any = None) -> EditForm:
    """Without the number of people where that can no longer be changed."""
    initial = {
        "party_size": reservation.party_size,
        "name": reservation.customer_name,
        "email": reservation.customer_email,
        "phone": reservation.customer_phone,
        "requests": reservation.requests,
        "version": reservation.version,
    }
    form = EditForm(given, initial=initial)
    if reservation.status not in RESCHEDULABLE or reservation.starts_at <= clock.now():
        del form.fields["party_size"]
    return form


def _agreeing(reservation: Reservation, request: HttpRequest, price: NewPrice) -> EditForm:
    """The same form, which now says that the new price has been seen."""
    given = request.POST.copy()
    given["agreed"] = str(price.new)
    return _form(reservation, given)


def _show(
    request: HttpRequest,
    reservation: Reservation,
    form: EditForm,
    *,
    status: int = 200,
    problem: DomainError | None = None,
    price: NewPrice | None = None,
) -> HttpResponse:
    context = {"form": form, "problem": problem, "price": price}
    return show_booking(request, "manage/edit", reservation, context, status)
