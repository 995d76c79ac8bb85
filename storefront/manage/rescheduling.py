"""Moving a reservation: a month, a day's times, then old and new side by side."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from common import clock
from common.errors import DomainError
from common.forms import first_error
from common.parsing import FIRST_YEAR, LAST_YEAR
from reservations.availability import moment_now
from reservations.enums import RESCHEDULABLE, Status
from reservations.exceptions import SlotTaken
from reservations.models import Reservation
from reservations.selectors import reservation_by_link
from reservations.services import require_in_time, reschedule_preview, reschedule_reservation
from scheduling.zones import to_minute
from search.bookers import read_bookers
from storefront.forms import MoveForm, RescheduleForm
from storefront.manage.new_times import FREE, NewTimes
from storefront.pages import actor_of, show_booking

MONDAY = date(2024, 1, 1)
"""Any: the table's head names seven days from it on."""


@never_cache
@require_http_methods(["GET", "POST"])
def reschedule(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    """Choosing, confirming, moving; refused, the times are offered anew."""
    reservation = reservation_by_link(reservation_id, token)
    if reservation.status not in RESCHEDULABLE:
        return redirect("reservation-manage", reservation.pk, token)
    if request.method == "GET":
        return _show(request, reservation)
    form = RescheduleForm(request.POST, zone=reservation.venue.zone_name)
    if not form.is_valid():
        return _show(request, reservation, status=400, problem=first_error(form))
    start = form.cleaned_data["start"]
    try:
        moved = reschedule_reservation(
            reservation_id=reservation.pk,
            start=start,
            end=start + (reservation.ends_at - reservation.starts_at),
            actor=actor_of(request),
            version=form.cleaned_data["version"],
        )
    except DomainError as error:
        return _show(request, reservation, status=error.status, problem=error, wanted=start)
    messages.success(request, _moved(moved))
    return redirect("reservation-manage", reservation.pk, token)


def _moved(reservation: Reservation) -> str:
    if reservation.status == Status.PENDING:
        return _("The new time is kept for you until the venue has answered.")
    return _("Your booking has moved.")


def _show(
    request: HttpRequest,
    reservation: Reservation,
    *,
    status: int = 200,
    problem: DomainError | None = None,
    wanted: datetime | None = None,
) -> HttpResponse:
    """The step that the query asks for: the month and a day's times, or what was chosen of them."""
    asked = MoveForm(request.GET, zone=reservation.venue.zone_name)
    known = asked.cleaned_data if asked.is_valid() else {}
    if not asked.is_valid():
        status, problem = 400, problem or first_error(asked)
    problem, start = problem or _too_late(reservation), known.get("start")
    if start and not problem:
        chosen = _chosen(request, reservation, start)
        if chosen["is_free"]:
            return show_booking(request, "manage/move", reservation, chosen, status)
        status, problem, wanted = (
            409,
            SlotTaken(_("This time cannot be had. Please choose another one.")),
            start,
        )
    on = known.get("date") or (wanted and wanted.astimezone(reservation.venue.zone).date())
    context = _month(request, reservation, known.get("month"), on)
    return show_booking(request, "manage/reschedule", reservation, context | {"problem": problem}, status)


def _too_late(reservation: Reservation) -> DomainError | None:
    """Why it cannot be moved at all any more."""
    try:
        require_in_time(reservation, clock.now())
    except DomainError as error:
        return error
    return None


def _moving(request: HttpRequest, reservation: Reservation, month: date) -> NewTimes:
    booker = read_bookers(request.user, [reservation.venue_id])[reservation.venue_id]
    return NewTimes(reservation, booker, month, moment_now())


def _month(
    request: HttpRequest, reservation: Reservation, month: date | None, on: date | None
) -> dict[str, Any]:
    today = clock.now().astimezone(reservation.venue.zone).date()
    shown = month or on or max(reservation.local_start.date(), today)
    moving = _moving(request, reservation, shown)
    day = on or _first_day(moving, max(reservation.local_start.date(), today))
    return {
        "weeks": moving.weeks,
        "head": [MONDAY + timedelta(days=each) for each in range(7)],
        "month": moving.month,
        "earlier": _next_month(moving.month, -1) if moving.month > today.replace(day=1) else None,
        "later": None if moving.is_last else _next_month(moving.month, 1),
        "on": day,
        "currency": reservation.currency,
        "times": moving.times(day) if day else [],
        "state": next((each.state for each in moving.days if each.on == day), ""),
    }


def _first_day(moving: NewTimes, preferred: date) -> date | None:
    """The day to begin with: the present one or the first after it that has times."""
    free = [day.on for day in moving.days if day.state == FREE]
    return next((on for on in free if on >= preferred), free[0] if free else None)


def _next_month(month: date, step: int) -> date | None:
    number = month.year * 12 + month.month - 1 + step
    year, index = divmod(number, 12)
    return date(year, index + 1, 1) if FIRST_YEAR <= year <= LAST_YEAR else None


def _chosen(request: HttpRequest, reservation: Reservation, start: datetime) -> dict[str, Any]:
    """Old and new time, what it costs and whether somebody has to agree."""
    end = start + (reservation.ends_at - reservation.starts_at)
    zone = reservation.venue.zone
    moving = _moving(request, reservation, start.astimezone(zone).date())
    needs_approval = moving.needs_approval(to_minute(start))
    return {
        "is_free": moving.offers(to_minute(start)),
        "chosen": start.astimezone(zone),
        "chosen_end": end.astimezone(zone),
        "price": reschedule_preview(reservation, start=start, end=end),
        "asks_again": needs_approval and reservation.status == Status.CONFIRMED,
    }
