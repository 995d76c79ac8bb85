from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from common.errors import DomainError, InvalidInput
from reservations.domain.lines import Line
from reservations.domain.questions import questions_of
from reservations.domain.writing import booked_lines
from reservations.links import token_for
from reservations.models import Reservation
from reservations.selectors import reservations_in_detail
from reservations.services import awaits_only_payment, confirm_holds
from resources.catalog import catalogs
from storefront.booking.forms import BookingForm
from storefront.cart.holds import is_own_condition, list_cart, list_posted_holds
from storefront.pages import actor_of, customer_of, mark_private, offers_texts, prefill_details
from storefront.refusals import list_refusals

BOOKED = "booked"


@never_cache
@require_safe
def cart(request: HttpRequest) -> HttpResponse:
    return _show(request, "cart", list_cart(request), {})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def book_all(request: HttpRequest) -> HttpResponse:
    """Ask for the details once, then book all holds or none."""
    if request.method == "POST":
        return _confirm_all(request, list_posted_holds(request))
    holds = list_cart(request)
    if not holds:
        return redirect("cart")
    form = BookingForm(initial=prefill_details(request), **_form_values(request, holds))
    return _show(request, "book", holds, {"form": form})


def _confirm_all(request: HttpRequest, holds: list[Reservation]) -> HttpResponse:
    # Posted twice: the first request has booked them all.
    if not holds:
        return redirect("cart-booked" if request.session.get(BOOKED) else "cart")
    form = BookingForm(request.POST, **_form_values(request, holds))
    if not form.is_valid():
        return _show(request, "book", holds, {"form": form}, status=400)
    try:
        reservations = confirm_holds(
            reservation_ids=[hold.pk for hold in holds],
            customer=customer_of(request, form.cleaned_data),
            actor=actor_of(request),
            requests=form.cleaned_data["requests"],
            reply=form.reply(),
        )
    except DomainError as error:
        if isinstance(error, InvalidInput):
            form.mark(error)
        context = {"form": form, "problem": error, "refused": list_refusals(error)}
        return _show(request, "book", holds, context, status=error.status)
    request.session[BOOKED] = [str(reservation.pk) for reservation in reservations]
    number = len(reservations)
    messages.success(
        request,
        ngettext("You're all set: %d booking confirmed", "You're all set: %d bookings confirmed", number)
        % number,
    )
    return redirect("cart-booked")


def _form_values(request: HttpRequest, holds: Sequence[Reservation]) -> dict[str, Any]:
    countries = {hold.venue.country for hold in holds}
    return {
        "questions": questions_of(_list_lines(holds)),
        "terms": any(hold.venue.terms for hold in holds),
        "country": countries.pop() if len(countries) == 1 else "",
        "offers_texts": offers_texts(request),
    }


def _list_lines(holds: Sequence[Reservation]) -> list[Line]:
    bookables = {
        resource_id: bookable
        for venue_catalog in catalogs([hold.venue_id for hold in holds]).values()
        for resource_id, bookable in venue_catalog.bookables.items()
    }
    return [line for hold in holds for line in booked_lines(hold, bookables)]


@never_cache
@require_safe
def booked(request: HttpRequest) -> HttpResponse:
    """What was booked together last, each with its own link."""
    ids = request.session.get(BOOKED, [])
    own = reservations_in_detail().filter(is_own_condition(request, ids), pk__in=ids)
    reservations = list(own.order_by("starts_at", "id"))
    if not reservations:
        return redirect("cart")
    awaits_payment = any(awaits_only_payment(reservation) for reservation in reservations)
    return _show(request, "booked", reservations, {"awaits_payment": awaits_payment})


def _show(
    request: HttpRequest,
    template: str,
    reservations: Sequence[Reservation],
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    venues = {reservation.venue_id: reservation.venue for reservation in reservations}.values()
    shared = {
        "rows": [(reservation, token_for(reservation)) for reservation in reservations],
        "totals": _sum_by_currency(reservations),
        "with_terms": [venue for venue in venues if venue.terms],
    }
    return mark_private(render(request, f"storefront/cart/{template}.html", shared | context, status=status))


def _sum_by_currency(reservations: Sequence[Reservation]) -> list[tuple[str, Decimal]]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for reservation in reservations:
        sums[reservation.currency] += reservation.total_amount
    return sorted(sums.items())
