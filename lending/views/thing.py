from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from common import clock
from common.errors import DomainError
from common.kept_answers import show_at
from common.page_limits import counts_as
from lending.enums import Status
from lending.exceptions import AlreadyRequested
from lending.forms import AskForm, DatesForm, list_near, read_dates, usual_dates
from lending.models import Loan
from lending.places import (
    MOST_SHOWN,
    Place,
    find_place,
    foresee,
    list_accessories,
    list_holders,
    list_waiting,
    request_once,
)
from lending.rows import make_rows
from lending.selectors import find_positions
from lending.words import time_text


@require_safe
def thing(request: HttpRequest, venue: str, thing: str) -> HttpResponse:
    """Other dates that were offered are filled in."""
    return _show(request, find_place(request.user, venue, thing), dates=read_dates(request.GET))


@counts_as("hold")
@require_POST
def request(request: HttpRequest, venue: str, thing: str) -> HttpResponse:
    """Take it, or join its queue: whatever is possible when the form arrives."""
    place = find_place(request.user, venue, thing)
    form = AskForm(request.POST, terms=place.widest_terms, units=place.units)
    return _ask(request, place, form, ("units", "period", "purpose"))


@counts_as("hold")
@require_POST
def request_dates(request: HttpRequest, venue: str, thing: str) -> HttpResponse:
    place = find_place(request.user, venue, thing)
    form = DatesForm(request.POST, terms=place.widest_terms, units=place.units, zone=place.venue.zone)
    return _ask(request, place, form, ("units", "purpose"))


def _ask(request: HttpRequest, place: Place, form: AskForm, fields: tuple[str, ...]) -> HttpResponse:
    user = request.user
    if not isinstance(user, User):
        return redirect_to_login(place.path)
    if not form.is_valid():
        return _show(request, place, status=400, form=form)
    data = form.cleaned_data
    wish = {field: data[field] for field in fields}
    if "start" in data:
        wish |= {"wanted_from": data["start"], "wanted_until": data["end"]}
    try:
        loan = request_once(place, user, form.make_key(place.row.uuid), clock.now(), **wish)
    except DomainError as error:
        if isinstance(error, AlreadyRequested) and "start" not in data:
            messages.info(request, str(error))
            return redirect(place.path)
        form.mark(error)
        return _show(request, place, status=error.status, problem=error, form=form)
    messages.success(request, _say(loan))
    return redirect("lend-loan", loan.uuid)


def _say(loan: Loan) -> str:
    zone = loan.venue.zone
    if loan.status == Status.OUT and loan.due_at:
        return _("It's yours until %(time)s.") % {"time": time_text(loan.due_at, zone)}
    if loan.status == Status.OUT:
        return _("It's yours. Return it here when you're done.")
    if loan.is_dated and loan.status == Status.APPROVED:
        return _("It's booked for you.")
    if loan.status == Status.APPROVED and loan.valid_until:
        return _("It's ready. Pick it up by %(time)s.") % {"time": time_text(loan.valid_until, zone)}
    if loan.is_dated or loan.next_at:
        return _("Requested. We'll tell you as soon as staff have decided.")
    if loan.status == Status.REQUESTED:
        return _("You're in the queue. We'll tell you as soon as it's your turn.")
    return _("This request is over.")


def _show(
    request: HttpRequest,
    place: Place,
    *,
    status: int = 200,
    problem: DomainError | None = None,
    form: AskForm | None = None,
    dates: Mapping[str, str] | None = None,
) -> HttpResponse:
    now, terms, zone = clock.now(), place.widest_terms, place.venue.zone
    prospect = foresee(place, request.user, now)
    key = str(uuid4())
    waiting = list_waiting(place, now)
    shown = waiting[:MOST_SHOWN]
    is_dated = isinstance(form, DatesForm)
    usual = {"key": key, **usual_dates(now, zone, terms), **(dates or {})}
    context: dict[str, Any] = {
        "place": place,
        "face": place.venue,
        "resource": None if place.is_group else place.row,
        "prospect": prospect,
        "problem": problem,
        "ask_form": form
        if form and not is_dated
        else AskForm(initial={"key": key}, terms=terms, units=place.units),
        "dates_form": form
        if is_dated
        else DatesForm(initial=usual, terms=terms, units=place.units, zone=zone),
        "dates_open": is_dated or bool(dates),
        "near_forms": list_near(place.path, form, problem),
        "more_open": form is not None and not is_dated,
        "own": make_rows(prospect.own, request.user, now),
        "waiting": shown,
        "positions": find_positions(shown, now),
        "waiting_more": max(len(waiting) - MOST_SHOWN, 0),
        "holders": list_holders(place.things),
        "accessories": list_accessories(place),
        "parts": place.parts,
        "zone": zone,
        "now": now,
    }
    response = render(request, "lending/thing.html", context, status=status)
    return show_at(response, place.path)
