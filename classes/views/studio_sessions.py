"""A session as staff see it, and putting up new ones."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classes import services
from classes.exceptions import SessionNotFound
from classes.models import ClassType, Facilitator, Instalment, SeatBooking, Session
from classes.owed import read_owed
from classes.own_rows import choose_for
from classes.selectors import list_free_colleagues, roster_of, sessions_in_detail, waiting_for
from classes.selling import Selling, read_selling
from classes.studio_forms import NewSessionForm, amount_text
from classes.studio_week import make_studio_rows
from classes.views.studio import (
    find_studio,
    list_places,
    list_teachers,
    shared_context,
    staff_actor,
    tell_obstacles,
)
from classes.visiting import is_key
from common import clock
from common.errors import DomainError, NotFound, UnknownAction
from common.numbers import read_key
from common.parsing import parse_date, parse_uuid
from common.templatetags.holdfast import money
from resources.models import Venue
from waitlist.models import WaitlistEntry
from waitlist.services import customer_of, offer_freed_capacity, put_first

MOST_SHOWN = 500


def find_session(venue: Venue, session_id: int) -> Session:
    """Raises ``SessionNotFound``."""
    rows = sessions_in_detail().filter(venue=venue, pk=session_id)
    session = rows.first() if is_key(session_id) else None
    if session is None:
        raise SessionNotFound
    return session


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def session(request: HttpRequest, venue_slug: str, session_id: int) -> HttpResponse:
    venue = find_studio(request, venue_slug)
    found = find_session(venue, session_id)
    if request.method != "POST":
        return _show(request, found)
    action, _colon, about = request.POST.get("action", "").partition(":")
    try:
        if action not in ACTS:
            raise UnknownAction
        if text := ACTS[action](request, found, about):
            messages.success(request, text)
    except DomainError as error:
        return _show(request, find_session(venue, session_id), error)
    return redirect("studio-session", venue.slug, session_id)


def _show(request: HttpRequest, found: Session, problem: DomainError | None = None) -> HttpResponse:
    now = clock.now()
    [row] = make_studio_rows([found], now)
    seats = list(roster_of(found)[:MOST_SHOWN])
    waiting = list(waiting_for(found).select_related("customer")[:MOST_SHOWN])
    selling = read_selling([found]).get(found.pk, Selling())
    context = {
        **shared_context(request, found.venue),
        "row": row,
        "session": found,
        "seats": seats,
        "owed": read_owed(seats, found.venue, now),
        "waiting": [(entry, selling.find_cheapest(entry.party_size)) for entry in waiting],
        "prices": [tier for tier in selling.tiers if tier.is_on_sale],
        "colleagues": list_free_colleagues(found) if row.can_move else [],
        "problem": problem,
        "obstacles": tell_obstacles(problem),
        "live": f"venue={found.venue.slug}",
    }
    return render(request, "classes/studio/session.html", context, status=problem.status if problem else 200)


# --- What can be done on the page -----------------------------------------------------------------


def _publish(request: HttpRequest, found: Session, about: str) -> str:
    changes = services.SessionChanges(published_at=clock.now())
    services.change_session(session_id=found.pk, changes=changes, actor=staff_actor(request))
    return _("It's on the timetable now.")


def _ask(request: HttpRequest, found: Session, about: str) -> str:
    note = request.POST.get("note", "")
    _found, asked = services.ask_for_substitute(session_id=found.pk, actor=staff_actor(request), note=note)
    names = ", ".join(each.name for each in asked)
    return _("Asked: %s") % names if asked else _("Nobody else is free then. The request stays open.")


def _stop_asking(request: HttpRequest, found: Session, about: str) -> str:
    services.stop_asking(session_id=found.pk)
    return _("Nobody is asked any more.")


def _substitute(request: HttpRequest, found: Session, about: str) -> str:
    key = read_key(request.POST.get("facilitator", ""))
    person = Facilitator.objects.filter(venue=found.venue_id, pk=key or 0).first()
    if person is None:
        raise NotFound(_("Choose a teacher."))
    services.substitute(session_id=found.pk, facilitator=person, actor=staff_actor(request))
    return _("%s teaches it now. Everyone booked is told.") % person.name


def _cancel(request: HttpRequest, found: Session, about: str) -> str:
    seat = SeatBooking.objects.active().filter(session=found, pk=read_key(about) or 0).first()
    if seat is None:
        raise NotFound(_("We couldn't find that booking. Maybe it is cancelled already."))
    reservation, _terms = services.cancel_booking(booking_id=seat.pk, actor=staff_actor(request))
    return _("Booking cancelled: %s") % reservation.customer_name


def _record_instalment(request: HttpRequest, found: Session, about: str) -> str:
    rows = Instalment.objects.select_related("booking__reservation").filter(booking__session=found)
    part = rows.filter(pk=read_key(about) or 0).first()
    if part is None:
        raise NotFound(_("We couldn't find that instalment. Maybe the booking has changed."))
    paid = services.record_instalment(instalment_id=part.pk, actor=staff_actor(request))
    return _("Payment recorded: %s") % money(paid.amount, part.booking.reservation.currency)


def _find_entry(found: Session, about: str) -> WaitlistEntry:
    entry = waiting_for(found).filter(pk=parse_uuid(about)).first()
    if entry is None:
        raise NotFound(_("They aren't waiting any more."))
    return entry


def _put_first(request: HttpRequest, found: Session, about: str) -> str:
    entry = _find_entry(found, about)
    put_first(entry=entry, actor=staff_actor(request))
    return _("First in line: %s") % entry.customer_name


def _offer(request: HttpRequest, found: Session, about: str) -> str:
    """To whoever is first; nobody is passed over."""
    offers = offer_freed_capacity(venue_id=found.venue_id)
    ids = set(waiting_for(found).values_list("pk", flat=True))
    made = [offer for offer in offers if offer.entry_id in ids]
    if not made:
        return _("Nobody could be offered a seat: none is free, or the waitlist has closed.")
    return ngettext(
        "%d person has been offered a seat.", "%d people have been offered a seat.", len(made)
    ) % len(made)


def _seat(request: HttpRequest, found: Session, about: str) -> str:
    """The seat is theirs without being asked, paid by a pass that covers it; they wait no longer.

    Unless it is said, at the cheapest price.
    """
    entry = _find_entry(found, about)
    usual = choose_for(found, entry.customer, entry.party_size)
    tier_id = read_key(request.POST.get(f"tier-{entry.pk}", "")) or usual.tier_id
    services.book_seat(
        session_id=found.pk,
        customer=customer_of(entry),
        actor=staff_actor(request),
        quantity=entry.party_size,
        choice=replace(usual, tier_id=tier_id),
    )
    return _("Booked: %s") % entry.customer_name


Act = Callable[[HttpRequest, Session, str], str]
ACTS: dict[str, Act] = {
    "publish": _publish,
    "ask": _ask,
    "stop-asking": _stop_asking,
    "substitute": _substitute,
    "cancel": _cancel,
    "instalment": _record_instalment,
    "first": _put_first,
    "offer": _offer,
    "seat": _seat,
}


# --- New sessions ---------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, venue_slug: str) -> HttpResponse:
    """One, or one a week: those are shown first, with what stands in the way of each."""
    venue = find_studio(request, venue_slug)
    if request.method != "POST":
        return _show_new(request, venue, _make_form(request, venue))
    form = _make_form(request, venue, request.POST)
    if not form.is_valid():
        return _show_new(request, venue, form, status=400)
    try:
        return _put_up(request, venue, form)
    except DomainError as error:
        form.mark(error)
        return _show_new(request, venue, form, problem=error, status=error.status)


def _put_up(request: HttpRequest, venue: Venue, form: NewSessionForm) -> HttpResponse:
    draft, actor, weeks = form.make_draft(), staff_actor(request), form.cleaned_data["weeks"]
    if weeks == 1:
        made = services.create_session(venue=venue, draft=draft, actor=actor)
        messages.success(request, _("It's planned: %s") % made.title)
        return redirect("studio-session", venue.slug, made.pk)
    rule = f"FREQ=WEEKLY;COUNT={weeks}"
    if request.POST.get("action") != "save":
        series = services.create_series(venue=venue, draft=draft, rule=rule, actor=actor, dry_run=True)
        return _show_new(request, venue, form, dates=series.occurrences)
    skip = [parse_date(text) for text in request.POST.getlist("skip")[:weeks]]
    series = services.create_series(venue=venue, draft=draft, rule=rule, skip=skip, actor=actor)
    count = len(series.sessions)
    messages.success(request, ngettext("%d session is planned.", "%d sessions are planned.", count) % count)
    return redirect("studio-session", venue.slug, series.sessions[0].pk)


def _make_form(request: HttpRequest, venue: Venue, data: QueryDict | None = None) -> NewSessionForm:
    types = list(ClassType.objects.filter(venue=venue, is_active=True))
    initial: dict[str, Any] = {
        name: request.GET[name]
        for name in ("date", "time", "facilitator", "place", "class_type")
        if request.GET.get(name)
    }
    chosen = next((each for each in types if str(each.pk) == initial.get("class_type")), None)
    if chosen:
        initial |= {"minutes": chosen.duration, "capacity": chosen.capacity, "title": chosen.title}
        initial["price"] = amount_text(chosen.price)
    return NewSessionForm(
        data,
        initial=initial,
        venue=venue,
        people=list(list_teachers(venue)),
        studios=list(list_places(venue)),
        types=types,
    )


def _show_new(
    request: HttpRequest, venue: Venue, form: NewSessionForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    dates = more.get("dates", ())
    context = {
        **shared_context(request, venue),
        "form": form,
        "dates": dates,
        "free": [each for each in dates if each.is_free],
        "taken": [each for each in dates if not each.is_free],
        "problem": more.get("problem"),
        "obstacles": tell_obstacles(more.get("problem"), form),
        "sent": request.POST.lists() if dates else (),
    }
    return render(request, "classes/studio/new.html", context, status=status)
