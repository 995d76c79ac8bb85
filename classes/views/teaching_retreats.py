"""A facilitator's new retreat, from one day to another, and the prices of one that is put up."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classes import services
from classes.price_forms import PricesPaper
from classes.retreat_forms import RetreatPaper
from classes.teaching import find_managed_session
from classes.teaching_forms import places_of
from classes.views.retreats import SAVED, describe_rows, save_prices
from classes.views.teaching import choose_profile, describe_profile, leader
from classes.views.teaching_roster import path_of
from common.errors import DomainError

PAGE = ("GET", "HEAD", "POST")


@never_cache
@login_required
@require_http_methods(PAGE)
def retreat(request: HttpRequest) -> HttpResponse:
    profile, profiles = choose_profile(request)
    if profile is None:
        return redirect("teach")
    frame, more = describe_profile(profile, profiles), request.POST.get("more", "")
    data = request.POST.dict() if request.method == "POST" else None
    usual = {"place": str(profile.default_place_id or "")}
    paper = RetreatPaper(profile.venue, data, more, places=places_of(profile), usual=usual)
    if not paper.is_bound:
        return _show(request, frame, paper)
    if not paper.is_valid():
        return _show(request, frame, paper, status=400)
    try:
        draft = paper.read_draft(profile)
        session = services.create_session(venue=profile.venue, draft=draft, actor=leader(request))
    except DomainError as error:
        paper.form.mark(error)
        return _show(request, frame, paper, status=error.status, problem=error)
    messages.success(request, _("%(title)s is on the timetable.") % {"title": session.title})
    return redirect("teach-session", session.pk)


def _show(
    request: HttpRequest, frame: dict[str, Any], paper: RetreatPaper, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {**frame, **describe_rows(paper), "form": paper.form, "problem": more.get("problem")}
    return render(request, "classes/teach/retreat.html", context, status=status)


@never_cache
@login_required
@require_http_methods(PAGE)
def prices(request: HttpRequest, session_id: int) -> HttpResponse:
    session = find_managed_session(request.user, session_id)
    data = request.POST.dict() if request.method == "POST" else None
    paper = PricesPaper(session, data, request.POST.get("more", ""))
    problem, status = save_prices(request, paper, leader(request))
    if status == SAVED:
        return redirect(path_of(session))
    context = {
        **describe_rows(paper),
        "session": session,
        "venue": session.venue,
        "face": session.venue,
        "zone": session.venue.zone_name,
        "back": path_of(session),
        "problem": problem,
    }
    return render(request, "classes/teach/prices.html", context, status=status)
