"""Staff's part of the calendar: booking for somebody, or taking time for the venue."""

import re
from collections.abc import Sequence
from datetime import datetime, time
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from calendars.selection import listed
from common import clock
from common.errors import DomainError, Forbidden, InvalidInput, NotFound
from common.parsing import parse_date, parse_instant
from frontdesk.forms import NewForm, wall_clock, which_of
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.enums import Purpose, Source
from reservations.models import Reservation
from reservations.permissions import MANAGING, works_at
from reservations.services import block_time, book_reservation
from resources.catalog import bookable
from resources.models import Resource, Venue
from resources.selectors import named_resources, named_venue

MOST_LISTED = 1000
USUAL_START = time(9)
CALENDARS = re.compile(r"/calendar/(day|week|month|timeline)/")


def require_planner(request: HttpRequest, venue_id: int) -> None:
    """Raises ``NotFound`` for those who do not work at the venue, ``Forbidden`` for those who only look."""
    if not works_at(request.user, venue_id):
        raise NotFound
    if not works_at(request.user, venue_id, *MANAGING):
        raise Forbidden


def planner(request: HttpRequest) -> Actor:
    user = request.user if request.user.is_authenticated else None
    return Actor(user, Source.STAFF)


def way_back(request: HttpRequest, fallback: str) -> str:
    """Where one came from, if that is a calendar of this site."""
    came = urlsplit(request.headers.get("Referer", ""))
    here = f"{came.path}?{came.query}" if came.netloc == request.get_host() else ""
    asked = request.POST.get("next") or request.GET.get("next") or here
    is_safe = url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if is_safe and CALENDARS.match(asked) else fallback


def calendar_of(venue: Venue, at: datetime) -> str:
    day = at.astimezone(venue.zone).date().isoformat()
    return f"{reverse('calendar-timeline', args=[day])}?{urlencode({'venue': venue.slug})}"


def done(request: HttpRequest, message: str, address: str) -> HttpResponse:
    """Back to the calendar; a dialog on it is told instead and closes."""
    if request.headers.get("HX-Request"):
        return trigger_client_event(HttpResponse(status=204), "calendar:changed", {"message": message})
    messages.success(request, message)
    return redirect(address)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A booking for somebody, an event or a block."""
    venue, first = _asked_place(request)
    require_planner(request, venue.pk)
    resources = list(listed(venue, request.user)[:MOST_LISTED])
    if not resources:
        raise NotFound
    first = first or resources[0]
    usual = bookable(first).customer_rules.default_duration
    if request.method == "GET":
        initial = _asked(request, venue, first)
        form = NewForm(initial=initial, zone=venue.zone, resources=resources, usual=usual)
        return _show(request, venue, form)
    form = NewForm(request.POST, zone=venue.zone, resources=resources, usual=usual)
    if not form.is_valid():
        return _show(request, venue, form, status=400)
    try:
        made = _make(request, venue, form, resources)
    except DomainError as error:
        return _show(request, venue, form, problem=error, status=error.status)
    return done(request, _made(made), way_back(request, calendar_of(venue, made.starts_at)))


def _asked_place(request: HttpRequest) -> tuple[Venue, Resource | None]:
    """The venue and the resource that the address or the form names. Raises ``NotFound``."""
    given = request.POST if request.method == "POST" else request.GET
    if given.get("resource"):
        found = named_resources([given["resource"]], request.user, "resource")[0]
        return found.venue, found
    if given.get("venue"):
        return named_venue(given["venue"]), None
    venue = Venue.objects.staffed_by(request.user, *MANAGING).order_by("name", "pk").first()
    if venue is None:
        raise NotFound
    return venue, None


def _asked(request: HttpRequest, venue: Venue, resource: Resource) -> dict[str, Any]:
    """What the form is filled in with: the place and the time that were pointed at."""
    start, end = (_instant(request.GET.get(name, ""), venue) for name in ("start", "end"))
    shown = wall_clock(start, venue.zone) or f"{_day(request, venue)}T{USUAL_START:%H:%M}"
    which = which_of(start.astimezone(venue.zone)) if start else None
    return {
        "resource": resource.uuid,
        "start": shown,
        "end": wall_clock(end, venue.zone),
        "which": which,
    }


def _day(request: HttpRequest, venue: Venue) -> str:
    try:
        return parse_date(request.GET.get("date")).isoformat()
    except InvalidInput:
        return clock.now().astimezone(venue.zone).date().isoformat()


def _instant(text: str, venue: Venue) -> datetime | None:
    try:
        return parse_instant(text, zone=venue.zone_name)
    except InvalidInput:
        return None


def _make(request: HttpRequest, venue: Venue, form: NewForm, resources: Sequence[Resource]) -> Reservation:
    data = form.cleaned_data
    place = next(each for each in resources if str(each.uuid) == data["resource"])
    shared: dict[str, Any] = {
        "venue_id": venue.pk,
        "start": data["start"],
        "end": data["end"],
        "actor": planner(request),
        "requests": data["requests"],
    }
    if data["purpose"] != Purpose.BOOKING:
        purpose = Purpose(data["purpose"])
        return block_time(resource_ids=[place.pk], title=data["title"], purpose=purpose, **shared)
    customer = Customer(name=data["name"], email=data["email"], phone=str(data["phone"] or ""))
    items = [ItemRequest(place.pk)]
    party = data["party_size"] or 1
    return book_reservation(items=items, party_size=party, customer=customer, **shared)


def _made(made: Reservation) -> str:
    if made.purpose == Purpose.BOOKING:
        return _("Booked: %(code)s.") % {"code": made.code}
    return _("“%(title)s” is in the calendar.") % {"title": made.title}


def _show(
    request: HttpRequest, venue: Venue, form: NewForm, *, problem: Any = None, status: int = 200
) -> HttpResponse:
    back = way_back(request, calendar_of(venue, clock.now()))
    context = {"venue": venue, "form": form, "problem": problem, "back": back}
    return render(request, "frontdesk/new.html", context, status=status)
