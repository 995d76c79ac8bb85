"""A new retreat: from one day to another, at several prices, paid at once or in parts."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classes import services
from classes.drafts import SessionDraft
from classes.enums import PlaceKind, SessionType
from classes.models import Facilitator
from classes.retreat_forms import RetreatPaper
from classes.views.teaching import choose_profile, describe_profile, leader
from common.errors import DomainError


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def retreat(request: HttpRequest) -> HttpResponse:
    profile, profiles = choose_profile(request)
    if profile is None:
        return redirect("teach")
    frame, more = describe_profile(profile, profiles), request.POST.get("more", "")
    paper = RetreatPaper(profile, request.POST.dict() if request.method == "POST" else None, more)
    if not paper.is_bound:
        return _show(request, frame, paper)
    if not paper.is_valid():
        return _show(request, frame, paper, status=400)
    try:
        draft = _read_draft(profile, paper)
        session = services.create_session(venue=profile.venue, draft=draft, actor=leader(request))
    except DomainError as error:
        paper.form.mark(error)
        return _show(request, frame, paper, status=error.status, problem=error)
    messages.success(request, _("%(title)s is on the timetable.") % {"title": session.title})
    return redirect("teach-session", session.pk)


def _read_draft(profile: Facilitator, paper: RetreatPaper) -> SessionDraft:
    """Raises ``InvalidInput``."""
    form, data = paper.form, paper.form.cleaned_data
    place = data["place"]
    where = {"place": form.places[place]} if place in form.places else {"place_kind": PlaceKind(place)}
    return SessionDraft(
        facilitator=profile,
        starts_at=form.read_start(),
        ends_at=form.read_end(),
        title=data["title"],
        description=data["description"],
        session_type=SessionType.RETREAT,
        capacity=data["capacity"],
        price=data["price"] or Decimal(0),
        class_type=form.class_type_row,
        policy=form.policy_row,
        tiers=paper.read_tiers(),
        plan=paper.read_plan(),
        **where,
    )


def _show(
    request: HttpRequest, frame: dict[str, Any], paper: RetreatPaper, *, status: int = 200, **more: Any
) -> HttpResponse:
    rows: dict[str, Any] = {
        str(row.prefix): row for row in (*paper.tiers, *paper.terms)
    }  # for the list of what is wrong
    context = {**frame, **rows, "paper": paper, "form": paper.form, "problem": more.get("problem")}
    return render(request, "classes/teach/retreat.html", context, status=status)
