"""The cart: everything one holds, booked together or given back."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from common.errors import DomainError, InvalidInput
from reservations.domain.lines import Line
from reservations.domain.questions import questions_of
from reservations.domain.writing import booked_lines
from reservations.links import token_for
from reservations.models import Reservation
from reservations.selectors import reservations_in_detail
from reservations.services import confirm_holds
from resources.catalog import catalogs
from storefront.booking.forms import BookingForm
from storefront.cart.holds import list_cart, list_posted_holds
from storefront.pages import actor_of, customer_of, mark_private, prefill_details
from storefront.refusals import list_refusals

BOOKED = "booked"
"""The session's key for what was booked together last; ids as texts."""


@never_cache
@require_GET
def cart(request: HttpRequest) -> HttpResponse:
    """The open holds with their ends, and the sums."""
    return _show(request, "cart", list_cart(request), {})


@never_cache
@require_http_methods(["GET", "POST"])
def book_all(request: HttpRequest) -> HttpResponse:
    """Asks once for everybody's details, then books all of it, or nothing."""
    if request.method == "POST":
        return _book_all(request, list_posted_holds(request))
    rows = list_cart(request)
    if not rows:
        return redirect("cart")
    form = BookingForm(initial=prefill_details(request), **_asked(rows))
    return _show(request, "book", rows, {"form": form})


def _book_all(request: HttpRequest, rows: list[Reservation]) -> HttpResponse:
    if not rows:
        return redirect("cart-booked" if request.session.get(BOOKED) else "cart")
    form = BookingForm(request.POST, **_asked(rows))
    if not form.is_valid():
        return _show(request, "book", rows, {"form": form}, status=400)
    try:
        booked = confirm_holds(
            reservation_ids=[row.pk for row in rows],
            customer=customer_of(request, form.cleaned_data),
            actor=actor_of(request),
            requests=form.cleaned_data["requests"],
            reply=form.reply(),
        )
    except DomainError as error:
        if isinstance(error, InvalidInput):
            form.mark(error)
        context = {"form": form, "problem": error, "refused": list_refusals(error)}
        return _show(request, "book", rows, context, status=error.status)
    request.session[BOOKED] = [str(each.pk) for each in booked]
    number = len(booked)
    messages.success(request, ngettext("%d booking is made.", "%d bookings are made.", number) % number)
    return redirect("cart-booked")


def _asked(rows: Sequence[Reservation]) -> dict[str, Any]:
    return {"questions": questions_of(_all_lines(rows)), "terms": any(row.venue.terms for row in rows)}


def _all_lines(rows: Sequence[Reservation]) -> list[Line]:
    known = {
        key: facts
        for found in catalogs([row.venue_id for row in rows]).values()
        for key, facts in found.bookables.items()
    }
    return [line for row in rows for line in booked_lines(row, known)]


@never_cache
@require_GET
def booked(request: HttpRequest) -> HttpResponse:
    """What was booked together last, each with its own link."""
    ids = request.session.get(BOOKED, [])
    rows = list(reservations_in_detail().filter(pk__in=ids).order_by("starts_at", "id"))
    if not rows:
        return redirect("cart")
    return _show(request, "booked", rows, {})


def _show(
    request: HttpRequest,
    template: str,
    rows: Sequence[Reservation],
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    venues = {row.venue_id: row.venue for row in rows}.values()
    shared = {
        "rows": [(row, token_for(row)) for row in rows],
        "totals": _totals(rows),
        "with_terms": [venue for venue in venues if venue.terms],
    }
    return mark_private(render(request, f"storefront/cart/{template}.html", shared | context, status=status))


def _totals(rows: Sequence[Reservation]) -> list[tuple[str, Decimal]]:
    """Per currency."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row.currency] += row.total_amount
    return sorted(sums.items())
