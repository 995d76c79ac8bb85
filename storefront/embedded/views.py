"""A venue's pages in a frame of its own website: looking goes on there, booking in a window of ours."""

from datetime import date, timedelta
from typing import Any

from csp.decorators import csp_replace
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from common.errors import NotFound
from common.page_parts import PageQuery, embedded_pages, embedded_parts, place_parts, render_parts
from common.venues import directory
from reservations.availability import Wish, moment_now
from resources.lookups import by_id_or_slug
from resources.models import Resource, ResourceGroup, Venue
from search.engine import SearchQuery, today_in
from search.filters import Filters
from search.values import Criteria
from search.windows import Window
from storefront.find.views import make_results
from storefront.place.context import (
    Place,
    build_choices,
    is_never_booked,
    make_group_place,
    make_part_query,
    make_query,
    make_resource_place,
)
from storefront.place.day_view import find_first_shown_day, list_days
from storefront.place.forms import PlaceForm, form_values

DAYS, STAY_DAYS = 7, 28


@require_safe
def venue_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """What a venue offers."""
    venue = _find_venue(request, slug)
    moment = moment_now()
    window = Window(today_in(venue.zone_name, moment), DAYS)
    matches = SearchQuery(Filters(venue=venue), Criteria(), window).find(AnonymousUser(), moment)
    query = PageQuery([venue], window.first, window.last, in_frame=True)
    context = {
        "first": window.first,
        "days": DAYS,
        "page": make_results(matches, "", 1).page,
        "parts": render_parts(embedded_parts, request, query),
    }
    return _show(request, venue, "venue", context)


@require_safe
def place_page(request: HttpRequest, slug: str, place: str) -> HttpResponseBase:
    """The days and times of one place, by its id or its address in links; or a page of a product."""
    venue = _find_venue(request, slug)
    page = embedded_pages.get(place)
    if page is not None and directory().offers(venue.pk, page.product):
        content, status = page.render(request, venue)
        return _show(request, venue, "product", {"page": page, "content": content}, status=status)
    try:
        found = _find_place(venue, place)
    except (Http404, NotFound):  # the website that shows it may show this, too, in place of an empty frame
        return _show(request, venue, "missing", {}, status=404)
    form = _make_form(found, request.GET)
    if not form.is_valid():
        return _show(request, venue, "place", _describe(request, found, {}) | {"form": form}, status=400)
    return _show(request, venue, "place", _describe(request, found, form.cleaned_data))


def _find_venue(request: HttpRequest, slug: str) -> Venue:
    # In a frame of another site nobody is signed in: browsers keep our cookies from it. On the same site
    # neither, so that a page looks alike everywhere.
    request.user = AnonymousUser()
    venue = Venue.objects.active().filter(slug=slug).first()
    if venue is None:
        raise Http404
    return venue


def _find_place(venue: Venue, name: str) -> Place:
    """Raises ``NotFound`` for a group with nothing to book, ``Http404`` for what is not there."""
    named = by_id_or_slug(name)
    resource = Resource.objects.listed().select_related("venue").filter(named, venue=venue).first()
    if resource is not None:
        return make_resource_place(resource)
    groups = ResourceGroup.objects.filter(named, venue=venue, is_active=True, is_listed=True)
    group = groups.select_related("venue").first()
    if group is None:
        raise Http404
    return make_group_place(group)


def _make_form(place: Place, data: Any) -> PlaceForm:
    return PlaceForm(data, bookables=place.bookables, asked=place.bookable.customer_rules.default_duration)


def _describe(request: HttpRequest, place: Place, cleaned: dict[str, Any]) -> dict[str, Any]:
    on, wish = cleaned.get("date") or place.today, place.wish(request, cleaned)
    choices = build_choices(place, on, wish)
    return (
        choices
        | (_list_arrivals(place, on, wish) if choices["is_stay"] else {})
        | {
            "place": place,
            "is_never_booked": is_never_booked(place),
            "facts": place.bookable,
            "form": _make_form(place, form_values(on, wish)),
            "on": on,
            "query": make_query(on, wish),
            "keep": make_query(on, wish, without_date=True),
            "product_parts": render_parts(place_parts, request, make_part_query(place, in_frame=True)),
        }
    )


def _list_arrivals(place: Place, on: date, wish: Wish) -> dict[str, Any]:
    """Four weeks, each day with the price of arriving then."""
    first, weeks = find_first_shown_day(on, place.today, STAY_DAYS), timedelta(days=STAY_DAYS)
    return {
        "strip": list_days(place.bookables, wish, first, STAY_DAYS, moment_now(), priced=True),
        "earlier": first - weeks if first > place.today else None,
        "later": first + weeks,
    }


def _show(
    request: HttpRequest, venue: Venue, name: str, context: dict[str, Any], status: int = 200
) -> HttpResponseBase:
    """Framed by the websites that the venue lists; of others, and without any, browsers show nothing."""
    websites = venue.embedding_origins
    context |= {"face": venue, "venue": venue, "websites": " ".join(websites)}

    def show(request: HttpRequest) -> HttpResponse:
        return render(request, f"storefront/embedded/{name}.html", context, status=status)

    if not websites:
        return show(request)  # all pages forbid it
    return xframe_options_exempt(csp_replace({"frame-ancestors": websites})(show))(request)
