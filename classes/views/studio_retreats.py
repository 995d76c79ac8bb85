"""Retreats that staff put up for any of the venue's facilitators, and the prices of those there are."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classes import services
from classes.price_forms import PricesPaper
from classes.retreat_forms import RetreatPaper
from classes.teaching_forms import places_at
from classes.views.retreats import SAVED, describe_rows, save_prices
from classes.views.studio import find_studio, list_teachers, shared_context, staff_actor, tell_obstacles
from classes.views.studio_sessions import find_session
from common.errors import DomainError
from resources.models import Venue

PAGE = ("GET", "HEAD", "POST")


@never_cache
@login_required
@require_http_methods(PAGE)
def retreat(request: HttpRequest, venue_slug: str) -> HttpResponse:
    venue = find_studio(request, venue_slug)
    paper = _make_paper(request, venue)
    if not paper.is_bound:
        return _show(request, venue, paper)
    if not paper.is_valid():
        return _show(request, venue, paper, status=400)
    try:
        made = services.create_session(venue=venue, draft=paper.read_draft(), actor=staff_actor(request))
    except DomainError as error:
        paper.form.mark(error)
        return _show(request, venue, paper, status=error.status, problem=error)
    messages.success(request, _("It's planned: %s") % made.title)
    return redirect("studio-session", venue.slug, made.pk)


def _make_paper(request: HttpRequest, venue: Venue) -> RetreatPaper:
    data = request.POST.dict() if request.method == "POST" else None
    usual = {"day": request.GET.get("date", "")}
    return RetreatPaper(
        venue,
        data,
        request.POST.get("more", ""),
        places=places_at(venue.pk),
        people=list(list_teachers(venue)),
        usual=usual,
    )


def _show(
    request: HttpRequest,
    venue: Venue,
    paper: RetreatPaper,
    *,
    status: int = 200,
    problem: DomainError | None = None,
) -> HttpResponse:
    context = {
        **shared_context(request, venue),
        **describe_rows(paper),
        "form": paper.form,
        "problem": problem,
        "obstacles": tell_obstacles(problem),
    }
    return render(request, "classes/studio/retreat.html", context, status=status)


@never_cache
@login_required
@require_http_methods(PAGE)
def prices(request: HttpRequest, venue_slug: str, session_id: int) -> HttpResponse:
    venue = find_studio(request, venue_slug)
    session = find_session(venue, session_id)
    data = request.POST.dict() if request.method == "POST" else None
    paper = PricesPaper(session, data, request.POST.get("more", ""))
    problem, status = save_prices(request, paper, staff_actor(request))
    if status == SAVED:
        return redirect("studio-session", venue.slug, session.pk)
    context = {
        **shared_context(request, venue),
        **describe_rows(paper),
        "session": session,
        "back": reverse("studio-session", args=[venue.slug, session.pk]),
        "problem": problem,
        "obstacles": tell_obstacles(problem),
    }
    return render(request, "classes/studio/prices.html", context, status=status)
