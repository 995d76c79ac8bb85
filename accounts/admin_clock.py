"""Whose clock a page of the admin shows: the venue's it is about, else the one all of one's venues share.

Without such a clock it is the site's. The page says which; a row of a venue in another zone names its own.
"""

from collections.abc import Callable
from datetime import datetime, tzinfo
from functools import wraps
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.html import format_html

from common.numbers import read_key
from common.templatetags.holdfast import moment
from common.venues import directory

View = Callable[..., HttpResponseBase]


def on_the_venues_clock(view: View) -> View:
    """Views of the admin in the zone of the page, until the answer is written."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with timezone.override(choose_zone(request)):
            response = view(request, *args, **kwargs)
            # Pages are written later, outside of this view, where the clock would be UTC again.
            if hasattr(response, "render") and not response.is_rendered:  # type: ignore[attr-defined]
                response.render()
            return response

    return wrapped


def choose_zone(request: HttpRequest) -> tzinfo:
    """Of the venue the list is narrowed down to, else of all of one's venues, else the site's."""
    venues, venue_id = own_venues(request), shown_venue_id(request)
    if venue_id:
        return venues[venue_id].zone
    shared = {venue.zone for venue in venues.values()}
    return shared.pop() if len(shared) == 1 else timezone.get_default_timezone()


class OwnVenue(NamedTuple):
    zone: ZoneInfo
    country: str


def own_venues(request: HttpRequest) -> dict[int, OwnVenue]:
    """The venues one works at; read once per request."""
    if not hasattr(request, "_own_venues"):
        rows = directory().staffed_by(request.user).order_by().values_list("pk", "time_zone", "country")
        venues = {pk: OwnVenue(ZoneInfo(str(zone)), country) for pk, zone, country in rows}
        request._own_venues = venues  # type: ignore[attr-defined]
    return request._own_venues  # type: ignore[attr-defined, no-any-return]


def zone_of(request: HttpRequest, venue_id: int | None) -> ZoneInfo | None:
    venue = own_venues(request).get(venue_id) if venue_id else None
    return venue.zone if venue else None


def show_venue(request: HttpRequest, venue_id: int | None) -> None:
    """From here on this page is about this venue, and shows its times."""
    if venue_id in (venues := own_venues(request)):
        request._shown_venue_id = venue_id  # type: ignore[attr-defined]
        timezone.activate(venues[venue_id].zone)


def shown_venue_id(request: HttpRequest) -> int | None:
    """The venue chosen in the form, else that of the row, else that of the list's filter."""
    for text in (request.POST.get("venue", ""), request.GET.get("venue", "")):
        if (venue_id := read_key(text)) in own_venues(request):
            return venue_id
    shown: int | None = getattr(request, "_shown_venue_id", None)
    return shown


def shown_country(request: HttpRequest) -> str:
    """Whose phone numbers need no country code; empty where venues of several countries could be meant."""
    venues, venue_id = own_venues(request), shown_venue_id(request)
    if venue_id:
        return venues[venue_id].country
    countries = {venue.country for venue in venues.values()}
    return countries.pop() if len(countries) == 1 else ""


def venue_moment(value: datetime | None, zone: tzinfo | None) -> str:
    """In ``zone``, which is named where the page says another one."""
    if value is None:
        return "–"
    local = value.astimezone(zone or timezone.get_current_timezone())
    return format_html('<span class="moment">{}</span>', f"{moment(local)}{other_zone(local)}")


def other_zone(local: datetime) -> str:
    """`` EST`` behind a time on another clock than the page's, else nothing."""
    is_pages = str(local.tzinfo) == str(timezone.get_current_timezone())
    return "" if is_pages else f" {local:%Z}"
