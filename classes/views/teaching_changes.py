"""Changing a session and calling it off: first what it means, then the same once more for good."""

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
from classes.models import Session
from classes.services import SessionChanges, SessionsMoved
from classes.services.calling_off import LONGEST_REASON
from classes.teaching import find_managed_session
from classes.teaching_forms import SCOPES, ChangingForm, places_of
from classes.views.teaching import leader
from classes.views.teaching_roster import path_of
from common import clock
from common.errors import DomainError
from common.numbers import read_key
from reservations.series import SeriesScope

PLAIN = ("title", "description", "capacity", "price")
PAGE = ("GET", "HEAD", "POST")


def _describe(session: Session) -> dict[str, Any]:
    return {
        "session": session,
        "venue": session.venue,
        "face": session.venue,
        "zone": session.venue.zone_name,
        "back": path_of(session),
    }


# --- Changing --------------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(PAGE)
def change(request: HttpRequest, session_id: int) -> HttpResponse:
    session = find_managed_session(request.user, session_id)
    if not session.is_active:
        return redirect(path_of(session))
    form = _make_form(session, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _show_change(request, session, form)
    if not form.is_valid():
        return _show_change(request, session, form, status=400)
    try:
        moved = _carry_out(request, session, form, dry_run=True)
        if moved.seats and "confirmed" not in request.POST:
            return _show_change(request, session, form, moved=moved)
        _carry_out(request, session, form, dry_run=False)
    except DomainError as error:
        form.mark(error)
        return _show_change(request, session, form, status=error.status, problem=error)
    messages.success(request, _("Saved."))
    return redirect(path_of(session))


def _make_form(session: Session, data: Any) -> ChangingForm:
    return ChangingForm(
        data,
        initial=ChangingForm.describe(session),
        session=session,
        venue=session.venue,
        places=places_of(session.facilitator),
    )


def _show_change(request: HttpRequest, session: Session, form: ChangingForm, **more: Any) -> HttpResponse:
    moved: SessionsMoved | None = more.get("moved")
    context = {
        **_describe(session),
        "form": form,
        "people": sum(seat.party_size for seat in moved.seats) if moved else 0,
        "problem": more.get("problem"),
    }
    return render(request, "classes/teach/change.html", context, status=more.get("status", 200))


def _carry_out(request: HttpRequest, session: Session, form: ChangingForm, *, dry_run: bool) -> SessionsMoved:
    """Raises what the services raise."""
    changes, scope = _read_changes(session, form), form.cleaned_data.get("scope") or SeriesScope.THIS
    actor, now = leader(request), clock.now()
    if scope == SeriesScope.THIS:
        return services.change_sessions(
            ids=[session.pk],
            changes=lambda _session: changes,
            actor=actor,
            version=form.cleaned_data["version"],
            dry_run=dry_run,
            now=now,
        )
    edit = services.repeat_changes(session, changes)
    return services.change_series(
        session_id=session.pk,
        scope=SeriesScope(scope),
        edit=edit,
        actor=actor,
        version=form.cleaned_data["version"],
        dry_run=dry_run,
    )


def _read_changes(session: Session, form: ChangingForm) -> SessionChanges:
    data = form.cleaned_data
    changes: dict[str, Any] = {name: data[name] for name in PLAIN if data.get(name) is not None}
    start = form.read_start()
    changes |= {
        "starts_at": start,
        "ends_at": form.read_end(start),
        "place": form.places[data["place"]],
    }
    return changes  # type: ignore[return-value]


# --- Calling off -----------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(PAGE)
def call_off(request: HttpRequest, session_id: int) -> HttpResponse:
    session = find_managed_session(request.user, session_id)
    asked = request.POST if request.method == "POST" else request.GET
    scope, reason = _read_scope(session, asked.get("scope", "")), asked.get("reason", "")
    act: dict[str, Any] = {
        "session_id": session.pk,
        "scope": scope,
        "actor": leader(request),
        "reason": reason,
    }
    problem = None
    try:
        if request.method == "POST":
            done = services.cancel_series(**act, version=read_key(request.POST.get("version", "")))
            messages.success(request, _tell_called_off(done))
            return redirect("teach")
        done = services.cancel_series(**act, dry_run=True)
    except DomainError as error:
        done, problem = None, error
    context = {
        **_describe(session),
        "done": done,
        "scope": scope,
        "scopes": SCOPES if session.series else (),
        "reason": reason,
        "most": LONGEST_REASON,
        "problem": problem,
    }
    status = problem.status if problem else 200
    return render(request, "classes/teach/call_off.html", context, status=status)


def _read_scope(session: Session, text: str) -> SeriesScope:
    known = text in list(SeriesScope) and session.series is not None
    return SeriesScope(text) if known else SeriesScope.THIS


def _tell_called_off(done: services.CalledOff) -> str:
    number = len(done.sessions)
    text = ngettext("%(number)s session is called off.", "%(number)s sessions are called off.", number)
    return text % {"number": number}
