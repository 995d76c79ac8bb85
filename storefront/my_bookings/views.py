"""One's own bookings: what is to come, and what was."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.models import User
from common import clock
from reservations.models import Reservation
from reservations.querysets import ReservationQuerySet
from storefront.forms import OwnForm
from storefront.my_bookings.listing import (
    filter_bookings,
    group_series,
    keep_past,
    keep_upcoming,
    list_bookings,
    list_venues,
    load_details,
)
from storefront.pages import mark_private
from storefront.waitlist.offers import offers_above

ROWS = 20


@never_cache
@login_required
@require_GET
def my_bookings(request: HttpRequest) -> HttpResponse:
    """Upcoming or past, searched and narrowed down, page by page; what waits for an answer above."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101  (login_required has seen to it)
    venues = list_venues(user)
    form = OwnForm(request.GET, venues=venues)
    asked = form.cleaned_data if form.is_valid() else {}
    found = filter_bookings(list_bookings(user), text=asked.get("q", ""), venue=asked.get("venue"))
    now = clock.now()
    tabs = {"upcoming": keep_upcoming(found, now), "past": keep_past(found, now)}
    shown = asked.get("show") or "upcoming"
    page = _page(tabs[shown], request)
    context: dict[str, Any] = {
        "form": form,
        "is_narrowed": bool(asked.get("q") or asked.get("venue")),
        "has_any": bool(venues),
        "many_venues": len(venues) > 1,
        "shown": shown,
        "counts": {name: each.count() for name, each in tabs.items()},
        "page": page,
        "groups": group_series(page.object_list, now),
        "keep": _kept(request, "show", "q", "venue"),
        "kept": _kept(request, "q", "venue"),
        "zone_wanted": str(user.time_zone or ""),
        "offers": offers_above(request),
    }
    status = 200 if form.is_valid() else 400
    return mark_private(render(request, "storefront/my_bookings/my_bookings.html", context, status=status))


def _page(found: ReservationQuerySet, request: HttpRequest) -> Page[Reservation]:
    """The page that was asked for, or the nearest there is."""
    rows = load_details(found).order_by(*found.query.order_by)
    return Paginator(rows, ROWS).get_page(request.GET.get("page"))


def _kept(request: HttpRequest, *names: str) -> str:
    """The rest of the query, to be put behind another part of it."""
    kept = {name: request.GET[name] for name in names if request.GET.get(name)}
    return f"&{urlencode(kept)}" if kept else ""
