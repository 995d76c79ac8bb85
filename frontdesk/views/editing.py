"""One reservation in staff's hands: move, change, call off, check in; by form or by dragging."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from calendars.selection import listed
from common import clock
from common.errors import DomainError, InvalidInput
from common.parsing import parse_instant, parse_int
from common.templatetags.holdfast import clock as clock_text
from common.templatetags.holdfast import short_day
from frontdesk.forms import CancelForm, EditForm, wall_clock, which_of
from frontdesk.views.planning import MOST_LISTED, calendar_of, done, planner, require_planner, way_back
from reservations.enums import Status
from reservations.exceptions import ReservationNotFound, StaleVersion
from reservations.models import Reservation
from reservations.permissions import allowed_actions
from reservations.selectors import reservations_in_detail
from reservations.services import (
    Changes,
    cancel_reservation,
    cancellation_preview,
    check_in,
    complete_reservation,
    confirm_reservation,
    decline_reservation,
    edit_reservation,
    mark_no_show,
)
from resources.models import Resource
from resources.selectors import named_resources

ACTIONS: dict[str, tuple[Callable[..., Any], Any, Any]] = {
    "confirm": (confirm_reservation, gettext_lazy("Confirm"), gettext_lazy("Confirmed.")),
    "decline": (decline_reservation, gettext_lazy("Decline"), gettext_lazy("Declined.")),
    "check_in": (check_in, gettext_lazy("Check in"), gettext_lazy("Checked in.")),
    "complete": (complete_reservation, gettext_lazy("Complete"), gettext_lazy("Completed.")),
    "no_show": (mark_no_show, gettext_lazy("Nobody came"), gettext_lazy("Marked as a no-show.")),
}
"""What can be done with one press: service, button, what is said afterwards."""


def managed(request: HttpRequest, reservation_id: UUID) -> Reservation:
    """Raises ``ReservationNotFound``, also where one does not work; ``Forbidden`` for those who only look."""
    found = reservations_in_detail().filter(pk=reservation_id).first()
    if found is None:
        raise ReservationNotFound
    require_planner(request, found.venue_id)
    return found


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, reservation_id: UUID) -> HttpResponse:
    """Time, place, people and notes in one form, and what else can be done with it."""
    reservation = managed(request, reservation_id)
    resources = list(listed(reservation.venue, request.user)[:MOST_LISTED])
    if request.method == "GET":
        return _show(request, reservation, _form(reservation, resources))
    action = request.POST.get("action", "save")
    try:
        if action in ACTIONS:
            return _act(request, reservation, action)
        if action == "cancel":
            return _cancel(request, reservation, resources)
        form = EditForm(request.POST, reservation=reservation, resources=resources)
        if not form.is_valid():
            return _show(request, reservation, form, status=400)
        return _save(request, reservation, form)
    except StaleVersion as error:
        return _changed_meanwhile(request, reservation_id, error)
    except DomainError as error:
        typed = EditForm(request.POST, reservation=reservation, resources=resources)
        form = typed if action == "save" else _form(reservation, resources)
        return _show(request, reservation, form, error, error.status)


def _changed_meanwhile(request: HttpRequest, reservation_id: UUID, error: DomainError) -> HttpResponse:
    """The form as it is now, so that nothing of somebody else's change is lost."""
    fresh = managed(request, reservation_id)
    resources = list(listed(fresh.venue, request.user)[:MOST_LISTED])
    return _show(request, fresh, _form(fresh, resources), error, error.status)


def _form(reservation: Reservation, resources: list[Resource]) -> EditForm:
    zone = reservation.venue.zone
    initial = {
        "start": wall_clock(reservation.starts_at, zone),
        "end": wall_clock(reservation.ends_at, zone),
        "which": which_of(reservation.local_start),
        "party_size": reservation.party_size,
        "requests": reservation.requests,
        "version": reservation.version,
    }
    return EditForm(initial=initial, reservation=reservation, resources=resources)


def _save(request: HttpRequest, reservation: Reservation, form: EditForm) -> HttpResponse:
    data = form.cleaned_data
    changes = Changes(
        start=data["start"],
        end=data["end"],
        party_size=data.get("party_size"),
        requests=data["requests"],
        resources=form.swaps() or None,
    )
    edited = edit_reservation(
        reservation_id=reservation.pk, changes=changes, actor=planner(request), version=data["version"]
    )
    return _done(request, edited, _("Saved."))


def _done(request: HttpRequest, reservation: Reservation, message: str) -> HttpResponse:
    return done(request, message, way_back(request, calendar_of(reservation.venue, reservation.starts_at)))


def _act(request: HttpRequest, reservation: Reservation, action: str) -> HttpResponse:
    service, _label, said = ACTIONS[action]
    service(reservation_id=reservation.pk, actor=planner(request))
    return _done(request, reservation, str(said))


def _cancel(request: HttpRequest, reservation: Reservation, resources: list[Resource]) -> HttpResponse:
    form = CancelForm(request.POST)
    if not form.is_valid():
        return _show(request, reservation, _form(reservation, resources), status=400)
    cancel_reservation(
        reservation_id=reservation.pk,
        actor=planner(request),
        reason=form.cleaned_data["reason"],
        waive_fee=form.cleaned_data["waive_fee"],
        version=form.cleaned_data["version"],
    )
    return _done(request, reservation, _("Called off."))


def _show(
    request: HttpRequest, reservation: Reservation, form: EditForm, problem: Any = None, status: int = 200
) -> HttpResponse:
    allowed = allowed_actions(request.user, reservation)
    context = {
        "reservation": reservation,
        "form": form,
        "problem": problem,
        "back": way_back(request, calendar_of(reservation.venue, reservation.starts_at)),
        "actions": [(name, ACTIONS[name][1]) for name in allowed if name in ACTIONS],
        "can_edit": "reschedule" in allowed or reservation.status == Status.CHECKED_IN,
        "cancel_form": CancelForm(initial={"version": reservation.version}) if "cancel" in allowed else None,
        "terms": cancellation_preview(reservation, now=clock.now()),
        "zone": reservation.venue.zone_name,
    }
    return render(request, "frontdesk/edit.html", context, status=status)


@never_cache
@login_required
@require_POST
def move(request: HttpRequest, reservation_id: UUID) -> JsonResponse:
    """What dragging means: ``start`` and ``end`` on the venue's clock, ``place`` instead of ``was``.

    Answers with what to say; a refusal with its reason and, where there are any, other times.
    """
    try:
        reservation = managed(request, reservation_id)
        moved = edit_reservation(
            reservation_id=reservation.pk,
            changes=_dragged(request, reservation),
            actor=planner(request),
            version=parse_int(request.POST.get("version"), "version", least=1, most=2**31 - 1),
        )
    except DomainError as error:
        return JsonResponse(_refusal(error), status=error.status)
    return JsonResponse({"message": _("Saved."), "version": moved.version})


def _dragged(request: HttpRequest, reservation: Reservation) -> Changes:
    zone = reservation.venue.zone_name
    start, end = (parse_instant(request.POST.get(name), name, zone=zone) for name in ("start", "end"))
    if end <= start:
        raise InvalidInput(fields={"end": [_("Must be after the start.")]})
    names = [request.POST.get(name, "") for name in ("was", "place")]
    if not all(names) or names[0] == names[1]:
        return Changes(start=start, end=end)
    was, place = named_resources(names, request.user, "place")
    return Changes(start=start, end=end, resources={was.pk: place.pk})


def _refusal(error: DomainError) -> dict[str, Any]:
    near = error.extra.get("alternatives", [])
    told = [f"{short_day(each)}, {clock_text(each)}" for each in near]
    return {"message": str(error), "code": error.code, "alternatives": told}
