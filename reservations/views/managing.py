"""One reservation by its secret link: details for a hold, confirmation, moving, cancelling."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common import clock
from common.errors import DomainError, NotFound
from reservations.enums import CANCELLABLE, RESCHEDULABLE, Status
from reservations.forms import DetailsForm
from reservations.links import is_valid, token_for
from reservations.models import Reservation
from reservations.selectors import payment_summary, reservations_in_detail
from reservations.services import (
    confirm_hold,
    release_hold,
)
from reservations.services.values import Actor, Customer

MOST_ROWS = 200
OPEN = CANCELLABLE | {Status.CHECKED_IN}


def by_link(reservation_id: UUID, token: str) -> Reservation:
    """The link's reservation. Raises the same ``NotFound`` for an unknown one and for a wrong token."""
    reservation = reservations_in_detail().filter(pk=reservation_id).first()
    if reservation is None or not is_valid(reservation, token):
        raise NotFound
    return reservation


def actor_of(request: HttpRequest) -> Actor:
    return Actor(request.user if request.user.is_authenticated else None)


def private(response: HttpResponse) -> HttpResponse:
    """Pages behind a secret link are in nobody's index and nobody's cache."""
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def show(
    request: HttpRequest, template: str, reservation: Reservation, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    held_until = reservation.expires_at
    shared = {
        "held_until": held_until and held_until.astimezone(reservation.venue.zone),
        "reservation": reservation,
        "token": token_for(reservation),
        "zone": reservation.venue.zone_name,
        "duration": (reservation.ends_at - reservation.starts_at) // timedelta(minutes=1),
    }
    return private(render(request, f"reservations/{template}.html", shared | context, status=status))


@never_cache
@require_http_methods(["GET", "POST"])
def details(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    """Who is coming: turns the hold into a booking."""
    reservation = by_link(reservation_id, token)
    if reservation.status != Status.HELD:
        return redirect("reservation-manage", reservation.pk, token)
    if request.method == "GET":
        return show(request, "details", reservation, {"form": DetailsForm(initial=known_details(request))})
    form = DetailsForm(request.POST)
    if not form.is_valid():
        return show(request, "details", reservation, {"form": form}, status=400)
    try:
        booked = confirm_hold(
            reservation_id=reservation.pk,
            customer=customer_of(request, form.cleaned_data),
            actor=actor_of(request),
            requests=form.cleaned_data["requests"],
        )
    except DomainError as error:
        return show(request, "details", reservation, {"form": form, "problem": error}, status=error.status)
    messages.success(request, _thanks(booked))
    return redirect("reservation-manage", reservation.pk, token)


def known_details(request: HttpRequest) -> dict[str, str]:
    """What a form about oneself can be filled in with."""
    if not request.user.is_authenticated:
        return {}
    customer = Customer.from_user(request.user)
    return {"name": customer.name, "email": customer.email, "phone": customer.phone}


def customer_of(request: HttpRequest, given: dict[str, Any]) -> Customer:
    """The visitor, with what their form says."""
    user = request.user if request.user.is_authenticated else None
    return Customer(user, given["name"], given["email"], str(given["phone"] or ""))


def _thanks(reservation: Reservation) -> str:
    if reservation.status == Status.PENDING:
        return _("Your request is with the venue. The time is kept for you until they answer.")
    return _("Your booking is confirmed.")


@never_cache
@require_GET
def manage(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    """The reservation as it stands, with what can be done about it."""
    reservation = by_link(reservation_id, token)
    in_future = reservation.starts_at > clock.now()
    context = {
        "payment": payment_summary(reservation),
        "can_cancel": reservation.status in CANCELLABLE and in_future,
        "can_reschedule": reservation.status in RESCHEDULABLE and in_future,
        "is_held": reservation.status == Status.HELD,
    }
    return show(request, "manage", reservation, context)


@never_cache
@require_POST
def release(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    """Gives a held time back."""
    reservation = by_link(reservation_id, token)
    release_hold(reservation_id=reservation.pk, actor=actor_of(request))
    messages.info(request, _("The time is free again."))
    first = reservation.items.all()[0].resource
    return redirect("resource-day", first.uuid)
