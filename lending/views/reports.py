"""Fairness and use, as pages with a table, and as CSV."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common.clock import now
from lending.desk_forms import PeriodForm
from lending.reports import Period, Table, Waits, fairness_report, fairness_table, use_report, use_table
from lending.spreadsheets import write_csv
from lending.views.desk import find_desk, shared_context
from resources.models import Venue

MOST_SHOWN = 200
MOST_DRAWN = 12


@never_cache
@login_required
@require_safe
def fairness(request: HttpRequest, venue_slug: str) -> HttpResponse:
    venue = find_desk(request, venue_slug)
    form, period = read_period(request, venue)
    report = fairness_report(venue=venue, period=period, viewer=request.user)
    if request.GET.get("format") == "csv" and form.is_valid():
        return answer_csv(fairness_table(report), f"fairness-{venue.slug}-{period.first}-{period.last}")
    people = [row for row in report.people if row.waits.p95][:MOST_DRAWN]
    longest = max((row.waits.p95 or 0 for row in people), default=0)
    context = {
        "report": report,
        "rows": report.people[:MOST_SHOWN],
        "drawn": [(row, *_draw_waits(row.waits, longest)) for row in people],
        "longest": longest,
        "left_out": max(len(report.people) - MOST_SHOWN, 0),
    }
    return _show(request, venue, form, period, "fairness", context)


@never_cache
@login_required
@require_safe
def use(request: HttpRequest, venue_slug: str) -> HttpResponse:
    venue = find_desk(request, venue_slug)
    form, period = read_period(request, venue)
    report = use_report(venue=venue, period=period)
    if request.GET.get("format") == "csv" and form.is_valid():
        return answer_csv(use_table(report), f"use-{venue.slug}-{period.first}-{period.last}")
    most = sorted(report.things, key=lambda row: -row.share)[:MOST_DRAWN]
    context = {
        "report": report,
        "rows": report.things[:MOST_SHOWN],
        "drawn": [(row, round(row.share * 100, 1)) for row in most if row.minutes],
        "left_out": max(len(report.things) - MOST_SHOWN, 0),
    }
    return _show(request, venue, form, period, "use", context)


def _draw_waits(waits: Waits, longest: int) -> tuple[float, float]:
    """From 0 to 100: where the bars of the median and of 95 of 100 end."""
    scale = 100 / longest if longest else 0
    return round((waits.median or 0) * scale, 1), round((waits.p95 or 0) * scale, 1)


def read_period(request: HttpRequest, venue: Venue) -> tuple[PeriodForm, Period]:
    """The last 30 days where none, or none that makes sense, is asked for."""
    usual = PeriodForm.usual(now().astimezone(venue.zone).date())
    asked = {name: request.GET[name] for name in ("from", "to") if request.GET.get(name)}
    form = PeriodForm({"from": usual["first"].isoformat(), "to": usual["last"].isoformat()} | asked)
    chosen = form.cleaned_data if form.is_valid() else usual
    return form, Period.of(venue, chosen["first"], chosen["last"])


def _show(
    request: HttpRequest, venue: Venue, form: PeriodForm, period: Period, name: str, context: dict[str, Any]
) -> HttpResponse:
    asked = {"from": period.first.isoformat(), "to": period.last.isoformat(), "format": "csv"}
    shared = {
        **shared_context(request, venue),
        "form": form,
        "period": period,
        "csv": f"{request.path}?{urlencode(asked)}",
    }
    status = 200 if form.is_valid() else 400
    return render(request, f"lending/reports/{name}.html", shared | context, status=status)


def answer_csv(table: Table, name: str) -> HttpResponse:
    response = HttpResponse(write_csv(table), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
