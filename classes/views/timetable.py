from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from classes.enums import PRODUCT
from classes.forms import FilterForm
from classes.lists import list_pass_kinds
from classes.models import ClassType, Facilitator, Studio
from classes.timetable import DAYS, Day, DayPart, list_days
from classes.visiting import find_venue
from common import clock
from common.blanks import without_blanks
from common.venues import directory
from resources.models import Venue

WEEK = timedelta(days=DAYS)
MOST_AHEAD = 370 * timedelta(days=1)


@require_safe
def venues(request: HttpRequest) -> HttpResponse:
    """Which venues have classes; where it is one, its timetable."""
    found = list(directory().offering(PRODUCT))
    if len(found) == 1:
        return redirect("classes-venue", found[0].slug)
    return render(request, "classes/venues.html", {"venues": found})


@require_safe
@without_blanks
def timetable(request: HttpRequest, venue: str) -> HttpResponse:
    """Seven days of a venue. Raises ``NotFound``."""
    found = find_venue(request.user, venue)
    context = describe_week(request, found)
    status = 200 if context["form"].is_valid() else 400
    return render(request, "classes/timetable.html", context, status=status)


def describe_week(request: HttpRequest, venue: Venue) -> dict[str, Any]:
    now = clock.now()
    today = now.astimezone(venue.zone).date()
    form = make_filters(request, venue)
    is_valid = form.is_valid()
    first = (form.cleaned_data.get("date") if is_valid else None) or today
    days = list_days(venue, first, request.user, now, form.wanted()) if is_valid else []
    chosen = {field.name: str(field.value()) for field in form.filters if field.value()}
    return {
        "venue": venue,
        "face": venue,
        "form": form,
        "days": days,
        "parts": _list_parts(days),
        "is_empty": all(day.is_empty for day in days),
        "first": first,
        "last": first + WEEK - timedelta(days=1),
        "today": today,
        "earlier": first - WEEK,
        "later": first + WEEK if first < today + MOST_AHEAD else None,
        "is_now": first == today,
        "is_narrowed": bool(chosen),
        "keep": f"&{urlencode(chosen)}" if chosen else "",
        "now": now,
        "feed": _feed_address(venue, chosen),
        "sells_passes": list_pass_kinds().filter(venue=venue).exists(),
    }


def make_filters(request: HttpRequest, venue: Venue) -> FilterForm:
    return FilterForm(
        request.GET,
        teachers=list(Facilitator.objects.listed().filter(venue=venue)),
        types=list(ClassType.objects.filter(venue=venue, is_active=True)),
        studios=list(Studio.objects.filter(venue=venue)),
    )


def _list_parts(days: list[Day]) -> list[DayPart]:
    """Columns: a part of the day at which nothing ever takes place has none."""
    return [part for part in DayPart if any(day.parts[part] for day in days)]


def _feed_address(venue: Venue, chosen: dict[str, str]) -> str:
    """With what a calendar can be narrowed by."""
    query = urlencode({name: value for name, value in chosen.items() if name in ("teacher", "type")})
    address = reverse("classes-calendar", args=[venue.slug])
    return f"{address}?{query}" if query else address
