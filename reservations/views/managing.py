"""One reservation by its secret link: details for a hold, confirmation, moving, cancelling."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from common import clock
from common.errors import DomainError, NotFound
from reservations.availability import Wish
from reservations.enums import CANCELLABLE, RESCHEDULABLE, Status
from reservations.forms import CancelForm, DayForm, RescheduleForm
from reservations.links import is_valid, token_for
from reservations.models import Reservation
from reservations.search import bookers, day_slots, moment_now
from reservations.selectors import reservations_in_detail
from reservations.services import (
    cancel_reservation,
    cancellation_preview,
    reschedule_preview,
    reschedule_reservation,
)
from reservations.services.values import Actor, Customer
from reservations.views.finding import week_around
from resources.catalog import bookable

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


@never_cache
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    """Fee and refund first, then the button."""
    reservation = by_link(reservation_id, token)
    if reservation.status not in CANCELLABLE:
        return redirect("reservation-manage", reservation.pk, token)
    context = {"terms": cancellation_preview(reservation, now=clock.now())}
    form = CancelForm(request.POST or None, initial={"version": reservation.version})
    if request.method == "GET" or not form.is_valid():
        status = 200 if request.method == "GET" else 400
        return show(request, "cancel", reservation, context | {"form": form}, status=status)
    try:
        cancel_reservation(
            reservation_id=reservation.pk,
            actor=actor_of(request),
            reason=form.cleaned_data["reason"],
            version=form.cleaned_data["version"],
        )
    except DomainError as error:
        return show(request, "cancel", reservation, context | {"form": form, "problem": error}, error.status)
    messages.success(request, _("Your booking is cancelled."))
    return redirect("reservation-manage", reservation.pk, token)


@never_cache
@require_http_methods(["GET", "POST"])
def reschedule(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    """Another day's free times, then the price difference, then the move."""
    reservation = by_link(reservation_id, token)
    if reservation.status not in RESCHEDULABLE:
        return redirect("reservation-manage", reservation.pk, token)
    form = RescheduleForm(request.POST or request.GET, zone=reservation.venue.zone_name)
    form.full_clean()
    if request.method == "GET":
        return _choose_time(request, reservation, form)
    if not form.is_valid():
        return _choose_time(request, reservation, form, status=400)
    start = form.cleaned_data["start"]
    try:
        reschedule_reservation(
            reservation_id=reservation.pk,
            start=start,
            end=start + (reservation.ends_at - reservation.starts_at),
            actor=actor_of(request),
            version=form.cleaned_data["version"],
        )
    except DomainError as error:
        return _choose_time(request, reservation, form, status=error.status, problem=error)
    messages.success(request, _("Your booking has moved."))
    return redirect("reservation-manage", reservation.pk, token)


def _choose_time(
    request: HttpRequest,
    reservation: Reservation,
    form: RescheduleForm,
    *,
    status: int = 200,
    problem: DomainError | None = None,
) -> HttpResponse:
    item = reservation.items.all()[0]
    facts = bookable(item.resource)
    length = reservation.ends_at - reservation.starts_at
    day = DayForm(request.GET)
    asked = day.cleaned_data.get("date") if day.is_valid() else None
    today = clock.now().astimezone(facts.zone).date()
    on = asked or max(reservation.local_start.date(), today)
    booker = bookers(request.user, [reservation.venue_id])[reservation.venue_id]
    wish = Wish(length // timedelta(minutes=1), reservation.party_size, item.units, booker)
    context: dict[str, Any] = {
        "on": on,
        "days": week_around(on, today),
        "slots": day_slots(facts, wish, on, moment_now(), but=reservation.pk),
        "currency": facts.currency,
        "problem": problem,
    }
    start = None if form.errors.get("start") else form.cleaned_data.get("start")
    if start and not problem:
        end = start + length
        context |= {
            "chosen": start.astimezone(facts.zone),
            "chosen_end": end.astimezone(facts.zone),
            "price": reschedule_preview(reservation, start=start, end=end),
        }
    return show(request, "reschedule", reservation, context, status=status)


@never_cache
@login_required
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """One's own reservations, upcoming first."""
    found = reservations_in_detail().filter(customer_id=request.user.pk).exclude(status=Status.EXPIRED)
    now = clock.now()
    rows = list(found.order_by("-starts_at")[:MOST_ROWS])
    upcoming = [row for row in reversed(rows) if row.ends_at > now and row.status in OPEN]
    parts = {"upcoming": upcoming, "past": [row for row in rows if row not in upcoming]}
    context = {name: [(row, token_for(row)) for row in part] for name, part in parts.items()}
    return private(render(request, "reservations/mine.html", context))
