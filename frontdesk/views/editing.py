from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from calendars.selection import resources_in_calendar
from common import clock
from common.errors import DomainError, InvalidInput, UnknownAction
from common.parsing import parse_instant, parse_int
from common.templatetags.holdfast import clock as clock_text
from common.templatetags.holdfast import short_day
from frontdesk.forms import StaffCancelForm, StaffEditForm, fold_of, wall_clock
from frontdesk.views.planning import (
    MOST_LISTED,
    answer_done,
    calendar_of,
    find_way_back,
    require_planner,
    staff_actor,
)
from reservations.domain.taking_back import last_step_of
from reservations.enums import Status
from reservations.exceptions import ReservationNotFound, StaleVersion
from reservations.forms import offer_money_forms, settle_by_hand
from reservations.models import Reservation
from reservations.permissions import allowed_actions, can_view
from reservations.selectors import reservations_in_detail
from reservations.services import (
    ReservationChanges,
    cancel_reservation,
    cancellation_preview,
    check_in,
    complete_reservation,
    confirm_reservation,
    decline_reservation,
    edit_reservation,
    mark_no_show,
    undo_attendance,
)
from resources.models import Resource
from resources.selectors import named_resources

ACTIONS: dict[str, tuple[Callable[..., Any], Any, Any]] = {
    "confirm": (confirm_reservation, gettext_lazy("Confirm"), gettext_lazy("Confirmed.")),
    "decline": (decline_reservation, gettext_lazy("Decline"), gettext_lazy("Declined.")),
    "check_in": (check_in, gettext_lazy("Check in"), gettext_lazy("Checked in.")),
    "complete": (complete_reservation, gettext_lazy("Complete"), gettext_lazy("Completed.")),
    "no_show": (mark_no_show, gettext_lazy("No-show"), gettext_lazy("Marked as a no-show.")),
    "undo": (undo_attendance, gettext_lazy("Undo"), gettext_lazy("Undone.")),
}


MONEY = {"pay": gettext_lazy("Payment recorded."), "refund": gettext_lazy("Refund recorded.")}


def find_managed(request: HttpRequest, reservation_id: UUID) -> Reservation:
    """Raises ``ReservationNotFound`` for what one may not see, ``Forbidden`` for those who only look."""
    reservation = reservations_in_detail().filter(pk=reservation_id).first()
    if reservation is None or not can_view(request.user, reservation):
        raise ReservationNotFound
    require_planner(request, reservation.venue_id)
    return reservation


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, reservation_id: UUID) -> HttpResponse:
    reservation = find_managed(request, reservation_id)
    resources = list(resources_in_calendar(reservation.venue, request.user)[:MOST_LISTED])
    if request.method != "POST":
        return _show(request, reservation, _make_form(reservation, resources))
    action = request.POST.get("action", "")
    try:
        return _answer_action(request, reservation, resources, action)
    # Somebody else was faster: their values are shown, not this form's, which would overwrite them.
    except StaleVersion as error:
        return _show_fresh(request, reservation_id, error)
    except DomainError as error:
        typed = StaffEditForm(request.POST, reservation=reservation, resources=resources)
        form = typed if action == "save" else _make_form(reservation, resources)
        return _show(request, reservation, form, error, error.status)


def _answer_action(
    request: HttpRequest, reservation: Reservation, resources: list[Resource], action: str
) -> HttpResponse:
    if action in ACTIONS:
        return _act(request, reservation, action)
    if action in MONEY:
        settle_by_hand(request.POST, action=action, reservation_id=reservation.pk, actor=staff_actor(request))
        return _answer_done(request, reservation, str(MONEY[action]))
    if action == "cancel":
        return _cancel(request, reservation, resources)
    if action != "save":
        raise UnknownAction
    form = StaffEditForm(request.POST, reservation=reservation, resources=resources)
    if not form.is_valid():
        return _show(request, reservation, form, status=400)
    return _save(request, reservation, form)


def _show_fresh(request: HttpRequest, reservation_id: UUID, error: DomainError) -> HttpResponse:
    reservation = find_managed(request, reservation_id)
    resources = list(resources_in_calendar(reservation.venue, request.user)[:MOST_LISTED])
    return _show(request, reservation, _make_form(reservation, resources), error, error.status)


def _make_form(reservation: Reservation, resources: list[Resource]) -> StaffEditForm:
    zone = reservation.venue.zone
    initial = {
        "start": wall_clock(reservation.starts_at, zone),
        "end": wall_clock(reservation.ends_at, zone),
        "which": fold_of(reservation.local_start),
        "party_size": reservation.party_size,
        "requests": reservation.requests,
        "version": reservation.version,
    }
    return StaffEditForm(initial=initial, reservation=reservation, resources=resources)


def _save(request: HttpRequest, reservation: Reservation, form: StaffEditForm) -> HttpResponse:
    data = form.cleaned_data
    changes = ReservationChanges(
        start=data["start"],
        end=data["end"],
        party_size=data.get("party_size"),
        requests=data["requests"],
        texts_agreed=form.consent(reservation),
        resources=form.swaps() or None,
        customer_asked=data["customer_asked"],
    )
    edited_reservation = edit_reservation(
        reservation_id=reservation.pk, changes=changes, actor=staff_actor(request), version=data["version"]
    )
    return _answer_done(request, edited_reservation, _("Saved."))


def _answer_done(request: HttpRequest, reservation: Reservation, message: str) -> HttpResponse:
    return answer_done(
        request, message, find_way_back(request, calendar_of(reservation.venue, reservation.starts_at))
    )


def _act(request: HttpRequest, reservation: Reservation, action: str) -> HttpResponse:
    service, _label, message = ACTIONS[action]
    # The other steps can be repeated: sent twice, they are taken once.
    seen = {"version": _read_version(request)} if action == "undo" else {}
    service(reservation_id=reservation.pk, actor=staff_actor(request), **seen)
    return _answer_done(request, reservation, str(message))


def _cancel(request: HttpRequest, reservation: Reservation, resources: list[Resource]) -> HttpResponse:
    form = StaffCancelForm(request.POST)
    if not form.is_valid():
        return _show(request, reservation, _make_form(reservation, resources), status=400)
    cancel_reservation(
        reservation_id=reservation.pk,
        actor=staff_actor(request),
        reason=form.cleaned_data["reason"],
        waive_fee=form.cleaned_data["waive_fee"],
        version=form.cleaned_data["version"],
    )
    return _answer_done(request, reservation, _("Called off."))


def _show(
    request: HttpRequest,
    reservation: Reservation,
    form: StaffEditForm,
    problem: Any = None,
    status: int = 200,
) -> HttpResponse:
    allowed = allowed_actions(request.user, reservation, now=clock.now())
    context = {
        "reservation": reservation,
        "form": form,
        "problem": problem,
        "back": find_way_back(request, calendar_of(reservation.venue, reservation.starts_at)),
        "actions": [(name, ACTIONS[name][1]) for name in _list_buttons(reservation, allowed)],
        "can_edit": "reschedule" in allowed or reservation.status == Status.CHECKED_IN,
        "cancel_form": StaffCancelForm(initial={"version": reservation.version})
        if "cancel" in allowed
        else None,
        "terms": cancellation_preview(reservation, now=clock.now()),
        "zone": reservation.venue.zone_name,
        **offer_money_forms(reservation),
    }
    return render(request, "frontdesk/edit.html", context, status=status)


def _list_buttons(reservation: Reservation, allowed: Sequence[str]) -> list[str]:
    # A no-show whose time is taken keeps its button: the answer names the bookings that are in the way.
    is_lost = "undo" not in allowed and last_step_of(reservation).former
    return [name for name in (*allowed, *(["undo"] if is_lost else [])) if name in ACTIONS]


@never_cache
@login_required
@require_POST
def move(request: HttpRequest, reservation_id: UUID) -> JsonResponse:
    """A drag: ``start`` and ``end`` on the venue's clock, ``place`` instead of ``was``."""
    try:
        reservation = find_managed(request, reservation_id)
        moved_reservation = edit_reservation(
            reservation_id=reservation.pk,
            changes=_read_drag(request, reservation),
            actor=staff_actor(request),
            version=_read_version(request),
        )
    except DomainError as error:
        return JsonResponse(_refusal_json(error), status=error.status)
    return JsonResponse({"message": _("Saved."), "version": moved_reservation.version})


def _read_version(request: HttpRequest) -> int:
    return parse_int(request.POST.get("version"), "version", least=1, most=2**31 - 1)


def _read_drag(request: HttpRequest, reservation: Reservation) -> ReservationChanges:
    zone = reservation.venue.zone_name
    start, end = (parse_instant(request.POST.get(name), name, zone=zone) for name in ("start", "end"))
    if end <= start:
        raise InvalidInput(fields={"end": [_("Enter an end after the start.")]})
    names = [request.POST.get(name, "") for name in ("was", "place")]
    if not all(names) or names[0] == names[1]:
        return ReservationChanges(start=start, end=end)
    was, place = named_resources(names, request.user, "place")
    return ReservationChanges(start=start, end=end, resources={was.pk: place.pk})


def _refusal_json(error: DomainError) -> dict[str, Any]:
    near = error.extra.get("alternatives", [])
    texts = [f"{short_day(start)}, {clock_text(start)}" for start in near]
    return {"message": str(error), "code": error.code, "alternatives": texts}
