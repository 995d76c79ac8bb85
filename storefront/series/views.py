from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from common import clock
from common.errors import DomainError, NotFound
from reservations.enums import RESCHEDULABLE
from reservations.links import token_for
from reservations.models import Reservation
from reservations.selectors import reservation_by_link, reservations_in_detail
from reservations.series import SeriesChange, SeriesScope, cancel_series, change_series
from reservations.services import CancellationTerms
from storefront.pages import actor_of, show_booking
from storefront.refusals import list_refusals
from storefront.series.forms import ScopeForm, SeriesCancelForm, SeriesMoveForm


def find_series(
    request: HttpRequest, reservation_id: UUID, token: str
) -> tuple[Reservation, list[Reservation]]:
    """The link of one date opens the others only if all are the same customer's. Raises ``NotFound``."""
    anchor = reservation_by_link(reservation_id, token, request.user)
    if anchor.series_id is None:
        raise NotFound
    dates_of_series = list(
        reservations_in_detail().filter(series=anchor.series_id).order_by("starts_at", "id")
    )
    if len({_owner_of(reservation) for reservation in dates_of_series}) > 1:
        raise NotFound(_("These dates no longer belong to one customer. Use the link of each booking."))
    return anchor, dates_of_series


def _owner_of(reservation: Reservation) -> tuple[object, ...]:
    guest = reservation.customer_email or (str(reservation.customer_phone), reservation.customer_name)
    return reservation.customer_id, guest


@never_cache
@require_safe
def dates(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    anchor, reservations = find_series(request, reservation_id, token)
    now = clock.now()
    can_change = any(
        reservation.status in RESCHEDULABLE and reservation.starts_at > now for reservation in reservations
    )
    total = sum(
        (reservation.total_amount for reservation in reservations if reservation.status in RESCHEDULABLE),
        Decimal(0),
    )
    context = {
        "rows": [(reservation, token_for(reservation)) for reservation in reservations],
        "can_change": can_change,
        "total": total,
    }
    return show_booking(request, "series/series", anchor, context)


@dataclass(frozen=True, slots=True)
class SeriesAction:
    template: str
    form: type[ScopeForm]
    carry_out: Callable[..., dict[str, Any]]
    done: Callable[[int], str]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    return _preview_or_change(
        request,
        reservation_id,
        token,
        SeriesAction("series/cancel", SeriesCancelForm, _cancel, _cancelled_message),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    return _preview_or_change(
        request, reservation_id, token, SeriesAction("series/move", SeriesMoveForm, _move, _moved_message)
    )


def _preview_or_change(
    request: HttpRequest, reservation_id: UUID, token: str, step: SeriesAction
) -> HttpResponse:
    """GET with a scope rehearses the change and shows the result; POST carries it out."""
    anchor, reservations = find_series(request, reservation_id, token)
    data = request.POST if request.method == "POST" else request.GET
    if "scope" not in data:
        return show_booking(
            request, step.template, anchor, {"form": step.form(initial={"scope": SeriesScope.THIS})}
        )
    form = step.form(data)
    if not form.is_valid():
        return show_booking(request, step.template, anchor, {"form": form}, status=400)
    is_preview = request.method != "POST"
    try:
        result = step.carry_out(request, anchor, reservations, form.cleaned_data, is_preview)
    except DomainError as error:
        context = {"form": form, "problem": error, "refused": list_refusals(error)}
        return show_booking(request, step.template, anchor, context, status=error.status)
    if is_preview:
        return show_booking(request, step.template, anchor, {"form": form, **result})
    messages.success(request, step.done(len(result["preview"])))
    return redirect("reservation-series", anchor.pk, token)


def _cancel(
    request: HttpRequest,
    anchor: Reservation,
    reservations: Sequence[Reservation],
    cleaned: dict[str, Any],
    is_preview: bool,
) -> dict[str, Any]:
    cancelled = cancel_series(
        series_id=_require_series(anchor),
        anchor=anchor.pk,
        scope=SeriesScope(cleaned["scope"]),
        actor=actor_of(request),
        reason=cleaned["reason"],
        dry_run=is_preview,
    )
    return {"preview": cancelled, **_sum_terms([terms for _reservation, terms in cancelled])}


def _sum_terms(terms: Sequence[CancellationTerms]) -> dict[str, Decimal]:
    return {
        "fee": sum((cancellation.fee for cancellation in terms), Decimal(0)),
        "refund": sum((cancellation.refund for cancellation in terms), Decimal(0)),
        "due": sum((cancellation.due for cancellation in terms), Decimal(0)),
    }


def _move(
    request: HttpRequest,
    anchor: Reservation,
    reservations: Sequence[Reservation],
    cleaned: dict[str, Any],
    is_preview: bool,
) -> dict[str, Any]:
    # Remembered now: what the service returns starts at the new times.
    before: dict[UUID, datetime] = {reservation.pk: reservation.local_start for reservation in reservations}
    moved = change_series(
        series_id=_require_series(anchor),
        anchor=anchor.pk,
        scope=SeriesScope(cleaned["scope"]),
        change=SeriesChange(at=cleaned["time"], shift_days=cleaned["shift_days"] or 0),
        actor=actor_of(request),
        dry_run=is_preview,
    )
    moved = sorted(moved, key=lambda reservation: reservation.starts_at)
    return {
        "preview": [(before[reservation.pk], reservation) for reservation in moved],
        "minimum_fee": sum((reservation.minimum_fee for reservation in moved), Decimal(0)),
    }


def _require_series(anchor: Reservation) -> UUID:
    if anchor.series_id is None:
        raise NotFound
    return anchor.series_id


def _cancelled_message(number: int) -> str:
    return ngettext("%d date cancelled.", "%d dates cancelled.", number) % number


def _moved_message(number: int) -> str:
    return ngettext("%d date rescheduled.", "%d dates rescheduled.", number) % number
