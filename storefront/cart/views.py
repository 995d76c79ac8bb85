from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from common import clock
from common.errors import DomainError
from reservations.domain.lines import Line
from reservations.domain.questions import questions_of
from reservations.domain.writing import booked_lines
from reservations.enums import Status
from reservations.fee_schedule import describe_cancelling
from reservations.links import token_for
from reservations.models import Reservation
from reservations.selectors import reservations_in_detail
from reservations.services import awaits_only_payment, confirm_holds
from resources.bookables import Bookable
from resources.catalog import catalogs
from storefront.booking.drafts import drop_draft, read_drafts
from storefront.booking.forms import BookingForm
from storefront.booking.views import WARNING, is_worth_extending
from storefront.cart.holds import is_own_condition, list_cart, list_posted_holds
from storefront.pages import actor_of, customer_of, mark_private, offer_account, offers_texts, prefill_details
from storefront.refusals import list_refusals

BOOKED = "booked"


@dataclass(frozen=True, slots=True)
class CartRow:
    """``will_extend``: shortly before it ends, the hold can be prolonged."""

    reservation: Reservation
    token: str
    can_extend: bool = False
    will_extend: bool = False
    fees: str = ""


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
    initial = prefill_details(request) | read_drafts(request, holds)
    form = BookingForm(initial=initial, **_form_values(request, holds))
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
        form.mark(error)
        context = {"form": form, "problem": error, "refused": list_refusals(error)}
        return _show(request, "book", holds, context, status=error.status)
    for hold in holds:
        drop_draft(request, hold)
    request.session[BOOKED] = [str(reservation.pk) for reservation in reservations]
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
    bookables = _find_bookables(holds)
    return [line for hold in holds for line in booked_lines(hold, bookables)]


def _find_bookables(reservations: Sequence[Reservation]) -> dict[int, Bookable]:
    return {
        resource_id: bookable
        for venue_catalog in catalogs([reservation.venue_id for reservation in reservations]).values()
        for resource_id, bookable in venue_catalog.bookables.items()
    }


def _make_rows(reservations: Sequence[Reservation]) -> list[CartRow]:
    bookables, now = _find_bookables(reservations), clock.now()
    return [_make_row(reservation, bookables, now) for reservation in reservations]


def _make_row(reservation: Reservation, bookables: dict[int, Bookable], now: datetime) -> CartRow:
    row = CartRow(reservation, token_for(reservation), fees=describe_cancelling(reservation, now=now))
    if reservation.status != Status.HELD or reservation.expires_at is None:
        return row
    lines, warned_at = booked_lines(reservation, bookables), reservation.expires_at - WARNING
    return replace(
        row,
        can_extend=is_worth_extending(reservation, lines, now),
        will_extend=is_worth_extending(reservation, lines, warned_at),
    )


@never_cache
@require_safe
def booked(request: HttpRequest) -> HttpResponse:
    """What was booked together last, each with its own link."""
    ids = request.session.get(BOOKED, [])
    own = reservations_in_detail().filter(is_own_condition(request, ids), pk__in=ids)
    reservations = list(own.order_by("starts_at", "id"))
    if not reservations:
        return redirect("cart")
    context = {
        "awaits_payment": any(awaits_only_payment(reservation) for reservation in reservations),
        "are_confirmed": all(reservation.status == Status.CONFIRMED for reservation in reservations),
        "account": offer_account(request, reservations[0], request.path),
    }
    return _show(request, "booked", reservations, context)


def _show(
    request: HttpRequest,
    template: str,
    reservations: Sequence[Reservation],
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    venues = {reservation.venue_id: reservation.venue for reservation in reservations}.values()
    shared = {
        "rows": _make_rows(reservations),
        "totals": _sum_by_currency(reservations),
        "with_terms": [venue for venue in venues if venue.terms],
    }
    return mark_private(render(request, f"storefront/cart/{template}.html", shared | context, status=status))


def _sum_by_currency(reservations: Sequence[Reservation]) -> list[tuple[str, Decimal]]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for reservation in reservations:
        sums[reservation.currency] += reservation.total_amount
    return sorted(sums.items())
