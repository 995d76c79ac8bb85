from copy import copy
from datetime import date, datetime
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
from reservations.availability import moment_now
from reservations.domain.lengths import end_after
from reservations.enums import RESCHEDULABLE, Status
from reservations.exceptions import SlotTaken
from reservations.fee_schedule import describe_cancelling
from reservations.models import Reservation
from reservations.selectors import reservation_by_link
from reservations.services import (
    NewPrice,
    ReservationChanges,
    preview_change,
    require_in_time,
    reschedule_reservation,
)
from scheduling.zones import to_minute
from search.bookers import read_bookers
from storefront.forms import MoveForm, RescheduleForm
from storefront.manage.new_times import FREE, NewTimes
from storefront.months import HEAD, add_months
from storefront.pages import actor_of, show_booking


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reschedule(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    """A refused move offers the times anew."""
    reservation = reservation_by_link(reservation_id, token, request.user)
    if reservation.status not in RESCHEDULABLE:
        return redirect("reservation-manage", reservation.pk, token)
    if request.method != "POST":
        return _show(request, reservation)
    form = RescheduleForm(request.POST, zone=reservation.venue.zone_name)
    if not form.is_valid():
        return _show(request, reservation, status=400, problem=first_error(form))
    start, agreed_fee = form.cleaned_data["start"], form.cleaned_data["minimum_fee"]
    # The fee has risen while the page was open: nobody agrees to what they have not seen.
    if agreed_fee is not None and _preview_move(request, reservation, start).minimum_fee > agreed_fee:
        return show_booking(
            request, "manage/move", reservation, _comparison_context(request, reservation, start), status=409
        )
    try:
        moved_reservation = reschedule_reservation(
            reservation_id=reservation.pk,
            start=start,
            end=end_after(reservation, start),
            actor=actor_of(request),
            # As the page showed it: what somebody else has changed since is not overwritten.
            version=form.cleaned_data["version"],
        )
    except DomainError as error:
        return _show(request, reservation, status=error.status, problem=error, wanted=start)
    messages.success(request, _moved_message(moved_reservation))
    return redirect("reservation-manage", reservation.pk, token)


def _moved_message(reservation: Reservation) -> str:
    if reservation.status == Status.PENDING:
        return _("We're holding the new time while the venue decides.")
    return _("Your booking has been rescheduled.")


def _show(
    request: HttpRequest,
    reservation: Reservation,
    *,
    status: int = 200,
    problem: DomainError | None = None,
    wanted: datetime | None = None,
) -> HttpResponse:
    """The month with a day's times, or the comparison once a time is chosen."""
    form = MoveForm(request.GET, zone=reservation.venue.zone_name)
    cleaned = form.cleaned_data if form.is_valid() else {}
    if not form.is_valid():
        status, problem = 400, problem or first_error(form)
    problem, start = problem or _find_refusal(reservation), cleaned.get("start")
    # A time that was free a moment ago may be gone: then the month is shown again, with the reason.
    if start and not problem:
        comparison = _comparison_context(request, reservation, start)
        if comparison["is_free"]:
            return show_booking(request, "manage/move", reservation, comparison, status)
        status, problem, wanted = (
            409,
            SlotTaken(_("This time isn't available. Choose another one.")),
            start,
        )
    on = cleaned.get("date") or (wanted and wanted.astimezone(reservation.venue.zone).date())
    context = _month_context(request, reservation, cleaned.get("month"), on)
    return show_booking(request, "manage/reschedule", reservation, context | {"problem": problem}, status)


def _find_refusal(reservation: Reservation) -> DomainError | None:
    try:
        require_in_time(reservation, clock.now())
    except DomainError as error:
        return error
    return None


def _make_new_times(request: HttpRequest, reservation: Reservation, month: date) -> NewTimes:
    booker = read_bookers(request.user, [reservation.venue_id])[reservation.venue_id]
    return NewTimes(reservation, booker, month, moment_now())


def _month_context(
    request: HttpRequest, reservation: Reservation, month: date | None, on: date | None
) -> dict[str, Any]:
    today = clock.now().astimezone(reservation.venue.zone).date()
    shown_month = month or on or max(reservation.local_start.date(), today)
    new_times = _make_new_times(request, reservation, shown_month)
    day = on or _pick_day(new_times, max(reservation.local_start.date(), today))
    return {
        "weeks": new_times.weeks,
        "head": HEAD,
        "month": new_times.month,
        "earlier": add_months(new_times.month, -1) if new_times.month > today.replace(day=1) else None,
        "later": None if new_times.is_last else add_months(new_times.month, 1),
        "on": day,
        "currency": reservation.currency,
        "times": new_times.times(day) if day else [],
        "state": next((day_choice.state for day_choice in new_times.days if day_choice.on == day), ""),
    }


def _pick_day(new_times: NewTimes, preferred: date) -> date | None:
    """The preferred day or the first after it with free times, else the month's first."""
    free = [day.on for day in new_times.days if day.state == FREE]
    return next((on for on in free if on >= preferred), free[0] if free else None)


def _preview_move(request: HttpRequest, reservation: Reservation, start: datetime) -> NewPrice:
    changes = ReservationChanges(start=start, end=end_after(reservation, start))
    return preview_change(reservation, changes, actor=actor_of(request), now=clock.now())


def _comparison_context(request: HttpRequest, reservation: Reservation, start: datetime) -> dict[str, Any]:
    end = end_after(reservation, start)
    zone = reservation.venue.zone
    new_times = _make_new_times(request, reservation, start.astimezone(zone).date())
    needs_approval = new_times.needs_approval(to_minute(start))
    price = _preview_move(request, reservation, start)
    return {
        "is_free": new_times.offers(to_minute(start)),
        "chosen": start.astimezone(zone),
        "chosen_end": end.astimezone(zone),
        "price": price,
        "fees": _describe_cancelling_then(reservation, start, end, price),
        "asks_again": needs_approval and reservation.status == Status.CONFIRMED,
    }


def _describe_cancelling_then(
    reservation: Reservation, start: datetime, end: datetime, price: NewPrice
) -> str:
    moved = copy(reservation)
    moved.starts_at, moved.ends_at = start, end
    moved.total_amount, moved.minimum_fee = price.new, price.minimum_fee
    moved.cancellation_terms = list(price.cancellation_terms)
    return describe_cancelling(moved, now=clock.now())
