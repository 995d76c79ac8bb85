import re
from collections.abc import Iterable, Sequence
from datetime import datetime, time
from typing import Any
from urllib.parse import urlencode

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

from calendars.selection import resources_in_calendar
from common import clock
from common.errors import DomainError, Forbidden, InvalidInput, NotFound, UnknownAction
from common.parsing import parse_date, parse_instant, split_address
from common.transactions import retried_atomic
from common.venues import MANAGING
from frontdesk.forms import StaffBookingForm, fold_of, wall_clock
from frontdesk.planning import list_bookings_in_the_way, move_out_of_the_way
from frontdesk.stranded import settle_stranded_bookings
from reservations.domain.freeing import announcing_freed
from reservations.domain.history import lock_reservations
from reservations.domain.values import Actor, Customer, ItemRequest, Reply, all_units_of
from reservations.enums import Consent, Purpose, Source
from reservations.exceptions import SlotTaken
from reservations.models import Reservation
from reservations.services import block_time, book_reservation
from resources.catalog import bookable
from resources.models import Resource, Venue
from resources.permissions import works_at
from resources.selectors import named_resources, named_venue
from resources.stranding import fingerprint

MOST_LISTED = 1000
MOST_NAMED = 20
USUAL_START = time(9)
CALENDARS = re.compile(r"/calendar/(day|week|month|timeline)/")


def require_planner(request: HttpRequest, venue_id: int) -> None:
    """Raises ``NotFound`` outside one's venues, ``Forbidden`` for those who only look."""
    if not works_at(request.user, venue_id):
        raise NotFound
    if not works_at(request.user, venue_id, *MANAGING):
        raise Forbidden


def staff_actor(request: HttpRequest) -> Actor:
    user = request.user if request.user.is_authenticated else None
    return Actor(user, Source.STAFF)


def find_way_back(request: HttpRequest, fallback: str) -> str:
    """Where the user came from, if that is a calendar of this site."""
    referrer = split_address(request.headers.get("Referer", ""))
    referring_path = f"{referrer.path}?{referrer.query}" if referrer.netloc == request.get_host() else ""
    target = request.POST.get("next") or request.GET.get("next") or referring_path
    # Only addresses of this site: a link from elsewhere must not lead staff away.
    is_safe = url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if is_safe and CALENDARS.match(target) else fallback


def calendar_of(venue: Venue, at: datetime) -> str:
    day = at.astimezone(venue.zone).date().isoformat()
    return f"{reverse('calendar-timeline', args=[day])}?{urlencode({'venue': venue.slug})}"


def answer_done(request: HttpRequest, message: str, address: str) -> HttpResponse:
    """Return to the calendar; a dialog on it gets an event instead and closes."""
    if request.headers.get("HX-Request"):
        return trigger_client_event(HttpResponse(status=204), "calendar:changed", {"message": message})
    messages.success(request, message)
    return redirect(address)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    venue, first_resource = _read_place(request)
    require_planner(request, venue.pk)
    resources = list(resources_in_calendar(venue, request.user)[:MOST_LISTED])
    if not resources:
        raise NotFound
    first_resource = first_resource or resources[0]
    usual = bookable(first_resource).customer_rules.default_duration
    if request.method != "POST":
        initial = _initial_values(request, venue, first_resource)
        form = StaffBookingForm(initial=initial, zone=venue.zone, resources=resources, usual=usual)
        return _show(request, venue, form)
    form = StaffBookingForm(request.POST, zone=venue.zone, resources=resources, usual=usual)
    if not form.is_valid():
        return _show(request, venue, form, status=400)
    try:
        reservation = _book_or_block(request, venue, form, resources)
    except DomainError as error:
        return _show(request, venue, form, problem=error, status=error.status)
    return answer_done(
        request,
        _success_message(reservation),
        find_way_back(request, calendar_of(venue, reservation.starts_at)),
    )


def _read_place(request: HttpRequest) -> tuple[Venue, Resource | None]:
    data = request.POST if request.method == "POST" else request.GET
    if data.get("resource"):
        resource = named_resources([data["resource"]], request.user, "resource")[0]
        return resource.venue, resource
    if data.get("venue"):
        return named_venue(data["venue"]), None
    venue = Venue.objects.staffed_by(request.user, *MANAGING).order_by("name", "pk").first()
    if venue is None:
        raise NotFound
    return venue, None


def _initial_values(request: HttpRequest, venue: Venue, resource: Resource) -> dict[str, Any]:
    start, end = (_read_instant(request.GET.get(name, ""), venue) for name in ("start", "end"))
    start_text = wall_clock(start, venue.zone) or f"{_read_day(request, venue)}T{USUAL_START:%H:%M}"
    which = fold_of(start.astimezone(venue.zone)) if start else None
    return {
        "resource": resource.uuid,
        "start": start_text,
        "end": wall_clock(end, venue.zone),
        "which": which,
    }


def _read_day(request: HttpRequest, venue: Venue) -> str:
    try:
        return parse_date(request.GET.get("date")).isoformat()
    except InvalidInput:
        return clock.now().astimezone(venue.zone).date().isoformat()


def _read_instant(text: str, venue: Venue) -> datetime | None:
    try:
        return parse_instant(text, zone=venue.zone_name)
    except InvalidInput:
        return None


def _book_or_block(
    request: HttpRequest, venue: Venue, form: StaffBookingForm, resources: Sequence[Resource]
) -> Reservation:
    data = form.cleaned_data
    place = next(resource for resource in resources if str(resource.uuid) == data["resource"])
    shared: dict[str, Any] = {
        "venue_id": venue.pk,
        "start": data["start"],
        "end": data["end"],
        "actor": staff_actor(request),
        "requests": data["requests"],
    }
    if data["purpose"] != Purpose.BOOKING:
        block = {"title": data["title"], "purpose": Purpose(data["purpose"]), **shared}
        try:
            return _make_way_and_block(request, place, block)
        except SlotTaken as error:
            bookings = list(list_bookings_in_the_way(venue.pk, place.pk, data["start"], data["end"]))
            error.extra = error.extra | {
                "could_make_way": bookings[:MOST_NAMED],
                "more": len(bookings[MOST_NAMED:]),
                "way_shown": _fingerprint(bookings),
            }
            raise
    customer = Customer(name=data["name"], email=data["email"], phone=str(data["phone"] or ""))
    items = [ItemRequest(place.pk)]
    party = data["party_size"] or 1
    reply = Reply(texts_agreed=Consent.PHONE if data.get("texts_agreed") else "")
    return book_reservation(items=items, party_size=party, customer=customer, reply=reply, **shared)


@retried_atomic
@announcing_freed()
def _make_way_and_block(request: HttpRequest, place: Resource, block: dict[str, Any]) -> Reservation:
    """All or nothing: nobody is moved or cancelled for a block that is refused."""
    _make_way(request, place, block["start"], block["end"])
    return block_time(items=all_units_of([place.pk]), **block)


def _make_way(request: HttpRequest, place: Resource, start: datetime, end: datetime) -> None:
    """As staff have answered to the bookings in the way: move or cancel them; what cannot be stays there."""
    answer = request.POST.get("in_the_way", "")
    if answer not in ("", "move", "cancel"):
        raise UnknownAction
    if not answer:
        return
    bookings = list_bookings_in_the_way(place.venue_id, place.pk, start, end)
    # Locked together before any time is freed: the order of every change.
    locked = lock_reservations(bookings.values_list("pk", flat=True))
    if request.POST.get("way_shown") != _fingerprint(locked):
        raise SlotTaken(_("These bookings have changed in the meantime. Check them and try again."))
    if answer == "move":
        move_out_of_the_way(
            venue_id=place.venue_id, resource_id=place.pk, start=start, end=end, actor=staff_actor(request)
        )
    else:
        ids = [str(booking.pk) for booking in locked]
        settle_stranded_bookings(ids, answer, request.user, request.POST.get("title", ""))


def _fingerprint(bookings: Iterable[Reservation]) -> str:
    return fingerprint(f"{booking.pk} {booking.starts_at} {booking.ends_at}" for booking in bookings)


def _success_message(reservation: Reservation) -> str:
    if reservation.purpose == Purpose.BOOKING:
        booked = _("Booked: %(code)s.") % {"code": reservation.code}
        if not reservation.customer_email:
            booked += " " + _("No email address, so no confirmation is sent.")
        return booked
    return _("“%(title)s” is in the calendar.") % {"title": reservation.title}


def _show(
    request: HttpRequest, venue: Venue, form: StaffBookingForm, *, problem: Any = None, status: int = 200
) -> HttpResponse:
    came_from = find_way_back(request, "")
    back = came_from or calendar_of(venue, clock.now())
    context = {"venue": venue, "form": form, "problem": problem, "came_from": came_from, "back": back}
    return render(request, "frontdesk/new.html", context, status=status)
