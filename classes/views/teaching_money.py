"""What one's sessions have brought in, and what one is paid."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from classes import books
from classes.dashboard import read_metrics
from classes.enums import RevenueBy
from classes.models import Facilitator, Payout, Session
from classes.permissions import leads
from classes.teaching import find_managed_session
from classes.teaching_forms import USUAL_DAYS, PeriodForm
from classes.views.teaching import choose_profile, describe_profile
from common import clock
from common.errors import Forbidden, InvalidInput, NotFound
from common.parsing import parse_date

MOST_SHOWN, MOST_LINES = 200, 1000
LONGEST = timedelta(days=366)
BY_SESSION = "rows"
"""Sessions one by one; else days, by either day that money has."""


@never_cache
@login_required
@require_safe
def revenue(request: HttpRequest) -> HttpResponse:
    profile, profiles = choose_profile(request)
    if profile is None:
        return redirect("teach")
    form, period = _read_period(request, profile)
    if request.GET.get("format") == "csv" and form.is_valid():
        return _send(profile, period)
    by = request.GET.get("by", "")
    metrics = read_metrics(profile, now=clock.now(), start=period.start, end=period.end)
    is_by_payment = by == RevenueBy.PAYMENT
    context = {
        **describe_profile(profile, profiles),
        "form": form,
        "metrics": metrics,
        "revenue": books.sum_parts(profile, period, RevenueBy.PAYMENT) if is_by_payment else metrics.revenue,
        "period": period,
        "by": by if by in RevenueBy.values else BY_SESSION,
        **_read_numbers(profile, period, by),
        **_make_links(profile, period),
    }
    status = 200 if form.is_valid() else 400
    return render(request, "classes/teach/revenue.html", context, status=status)


def _read_period(request: HttpRequest, profile: Facilitator) -> tuple[PeriodForm, books.Period]:
    """The last 30 days where none, or none that makes sense, is asked for."""
    today = clock.now().astimezone(profile.venue.zone).date()
    usual = {"from": (today - timedelta(days=USUAL_DAYS - 1)).isoformat(), "to": today.isoformat()}
    form = PeriodForm(usual | {name: request.GET[name] for name in usual if request.GET.get(name)})
    chosen = form.cleaned_data if form.is_valid() else PeriodForm(usual)
    if isinstance(chosen, PeriodForm):
        chosen.is_valid()
        chosen = chosen.cleaned_data
    return form, books.Period(profile.venue, chosen["first"], chosen["last"])


def _read_numbers(profile: Facilitator, period: books.Period, by: str) -> dict[str, Any]:
    if by in RevenueBy.values:
        return {"days": list(books.sum_days(profile, period, RevenueBy(by)).items())}
    rows = books.list_book_rows(profile, period)
    return {"rows": rows[:MOST_SHOWN], "left_out": max(len(rows) - MOST_SHOWN, 0)}


def _make_links(profile: Facilitator, period: books.Period) -> dict[str, str]:
    asked = {"venue": profile.venue.slug, "from": period.first.isoformat(), "to": period.last.isoformat()}
    return {"asked": urlencode(asked), "csv": f"?{urlencode(asked | {'format': 'csv'})}"}


def _send(profile: Facilitator, period: books.Period) -> HttpResponse:
    text = books.write_books(books.list_book_rows(profile, period), profile.venue.currency)
    name = f"teaching-{profile.venue.slug}-{period.first}-{period.last}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)


@never_cache
@login_required
@require_safe
def lines(request: HttpRequest) -> HttpResponse:
    """The rows behind a number: of a session, or of a day. Raises ``NotFound`` and ``Forbidden``."""
    profile, profiles = choose_profile(request)
    if profile is None:
        return redirect("teach")
    number = request.GET.get("session", "")
    if number:
        session = _find_session(request, number)
        frame = describe_profile(session.facilitator, profiles)
        context = {"session": session, "lines": books.list_session_lines(session), **_read_payout(session)}
    else:
        period, by = _read_days(request, profile), request.GET.get("by", "")
        chosen = RevenueBy(by) if by in RevenueBy.values else RevenueBy.SESSION
        frame = describe_profile(profile, profiles)
        context = {
            "period": period,
            "by": chosen,
            "lines": books.list_period_lines(profile, period, chosen),
        }
    currency, found = frame["venue"].currency, context["lines"]
    context |= {"total": books.total_of(found, currency), "currency": currency}
    context |= {"lines": found[:MOST_LINES], "left_out": max(len(found) - MOST_LINES, 0)}
    return render(request, "classes/teach/lines.html", frame | context)


def _find_session(request: HttpRequest, number: str) -> Session:
    """One's own: what others bring in is the venue's business."""
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise NotFound
    session = find_managed_session(request.user, int(number))
    if not leads(request.user, session):
        raise Forbidden
    return session


def _read_days(request: HttpRequest, profile: Facilitator) -> books.Period:
    """A ``day``, or those ``from`` one ``to`` another."""
    day = request.GET.get("day", "")
    try:
        first, last = (parse_date(request.GET.get(name, day)) for name in ("from", "to"))
    except InvalidInput as error:
        raise NotFound from error
    if not (1971 <= first.year <= 2999 and first <= last <= first + LONGEST):
        raise NotFound
    return books.Period(profile.venue, first, last)


def _read_payout(session: Session) -> dict[str, Any]:
    payout = Payout.objects.filter(session=session, facilitator=session.facilitator_id).first()
    return {"payout": payout, "parts": books.explain_payout(payout) if payout else []}
