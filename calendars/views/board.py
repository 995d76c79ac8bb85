from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework.exceptions import NotAuthenticated

from calendars.boards import build_board
from calendars.day_list import list_day
from calendars.day_ranges import Days, around
from calendars.forms import ChoiceForm
from calendars.selection import Selection, read_selection
from calendars.week_and_month import day_link, list_month_cells, list_week_rows
from common.clock import now
from common.page_parts import PageQuery, calendar_parts, render_parts
from common.parsing import FIRST_YEAR, LAST_YEAR, parse_date
from common.templatetags.holdfast import long_day, month, short_date, short_day
from reservations.availability import Moment, moment_now
from resources.enums import ResourceKind
from scheduling.zones import DAY, day_span, from_minute

VIEWS = ("day", "week", "month", "timeline")
View = Callable[[HttpRequest, Selection, Days, Moment], HttpResponse]


@never_cache
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    selection = _read_selection(request)
    if isinstance(selection, HttpResponse):
        return selection
    view = request.GET.get("view", "")
    if view not in VIEWS:
        view = "week" if selection.page is None else "timeline" if selection.works_here else "day"
    on = request.GET.get("date") or _today(selection).isoformat()
    return redirect(reverse(f"calendar-{view}", args=[parse_date(on).isoformat()]) + selection.query)


def day(request: HttpRequest, on: str) -> HttpResponse:
    return _render_page(request, "day", on)


def week(request: HttpRequest, on: str) -> HttpResponse:
    return _render_page(request, "week", on)


def month_page(request: HttpRequest, on: str) -> HttpResponse:
    return _render_page(request, "month", on)


def timeline(request: HttpRequest, on: str) -> HttpResponse:
    return _render_page(request, "timeline", on)


@require_safe
def _render_page(request: HttpRequest, view: str, on: str) -> HttpResponse:
    selection = _read_selection(request)
    if isinstance(selection, HttpResponse):
        return selection
    on_day = parse_date(on)
    days = around("day" if view == "timeline" else view, on_day)
    context = _frame_context(selection, view, on_day, days) | _view_context(selection, view, days)
    if selection.manages:
        context["parts"] = render_parts(calendar_parts, request, _query_parts(selection, days))
    response = render(request, "calendars/calendar.html", context)
    if request.user.is_authenticated:  # names may be in it
        add_never_cache_headers(response)
    return response


def _query_parts(selection: Selection, days: Days) -> PageQuery:
    return PageQuery([selection.venue] if selection.venue else (), days.first, days.last)


def _read_selection(request: HttpRequest) -> Selection | HttpResponse:
    """One's own bookings are asked for only after signing in."""
    try:
        return read_selection(request.GET, request.user)
    except NotAuthenticated:
        return redirect_to_login(request.get_full_path())


def _today(selection: Selection) -> date:
    return _local_now(selection).date()


def _local_now(selection: Selection) -> datetime:
    return now().astimezone(from_minute(0, selection.zone).tzinfo)


def _view_context(selection: Selection, view: str, days: Days) -> dict[str, Any]:
    moment = moment_now()
    if view == "month":
        cells = list_month_cells(selection, days, moment)
        counts = not selection.is_one and selection.manages
        return {
            "part": "calendars/_month.html",
            "cells": cells,
            "counts": counts,
            "is_many": not selection.is_one,
        }
    if view == "week" and not selection.is_one:
        rows = list_week_rows(selection, days, moment)
        return {"part": "calendars/_week.html", "rows": rows, "days": days.all}
    shown_board = build_board(selection, days, moment, _today(selection))
    context = {"part": "calendars/_columns.html", "board": shown_board, "is_lying": view == "timeline"}
    # For paper only. With it the timeline, which is drawn by JavaScript, does not print as an empty page.
    return context | {"day_list": list_day(selection, days) if _prints_list(selection, view) else None}


def _prints_list(selection: Selection, view: str) -> bool:
    return view in ("day", "timeline") and selection.manages


def _frame_context(selection: Selection, view: str, on: date, days: Days) -> dict[str, Any]:
    today = _today(selection)
    before, after = neighbours(days)
    return {
        "chosen": selection,
        "face": selection.venue,
        "view": view,
        "on": on,
        "days": days,
        "today": today,
        "heading": heading(days),
        "tabs": [(name, label, view_link(name, on, selection)) for name, label in list_tabs()],
        "before": view_link(view, before, selection) if before else "",
        "after": view_link(view, after, selection) if after else "",
        "present": view_link(view, today, selection),
        "as_list": view_link(view, on, selection.with_(show="" if selection.show else "list")),
        "all_hours": view_link(view, on, selection.with_(all_hours=not selection.all_hours)),
        "form": ChoiceForm.of(selection, on),
        "kind_label": ResourceKind(selection.kind).label if selection.kind else "",
        "pages": _page_links(selection, view, on),
        "live": _live_query(selection),
        "new": _new_link(selection, on, today),
        "day_link": day_link(selection, on),
        "plans": _can_plan(selection, view, on),
        "wall_clock": _local_now(selection).replace(tzinfo=None).isoformat("T", "seconds"),
    }


def list_tabs() -> list[tuple[str, str]]:
    return [("day", _("Day")), ("week", _("Week")), ("month", _("Month")), ("timeline", _("Timeline"))]


def view_link(view: str, on: date, selection: Selection) -> str:
    return reverse(f"calendar-{view}", args=[on.isoformat()]) + selection.query


def heading(days: Days) -> str:
    if days.view == "day":
        return long_day(days.first)
    if days.view == "month":
        return month(days.first)
    return _("%(first)s to %(last)s") % {"first": short_day(days.first), "last": short_date(days.last)}


def neighbours(days: Days) -> tuple[date | None, date | None]:
    """A date in the period before and in the one after; None beyond the years allowed."""
    before, after = days.first - timedelta(days=1), days.last + timedelta(days=1)
    if days.view == "month":
        before = before.replace(day=1)
    elif days.view == "week":
        before = before - timedelta(days=6)
    return (
        before if before.year >= FIRST_YEAR else None,
        after if after.year <= LAST_YEAR else None,
    )


def _page_links(selection: Selection, view: str, on: date) -> dict[str, Any]:
    page = selection.page
    if page is None or not page.has_other_pages():
        return {}
    return {
        "first": page.start_index(),
        "last": page.end_index(),
        "all": page.paginator.count,
        "before": view_link(view, on, selection.with_(number=page.number - 1)) if page.has_previous() else "",
        "after": view_link(view, on, selection.with_(number=page.number + 1)) if page.has_next() else "",
    }


def _live_query(selection: Selection) -> str:
    parameters = [("mine", "1")] if selection.mine else []
    if selection.venue and not selection.mine:
        parameters.append(("venue", selection.venue.slug))
    return urlencode(parameters)


def _new_link(selection: Selection, on: date, today: date) -> str:
    if not (selection.manages and selection.venue):
        return ""
    parameters = {"venue": selection.venue.slug, "date": max(on, today)}
    if len(selection.named) == 1:
        parameters["resource"] = selection.named[0].uuid
    return f"{reverse('calendar-new')}?{urlencode(parameters)}"


def _can_plan(selection: Selection, view: str, on: date) -> bool:
    """Whether staff get the timeline to drag on; it cannot draw days when the clocks change."""
    first, last = day_span(on, selection.zone)
    has_places = selection.manages and bool(selection.resources)
    return view == "timeline" and has_places and not selection.show and last - first == DAY
