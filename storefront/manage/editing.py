from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from common import clock
from common.errors import DomainError
from reservations.domain.values import Customer
from reservations.enums import EDITABLE, RESCHEDULABLE, Consent
from reservations.links import token_for
from reservations.models import Reservation
from reservations.selectors import reservation_by_link
from reservations.services import (
    NewPrice,
    ReservationChanges,
    cancellation_preview,
    edit_reservation,
    preview_change,
)
from storefront.forms import EditForm
from storefront.pages import actor_of, offers_texts, show_booking


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    """If another party size changes the price, the form is shown again with the new price to agree to."""
    reservation = reservation_by_link(reservation_id, token, request.user)
    if reservation.status not in EDITABLE:
        return redirect("reservation-manage", reservation.pk, token)
    if request.method != "POST":
        return _show(request, reservation, _make_form(request, reservation))
    form = _make_form(request, reservation, request.POST)
    if not form.is_valid():
        return _show(request, reservation, form, status=400)
    cleaned = form.cleaned_data
    try:
        # Priced before anything is written: a customer never pays more than they have seen.
        price = preview_change(
            reservation,
            ReservationChanges(party_size=cleaned.get("party_size")),
            actor=actor_of(request),
            now=clock.now(),
        )
        # Saved only once the price that was shown is the price of now.
        if price.difference and cleaned["agreed"] != str(price.new):
            return _show(request, reservation, _make_agreeing_form(reservation, request, price), price=price)
        edited = _save(request, reservation, cleaned)
    except DomainError as error:
        form.mark(error)
        return _show(request, reservation, form, status=error.status, problem=error)
    messages.success(request, _("Your changes are saved."))
    # With another email address the old link has ended.
    return redirect("reservation-manage", edited.pk, token_for(edited))


def _save(request: HttpRequest, reservation: Reservation, cleaned: dict[str, Any]) -> Reservation:
    customer = Customer(reservation.customer, cleaned["name"], cleaned["email"], str(cleaned["phone"] or ""))
    changes = ReservationChanges(
        party_size=cleaned.get("party_size"),
        requests=cleaned["requests"],
        texts_agreed=_read_consent(reservation, cleaned),
        customer=customer,
    )
    return edit_reservation(
        reservation_id=reservation.pk, changes=changes, actor=actor_of(request), version=cleaned["version"]
    )


def _read_consent(reservation: Reservation, cleaned: dict[str, Any]) -> str | None:
    wanted = cleaned.get("sms_updates")
    if wanted is None or wanted == bool(reservation.texts_agreed_at):
        return None
    return Consent.PAGE if wanted else ""


@never_cache
@require_POST
def stop_texts(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    reservation = reservation_by_link(reservation_id, token, request.user)
    try:
        changes = ReservationChanges(texts_agreed="")
        edit_reservation(reservation_id=reservation.pk, changes=changes, actor=actor_of(request))
        messages.success(request, _("We'll no longer text you about this booking."))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("reservation-manage", reservation.pk, token)


def _make_form(request: HttpRequest, reservation: Reservation, data: Any = None) -> EditForm:
    """Without the party size if that can no longer be changed."""
    initial = {
        "party_size": reservation.party_size,
        "name": reservation.customer_name,
        "email": reservation.customer_email,
        "phone": reservation.customer_phone,
        "requests": reservation.requests,
        "sms_updates": reservation.texts_agreed_at is not None,
        "version": reservation.version,
    }
    asks_for_texts = offers_texts(request) or reservation.texts_agreed_at is not None
    form = EditForm(data, initial=initial, country=reservation.venue.country, offers_texts=asks_for_texts)
    if reservation.who:  # whom staff have booked without an address can do without one here, too
        for name in ("name", "email"):
            form.fields[name].required = bool(initial[name])
    if reservation.status not in RESCHEDULABLE or reservation.starts_at <= clock.now():
        del form.fields["party_size"]
    return form


def _make_agreeing_form(reservation: Reservation, request: HttpRequest, price: NewPrice) -> EditForm:
    data = request.POST.copy()
    data["agreed"] = str(price.new)
    return _make_form(request, reservation, data)


def _show(
    request: HttpRequest,
    reservation: Reservation,
    form: EditForm,
    *,
    status: int = 200,
    problem: DomainError | None = None,
    price: NewPrice | None = None,
) -> HttpResponse:
    # Fewer people would lower the fee, were it not kept as it is now.
    fee = cancellation_preview(reservation, now=clock.now()).fee if "party_size" in form.fields else 0
    context = {"form": form, "problem": problem, "price": price, "fee": fee}
    return show_booking(request, "manage/edit", reservation, context, status)
