"""New sessions: one, the same every week, or those of another week once more."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classes import services
from classes.clashes import Asked, name_clashes
from classes.drafts import SessionDraft
from classes.enums import PlaceKind
from classes.models import ClassType, Facilitator
from classes.teaching_forms import USUAL_MINUTES, CopyingForm, NewSessionForm, monday_of, places_of
from classes.views.teaching import choose_profile, describe_profile, leader
from common import clock
from common.errors import DomainError, InvalidInput
from common.parsing import parse_date, refuse
from reservations.domain.values import Actor
from reservations.exceptions import SlotTaken

PAGE = ("GET", "HEAD", "POST")
A_WEEK = timedelta(days=7)
USUAL = ("title", "description", "capacity", "price")


@never_cache
@login_required
@require_http_methods(PAGE)
def new(request: HttpRequest) -> HttpResponse:
    profile, profiles = choose_profile(request)
    if profile is None:
        return redirect("teach")
    form = _make_form(profile, request.POST if request.method == "POST" else None)
    frame = describe_profile(profile, profiles)
    if request.method != "POST":
        return _show(request, frame, form)
    if not form.is_valid():
        return _show(request, frame, form, status=400)
    try:
        return _put_up(request, profile, frame, form)
    except DomainError as error:
        form.mark(error)
        return _show(request, frame, form, status=error.status, problem=error)


def _make_form(profile: Facilitator, data: Any) -> NewSessionForm:
    venue = profile.venue
    tomorrow = clock.now().astimezone(venue.zone).date() + timedelta(days=1)
    place = str(profile.default_place_id or "")
    return NewSessionForm(
        data,
        initial={"day": tomorrow, "weeks": 1, "place": place},
        venue=venue,
        places=places_of(profile),
        types=list(ClassType.objects.filter(venue=venue, is_active=True)),
    )


def _put_up(
    request: HttpRequest, profile: Facilitator, frame: dict[str, Any], form: NewSessionForm
) -> HttpResponse:
    """Several dates are shown first. Raises what the services raise."""
    draft, weeks, actor = _read_draft(profile, form), form.cleaned_data["weeks"], leader(request)
    if weeks == 1:
        try:
            session = services.create_session(venue=profile.venue, draft=draft, actor=actor)
        except SlotTaken as error:
            return _show(request, frame, form, status=error.status, problem=error, clash=_name(draft, actor))
        messages.success(request, _("%(title)s is on the timetable.") % {"title": session.title})
        return redirect("teach-session", session.pk)
    series: dict[str, Any] = {"venue": profile.venue, "draft": draft, "actor": actor}
    series["rule"] = f"FREQ=WEEKLY;COUNT={weeks}"
    skipped = [on for on in map(_read_day, request.POST.getlist("skip")) if on]
    if "confirmed" in request.POST:
        try:
            made = services.create_series(**series, skip=skipped)
        except DomainError as error:
            planned = services.create_series(**series, dry_run=True)
            return _show(request, frame, form, status=error.status, problem=error, planned=planned)
        return _tell_made(request, len(made.sessions))
    planned = services.create_series(**series, dry_run=True)
    return _show(request, frame, form, planned=planned)


def _name(draft: SessionDraft, actor: Actor) -> str:
    """What stands in the way; empty where that is only known of the place that was found for it."""
    if draft.place is None:
        return ""
    [sentence] = name_clashes([Asked(draft.facilitator, draft.place, draft.starts_at, draft.ends_at)], actor)
    return sentence


def _tell_made(request: HttpRequest, number: int) -> HttpResponse:
    text = ngettext(
        "%(number)s session is on the timetable.", "%(number)s sessions are on the timetable.", number
    )
    messages.success(request, text % {"number": number})
    return redirect("teach")


def _read_day(text: str) -> date | None:
    try:
        return parse_date(text)
    except InvalidInput:
        return None


def _read_draft(profile: Facilitator, form: NewSessionForm) -> SessionDraft:
    """Raises ``InvalidInput``."""
    data, start, class_type = form.cleaned_data, form.read_start(), form.class_type_row
    if start <= clock.now():
        refuse("start_time", _("Enter a time in the future."))
    given = {name: data[name] for name in USUAL if data[name] not in (None, "")}
    usual = {name: getattr(class_type, name) for name in USUAL} if class_type else {}
    minutes = data["minutes"] or (class_type.duration if class_type else USUAL_MINUTES)
    place = data["place"]
    where = {"place": form.places[place]} if place in form.places else {"place_kind": PlaceKind(place)}
    return SessionDraft(
        facilitator=profile,
        starts_at=start,
        ends_at=start + timedelta(minutes=minutes),
        class_type=class_type,
        **(usual | given),
        **where,
    )


def _show(request: HttpRequest, frame: dict[str, Any], form: NewSessionForm, **more: Any) -> HttpResponse:
    planned = more.get("planned")
    context = {
        **frame,
        "form": form,
        "problem": more.get("problem"),
        "clash": more.get("clash", ""),
        "dates": planned.occurrences if planned else [],
        "free": sum(each.is_free for each in planned.occurrences) if planned else 0,
    }
    return render(request, "classes/teach/new.html", context, status=more.get("status", 200))


# --- A week once more ------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(PAGE)
def copy(request: HttpRequest) -> HttpResponse:
    profile, profiles = choose_profile(request)
    if profile is None:
        return redirect("teach")
    monday = monday_of(clock.now().astimezone(profile.venue.zone).date())
    usual = {"from": monday.isoformat(), "to": (monday + A_WEEK).isoformat()}
    asked = request.POST if request.method == "POST" else request.GET
    form = CopyingForm(usual | {name: asked[name] for name in usual if asked.get(name)})
    frame = describe_profile(profile, profiles) | {"form": form, "copies": []}
    if not form.is_valid():
        return render(request, "classes/teach/copy.html", frame, status=400)
    week: dict[str, Any] = {**form.cleaned_data, "venue": profile.venue, "facilitator": profile}
    problem = None
    if request.method == "POST":
        only = {int(text) for text in request.POST.getlist("session") if text.isascii() and text.isdigit()}
        try:
            return _tell_made(request, len(services.copy_week(**week, only=only, actor=leader(request))))
        except DomainError as error:
            problem = error
    copies = services.plan_copies(**week, actor=leader(request))
    context = {"copies": copies, "problem": problem, "free": sum(each.is_free for each in copies)}
    status = problem.status if problem else 200
    return render(request, "classes/teach/copy.html", frame | context, status=status)
