"""Changing, moving and calling off sessions: first whom it hits, then the act."""

from datetime import datetime
from typing import Any, cast

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
from classes.models import SeatBooking, Session
from classes.selectors import roster_of
from classes.services import SessionChanges, SessionsMoved
from classes.studio_forms import ChangeForm, DayOffForm, ReasonForm, amount_text
from classes.studio_week import count_waiting
from classes.teaching_forms import describe_end
from classes.views.studio import (
    find_studio,
    list_people,
    list_places,
    list_teachers,
    shared_context,
    staff_actor,
    tell_obstacles,
)
from classes.views.studio_sessions import find_session
from common import clock
from common.errors import DomainError
from reservations.series import SeriesScope
from resources.models import Venue

FIELDS = ("date", "time", "facilitator", "place")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, venue_slug: str, session_id: int) -> HttpResponse:
    """The form, what it would do, and doing it. With an address that names a time or a place it begins with
    what that would do.
    """
    venue = find_studio(request, venue_slug)
    session = find_session(venue, session_id)
    initial = _describe(session)
    named = {name: request.GET[name] for name in FIELDS if request.GET.get(name)}
    if request.method != "POST" and not named:
        return _show_change(request, session, _make_form(session, initial))
    data = request.POST if request.method == "POST" else _fill(_keep_length(session, initial | named))
    form = _make_form(session, initial, data)
    if not form.is_valid():
        return _show_change(request, session, form, status=400)
    is_done = request.method == "POST" and request.POST.get("action") == "save"
    try:
        moved = _carry_out(request, session, form, dry_run=not is_done)
    except DomainError as error:
        form.mark(error)
        return _show_change(request, session, form, problem=error, status=error.status)
    if not is_done:
        return _show_change(request, session, form, moved=moved)
    count = len(moved.sessions)
    text = ngettext("%d session changed.", "%d sessions changed.", count) % count
    messages.success(request, text)
    return redirect("studio-session", venue.slug, session.pk)


def _describe(session: Session) -> dict[str, Any]:
    start = session.local_start
    return {
        "title": session.title,
        "date": start.date().isoformat(),
        "time": f"{start:%H:%M}",
        **describe_end(session),
        "facilitator": str(session.facilitator_id),
        "place": str(session.place_id),
        "capacity": session.capacity,
        "price": amount_text(session.price),
        "scope": "this",
        "version": session.version,
    }


def _keep_length(session: Session, values: dict[str, Any]) -> dict[str, Any]:
    """Moved to another time, it ends as much later; what is no time is told by the form."""
    try:
        start = datetime.fromisoformat(f"{values['date']}T{values['time']}")
    except ValueError:
        return values
    end = start + (session.local_end.replace(tzinfo=None) - session.local_start.replace(tzinfo=None))
    return values | {"last_day": end.date().isoformat(), "until": f"{end:%H:%M}"}


def _fill(values: dict[str, Any]) -> QueryDict:
    data = QueryDict(mutable=True)
    data.update({name: str(value) for name, value in values.items()})
    return data


def _make_form(session: Session, initial: dict[str, Any], data: QueryDict | None = None) -> ChangeForm:
    people = {person.pk: person for person in list_teachers(session.venue)}
    people.setdefault(session.facilitator_id, session.facilitator)
    return ChangeForm(
        data,
        initial=initial,
        session=session,
        venue=session.venue,
        people=list(people.values()),
        studios=list(list_places(session.venue)),
    )


def _carry_out(request: HttpRequest, session: Session, form: ChangeForm, *, dry_run: bool) -> SessionsMoved:
    actor = staff_actor(request)
    if form.chosen_scope == SeriesScope.THIS:
        return services.change_sessions(
            ids=[session.pk],
            changes=lambda _session: cast(SessionChanges, form.changes),
            actor=actor,
            version=form.cleaned_data["version"],
            dry_run=dry_run,
            now=clock.now(),
        )
    return services.change_series(
        session_id=session.pk,
        scope=SeriesScope(form.chosen_scope),
        edit=services.repeat_changes(session, cast(SessionChanges, form.changes)),
        actor=actor,
        version=form.cleaned_data["version"],
        dry_run=dry_run,
    )


def _show_change(
    request: HttpRequest, session: Session, form: ChangeForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    moved: SessionsMoved | None = more.get("moved")
    problem = more.get("problem")
    context = {
        **shared_context(request, session.venue),
        "session": session,
        "form": form,
        "moved": moved,
        "hit": _list_hit(moved) if moved else (),
        "waiting": sum(count_waiting([session]).values()) if moved else 0,
        "problem": problem,
        "obstacles": tell_obstacles(problem, form, session),
    }
    return render(request, "classes/studio/change.html", context, status=status)


MOST_NAMED = 50


def _list_hit(moved: SessionsMoved) -> list[SeatBooking]:
    """Who has a seat that goes along."""
    ids = [reservation.pk for reservation in moved.seats]
    rows = SeatBooking.objects.filter(reservation__in=ids).select_related("reservation")
    return list(rows.order_by("session", "pk")[: MOST_NAMED + 1])


# --- Calling off ----------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def call_off(request: HttpRequest, venue_slug: str, session_id: int) -> HttpResponse:
    venue = find_studio(request, venue_slug)
    session = find_session(venue, session_id)
    is_series, is_post = session.series is not None, request.method == "POST"
    asked = {"scope": request.GET.get("scope", "this"), "reason": request.GET.get("reason", "")}
    asked["version"] = str(session.version)
    form = ReasonForm(request.POST if is_post else _fill(asked), is_series=is_series)
    context = {"session": session, "form": form, "seats": roster_of(session).active()[:MOST_NAMED]}
    if not form.is_valid():
        return _show_off(request, venue, "call_off", context, status=400)
    is_done = is_post and request.POST.get("action") == "save"
    try:
        effect = services.cancel_series(
            session_id=session.pk,
            scope=SeriesScope(form.cleaned_data.get("scope", "this")),
            reason=form.cleaned_data["reason"],
            version=form.cleaned_data["version"],
            actor=staff_actor(request),
            dry_run=not is_done,
        )
    except DomainError as error:
        return _show_off(request, venue, "call_off", context | {"problem": error}, status=error.status)
    if not is_done:
        return _show_off(request, venue, "call_off", context | {"effect": effect})
    _tell_called_off(request, effect)
    return redirect("studio-session", venue.slug, session.pk)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def call_off_day(request: HttpRequest, venue_slug: str) -> HttpResponse:
    """Everything of a teacher, or in a studio, on a day."""
    venue = find_studio(request, venue_slug)
    asked = request.POST if request.method == "POST" else request.GET
    people, studios = list(list_people(venue)), list(list_places(venue))
    if not asked.get("date") and not asked.get("whose") and request.method != "POST":
        form = DayOffForm(people=people, studios=studios)
        return _show_off(request, venue, "day", {"form": form})
    form = DayOffForm(asked, people=people, studios=studios)
    if not form.is_valid():
        return _show_off(request, venue, "day", {"form": form}, status=400)
    is_done = request.method == "POST" and request.POST.get("action") == "save"
    try:
        effect = services.call_off_day(
            on=form.cleaned_data["date"],
            reason=form.cleaned_data["reason"],
            actor=staff_actor(request),
            dry_run=not is_done,
            **form.whom,
        )
    except SessionNotFound:
        nothing = SessionNotFound(_("There's nothing to call off: no session is still to come that day."))
        return _show_off(request, venue, "day", {"form": form, "problem": nothing}, status=nothing.status)
    except DomainError as error:
        form.mark(error)
        return _show_off(request, venue, "day", {"form": form, "problem": error}, status=error.status)
    if not is_done:
        return _show_off(request, venue, "day", {"form": form, "effect": effect})
    _tell_called_off(request, effect)
    return redirect("studio", venue.slug)


def _show_off(
    request: HttpRequest, venue: Venue, name: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    shared = shared_context(request, venue)
    return render(request, f"classes/studio/{name}.html", shared | context, status=status)


def _tell_called_off(request: HttpRequest, effect: services.CalledOff) -> None:
    count = len(effect.sessions)
    called = ngettext("%d session called off.", "%d sessions called off.", count) % count
    told = ngettext("%d person is told.", "%d people are told.", effect.people) % effect.people
    messages.success(request, f"{called} {told}" if effect.people else called)
