"""The calendar's pages: a day, a week, a month, and the timeline."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from rest_framework.exceptions import NotAuthenticated

from calendars.boards import board
from calendars.forms import ChoiceForm
from calendars.overviews import day_link, month_cells, week_rows
from calendars.ranges import Days, around
from calendars.selection import Selection, read_selection
from common.clock import now
from common.parsing import FIRST_YEAR, LAST_YEAR, parse_date
from common.templatetags.holdfast import long_day, month, short_date, short_day
from reservations.availability import Moment, moment_now
from resources.enums import Kind
from scheduling.zones import DAY, day_span, from_minute

VIEWS = ("day", "week", "month", "timeline")
View = Callable[[HttpRequest, Selection, Days, Moment], HttpResponse]


@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The view that was chosen in the form, else the one that suits the visitor best."""
    chosen = _selection(request)
    if isinstance(chosen, HttpResponse):
        return chosen
    view = request.GET.get("view", "")
    if view not in VIEWS:
        view = "week" if chosen.page is None else "timeline" if chosen.works_here else "day"
    on = request.GET.get("date") or _today(chosen).isoformat()
    return redirect(reverse(f"calendar-{view}", args=[parse_date(on).isoformat()]) + chosen.query)


def day(request: HttpRequest, on: str) -> HttpResponse:
    """A column for each resource."""
    return _page(request, "day", on)


def week(request: HttpRequest, on: str) -> HttpResponse:
    """Seven columns of one resource or of one's own; of several resources a row each."""
    return _page(request, "week", on)


def month_page(request: HttpRequest, on: str) -> HttpResponse:
    return _page(request, "month", on)


def timeline(request: HttpRequest, on: str) -> HttpResponse:
    """A row for each resource, the hours across; staff's to plan with."""
    return _page(request, "timeline", on)


@require_GET
def _page(request: HttpRequest, view: str, on: str) -> HttpResponse:
    chosen = _selection(request)
    if isinstance(chosen, HttpResponse):
        return chosen
    on_day = parse_date(on)
    days = around("day" if view == "timeline" else view, on_day)
    context = _frame(chosen, view, on_day, days) | _content(chosen, view, days)
    response = render(request, "calendars/calendar.html", context)
    if request.user.is_authenticated:  # names may be in it
        add_never_cache_headers(response)
    return response


def _selection(request: HttpRequest) -> Selection | HttpResponse:
    """What is asked for; one's own bookings are asked for after signing in."""
    try:
        return read_selection(request.GET, request.user)
    except NotAuthenticated:
        return redirect_to_login(request.get_full_path())


def _today(chosen: Selection) -> date:
    return now().astimezone(from_minute(0, chosen.zone).tzinfo).date()


def _content(chosen: Selection, view: str, days: Days) -> dict[str, Any]:
    """The part that differs from view to view, and the template that shows it."""
    moment = moment_now()
    if view == "month":
        cells = month_cells(chosen, days, moment)
        counts = not chosen.is_one and chosen.works_here
        return {
            "part": "calendars/_month.html",
            "cells": cells,
            "counts": counts,
            "is_many": not chosen.is_one,
        }
    if view == "week" and not chosen.is_one:
        rows = week_rows(chosen, days, moment)
        return {"part": "calendars/_week.html", "rows": rows, "days": days.all}
    found = board(chosen, days, moment, _today(chosen))
    return {"part": "calendars/_columns.html", "board": found, "is_lying": view == "timeline"}


def _frame(chosen: Selection, view: str, on: date, days: Days) -> dict[str, Any]:
    """Title, tabs, ways to other days and filters."""
    today = _today(chosen)
    before, after = neighbours(days)
    return {
        "chosen": chosen,
        "view": view,
        "on": on,
        "days": days,
        "today": today,
        "heading": heading(days),
        "tabs": [(name, label, link(name, on, chosen)) for name, label in tabs()],
        "before": link(view, before, chosen) if before else "",
        "after": link(view, after, chosen) if after else "",
        "present": link(view, today, chosen),
        "as_list": link(view, on, chosen.with_(show="" if chosen.show else "list")),
        "all_hours": link(view, on, chosen.with_(all_hours=not chosen.all_hours)),
        "form": ChoiceForm.of(chosen, on),
        "kind_label": Kind(chosen.kind).label if chosen.kind else "",
        "pages": _pages(chosen, view, on),
        "live": _live(chosen),
        "new": _new_link(chosen, on, today),
        "day_link": day_link(chosen, on),
        "plans": _plans(chosen, view, on),
    }


def tabs() -> list[tuple[str, str]]:
    return [("day", _("Day")), ("week", _("Week")), ("month", _("Month")), ("timeline", _("Timeline"))]


def link(view: str, on: date, chosen: Selection) -> str:
    return reverse(f"calendar-{view}", args=[on.isoformat()]) + chosen.query


def heading(days: Days) -> str:
    if days.view == "day":
        return long_day(days.first)
    if days.view == "month":
        return month(days.first)
    return _("%(first)s to %(last)s") % {"first": short_day(days.first), "last": short_date(days.last)}


def neighbours(days: Days) -> tuple[date | None, date | None]:
    """A date of the days before and after; None beyond the years there are."""
    before, after = days.first - timedelta(days=1), days.last + timedelta(days=1)
    if days.view == "month":
        before = before.replace(day=1)
    elif days.view == "week":
        before = before - timedelta(days=6)
    return (
        before if before.year >= FIRST_YEAR else None,
        after if after.year <= LAST_YEAR else None,
    )


def _pages(chosen: Selection, view: str, on: date) -> dict[str, Any]:
    """Ways to the venue's other resources, where one page does not hold all."""
    page = chosen.page
    if page is None or not page.has_other_pages():
        return {}
    return {
        "first": page.start_index(),
        "last": page.end_index(),
        "all": page.paginator.count,
        "before": link(view, on, chosen.with_(number=page.number - 1)) if page.has_previous() else "",
        "after": link(view, on, chosen.with_(number=page.number + 1)) if page.has_next() else "",
    }


def _live(chosen: Selection) -> str:
    """What the page listens for."""
    asked = [("mine", "1")] if chosen.mine else []
    if chosen.venue and not chosen.mine:
        asked.append(("venue", chosen.venue.slug))
    return urlencode(asked)


def _new_link(chosen: Selection, on: date, today: date) -> str:
    if not (chosen.manages and chosen.venue):
        return ""
    asked = {"venue": chosen.venue.slug, "date": max(on, today)}
    if len(chosen.named) == 1:
        asked["resource"] = chosen.named[0].uuid
    return f"{reverse('calendar-new')}?{urlencode(asked)}"


def _plans(chosen: Selection, view: str, on: date) -> bool:
    """Whether staff get the timeline to drag on: not on days when the clocks change, which it cannot draw."""
    first, last = day_span(on, chosen.zone)
    return view == "timeline" and chosen.manages and not chosen.show and last - first == DAY
