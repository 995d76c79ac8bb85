from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from common import clock
from common.page_parts import PageQuery, my_bookings_parts, render_parts
from reservations.models import Reservation
from reservations.querysets import ReservationQuerySet
from storefront.forms import MyBookingsForm
from storefront.my_bookings.listing import (
    filter_bookings,
    group_series,
    keep_upcoming,
    list_bookings,
    list_venues,
    load_details,
)
from storefront.pages import mark_private

ROWS = 20


@never_cache
@login_required
@require_safe
def my_bookings(request: HttpRequest) -> HttpResponse:
    """Upcoming or past bookings, searched and filtered, below what products show of theirs."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101  (login_required has seen to it)
    venues = list_venues(user)
    form = MyBookingsForm(request.GET, venues=venues)
    cleaned = form.cleaned_data if form.is_valid() else {}
    bookings = filter_bookings(list_bookings(user), text=cleaned.get("q", ""), venue=cleaned.get("venue"))
    now = clock.now()
    tabs = {"upcoming": keep_upcoming(bookings, now), "past": bookings.past(now)}
    tab = cleaned.get("show") or "upcoming"
    page = _get_page(tabs[tab], request)
    context: dict[str, Any] = {
        "form": form,
        "is_narrowed": bool(cleaned.get("q") or cleaned.get("venue")),
        "has_any": bool(venues),
        "many_venues": len(venues) > 1,
        "shown": tab,
        "counts": {name: tab_bookings.count() for name, tab_bookings in tabs.items()},
        "page": page,
        "groups": group_series(page.object_list, now),
        "keep": _keep_parameters(request, "show", "q", "venue"),
        "kept": _keep_parameters(request, "q", "venue"),
        "zone_wanted": str(user.time_zone or ""),
        "parts": render_parts(my_bookings_parts, request, _query_parts(cleaned, is_past=tab == "past")),
    }
    status = 200 if form.is_valid() else 400
    return mark_private(render(request, "storefront/my_bookings/my_bookings.html", context, status=status))


def _query_parts(cleaned: dict[str, Any], *, is_past: bool) -> PageQuery:
    venue = cleaned.get("venue")
    return PageQuery([venue] if venue else (), text=cleaned.get("q", ""), is_past=is_past)


def _get_page(bookings: ReservationQuerySet, request: HttpRequest) -> Page[Reservation]:
    detailed = load_details(bookings).order_by(*bookings.query.order_by)
    return Paginator(detailed, ROWS).get_page(request.GET.get("page"))


def _keep_parameters(request: HttpRequest, *names: str) -> str:
    parameters = {name: request.GET[name] for name in names if request.GET.get(name)}
    return f"&{urlencode(parameters)}" if parameters else ""
