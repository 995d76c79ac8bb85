"""What teachers get: settled once it is paid out, and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classes import services
from classes.lists import unpaid_sessions
from classes.models import Facilitator, Payout, PayRate, Session
from classes.pay_table import write_payouts
from classes.views.studio import find_studio, list_people, shared_context, staff_actor
from common.errors import DomainError, InvalidInput
from common.numbers import read_key
from common.parsing import parse_date
from common.templatetags.holdfast import short_date
from resources.models import Venue

PER_PAGE = 100
STATES = ("open", "settled")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def payouts(request: HttpRequest, venue_slug: str) -> HttpResponse:
    """For managers alone."""
    venue = find_studio(request, venue_slug, manager=True)
    problem: DomainError | None = None
    if request.method == "POST":
        try:
            if request.POST.get("action") == "rate":
                _set_rate(request, venue)
            elif request.POST.get("action") == "settle":
                _settle(request, venue)
            else:
                return _ask_first(request, venue)
            return redirect("studio-payouts", venue.slug)
        except DomainError as error:
            problem = error
    state = "settled" if request.GET.get("state") == "settled" else "open"
    key = read_key(request.GET.get("teacher", ""))
    rows = _list(venue, state, key)
    if request.GET.get("format") == "csv":
        return _answer_csv(rows, venue)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        **shared_context(request, venue),
        "page": page,
        "state": state,
        "teacher": key,
        "people": list_people(venue),
        "unpaid": _list_unpaid(venue) if state == "open" else [],
        "rates": PayRate.objects.filter(venue=venue).order_by("name"),
        "total": rows.aggregate(total=Sum("amount"))["total"],
        "problem": problem,
    }
    return render(request, "classes/studio/payouts.html", context, status=problem.status if problem else 200)


def _list(venue: Venue, state: str, key: int | None) -> QuerySet[Payout]:
    rows = Payout.objects.filter(venue=venue, settled_at__isnull=state == "open")
    rows = rows if key is None else rows.filter(facilitator=key)
    related = ("session__venue", "facilitator", "settled_by")
    return rows.select_related(*related).order_by("-session__starts_at", "-pk")


@dataclass(frozen=True, slots=True)
class Unpaid:
    """Of one teacher: sessions that are over and have no pay, the oldest first."""

    teacher: Facilitator
    sessions: Sequence[Session]

    @property
    def since(self) -> date:
        return self.sessions[0].local_start.date()


def _list_unpaid(venue: Venue) -> list[Unpaid]:
    rows = unpaid_sessions().filter(venue=venue).select_related("venue", "facilitator")
    by_teacher: dict[int, list[Session]] = {}
    for session in rows.order_by("starts_at", "pk"):
        by_teacher.setdefault(session.facilitator_id, []).append(session)
    found = [Unpaid(sessions[0].facilitator, sessions) for sessions in by_teacher.values()]
    return sorted(found, key=lambda row: row.teacher.name)


def _set_rate(request: HttpRequest, venue: Venue) -> None:
    """Raises ``InvalidInput``."""
    teacher = list_people(venue).filter(pk=read_key(request.POST.get("teacher", "")) or 0).first()
    rate = PayRate.objects.filter(venue=venue, pk=read_key(request.POST.get("rate", "")) or 0).first()
    if teacher is None or rate is None:
        raise InvalidInput(_("Choose a teacher and a pay rate."))
    since = parse_date(request.POST.get("since", ""))
    services.set_pay_rate(facilitator=teacher, pay_rate=rate, since=since)
    said = _("Pay for %(name)s is worked out from %(day)s on.")
    messages.success(request, said % {"name": teacher.name, "day": short_date(since)})


def _ask_first(request: HttpRequest, venue: Venue) -> HttpResponse:
    """What is chosen comes to how much: all are chosen to begin with. Raises ``InvalidInput``."""
    chosen = _read_chosen(request, venue)
    context = {
        **shared_context(request, venue),
        "chosen": [f"{key}:{amount}" for key, amount in chosen.items()],
        "total": sum(chosen.values(), Decimal(0)),
    }
    return render(request, "classes/studio/settle.html", context)


def _settle(request: HttpRequest, venue: Venue) -> None:
    seen = _read_chosen(request, venue)
    settled = services.settle_payouts(payout_ids=[*seen], actor=staff_actor(request), seen=seen)
    count = len(settled)
    messages.success(request, ngettext("%d payout settled.", "%d payouts settled.", count) % count)


def _read_chosen(request: HttpRequest, venue: Venue) -> dict[int, Decimal]:
    """By payout of the venue, its amount as it was on the page. Raises ``InvalidInput``."""
    seen = dict(filter(None, map(_read_choice, request.POST.getlist("payout"))))
    found = Payout.objects.filter(venue=venue, pk__in=seen).order_by("pk").values_list("pk", flat=True)
    if not found:
        raise InvalidInput(_("Choose at least one."))
    return {key: seen[key] for key in found}


def _read_choice(text: str) -> tuple[int, Decimal] | None:
    """A payout's key, and its amount as it was on the page."""
    name, _colon, amount = text.partition(":")
    key = read_key(name)
    is_amount = amount.replace(".", "", 1).isdecimal() and amount.isascii() and len(amount) <= 20
    return (key, Decimal(amount)) if key is not None and is_amount else None


def _answer_csv(rows: QuerySet[Payout], venue: Venue) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="payouts-{venue.slug}.csv"'}
    return HttpResponse(write_payouts(rows), content_type="text/csv; charset=utf-8", headers=headers)
