"""A series by the link of one of its dates: all dates, cancelling and moving this, the following or all."""

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
from django.views.decorators.http import require_GET, require_http_methods

from common import clock
from common.errors import DomainError, NotFound
from reservations.enums import RESCHEDULABLE
from reservations.links import token_for
from reservations.models import Reservation
from reservations.selectors import reservation_by_link, reservations_in_detail
from reservations.series import Scope, SeriesChange, cancel_series, change_series
from reservations.services import CancellationTerms
from storefront.pages import actor_of, show_booking
from storefront.refusals import list_refusals
from storefront.series.forms import ScopeForm, SeriesCancelForm, SeriesMoveForm

OWNER = ("customer_id", "customer_email")


def of_series(reservation_id: UUID, token: str) -> tuple[Reservation, list[Reservation]]:
    """The link's reservation and all of its series, first to come first.

    The link of one opens the others only where all are the same customer's. Raises ``NotFound``.
    """
    anchor = reservation_by_link(reservation_id, token)
    if anchor.series_id is None:
        raise NotFound
    rows = list(reservations_in_detail().filter(series=anchor.series_id).order_by("starts_at", "id"))
    if len({tuple(getattr(row, name) for name in OWNER) for row in rows}) > 1:
        raise NotFound(_("These dates are no longer one customer's. Each has its own link."))
    return anchor, rows


@never_cache
@require_GET
def dates(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    """Every date with its state and its own link."""
    anchor, rows = of_series(reservation_id, token)
    now = clock.now()
    can_change = any(row.status in RESCHEDULABLE and row.starts_at > now for row in rows)
    total = sum((row.total_amount for row in rows if row.status in RESCHEDULABLE), Decimal(0))
    context = {
        "rows": [(row, token_for(row)) for row in rows],
        "can_change": can_change,
        "total": total,
    }
    return show_booking(request, "series/series", anchor, context)


@dataclass(frozen=True, slots=True)
class SeriesAction:
    """One kind of change of a series: its form, its page, and the service that also rehearses it."""

    template: str
    form: type[ScopeForm]
    carry_out: Callable[..., dict[str, Any]]
    done: Callable[[int], str]


@never_cache
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    """Which dates, what it costs, then the button."""
    return _step(
        request, reservation_id, token, SeriesAction("series/cancel", SeriesCancelForm, _cancel, _cancelled)
    )


@never_cache
@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    """Which dates and where to, how each would lie, then the button."""
    return _step(request, reservation_id, token, SeriesAction("series/move", SeriesMoveForm, _move, _moved))


def _step(request: HttpRequest, reservation_id: UUID, token: str, step: SeriesAction) -> HttpResponse:
    """GET with a scope shows what would happen: the change itself, undone at its end. POST does it."""
    anchor, rows = of_series(reservation_id, token)
    given = request.POST if request.method == "POST" else request.GET
    if "scope" not in given:
        return show_booking(
            request, step.template, anchor, {"form": step.form(initial={"scope": Scope.THIS})}
        )
    form = step.form(given)
    if not form.is_valid():
        return show_booking(request, step.template, anchor, {"form": form}, status=400)
    is_preview = request.method == "GET"
    try:
        found = step.carry_out(request, anchor, rows, form.cleaned_data, is_preview)
    except DomainError as error:
        context = {"form": form, "problem": error, "refused": list_refusals(error)}
        return show_booking(request, step.template, anchor, context, status=error.status)
    if is_preview:
        return show_booking(request, step.template, anchor, {"form": form, **found})
    messages.success(request, step.done(len(found["preview"])))
    return redirect("reservation-series", anchor.pk, token)


def _cancel(
    request: HttpRequest,
    anchor: Reservation,
    rows: Sequence[Reservation],
    given: dict[str, Any],
    is_preview: bool,
) -> dict[str, Any]:
    cancelled = cancel_series(
        series_id=_series_of(anchor),
        anchor=anchor.pk,
        scope=Scope(given["scope"]),
        actor=actor_of(request),
        reason=given["reason"],
        dry_run=is_preview,
    )
    return {"preview": cancelled, **_sums([terms for _reservation, terms in cancelled])}


def _sums(terms: Sequence[CancellationTerms]) -> dict[str, Decimal]:
    return {
        "fee": sum((each.fee for each in terms), Decimal(0)),
        "refund": sum((each.refund for each in terms), Decimal(0)),
        "due": sum((each.due for each in terms), Decimal(0)),
    }


def _move(
    request: HttpRequest,
    anchor: Reservation,
    rows: Sequence[Reservation],
    given: dict[str, Any],
    is_preview: bool,
) -> dict[str, Any]:
    before: dict[UUID, datetime] = {row.pk: row.local_start for row in rows}
    moved = change_series(
        series_id=_series_of(anchor),
        anchor=anchor.pk,
        scope=Scope(given["scope"]),
        change=SeriesChange(at=given["time"], shift_days=given["shift_days"] or 0),
        actor=actor_of(request),
        dry_run=is_preview,
    )
    moved = sorted(moved, key=lambda each: each.starts_at)
    return {"preview": [(before[each.pk], each) for each in moved]}


def _series_of(anchor: Reservation) -> UUID:
    if anchor.series_id is None:
        raise NotFound
    return anchor.series_id


def _cancelled(number: int) -> str:
    return ngettext("%d date is cancelled.", "%d dates are cancelled.", number) % number


def _moved(number: int) -> str:
    return ngettext("%d date has moved.", "%d dates have moved.", number) % number
