"""Passes at the counter: sold, paid, given credits back, extended and ended."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classes import services
from classes.models import Pass, PassKind, PassUse
from classes.pass_balance import count_left
from classes.studio_forms import ExtendForm, SellForm
from classes.views.studio import find_studio, shared_context, staff_actor
from classes.visiting import is_key
from common import clock
from common.errors import DomainError, UnknownAction
from common.idempotency import own_key
from common.numbers import read_key
from common.templatetags.holdfast import money, short_date
from reservations.domain.values import SYSTEM
from resources.models import Venue

PER_PAGE = 50


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def passes(request: HttpRequest, venue_slug: str) -> HttpResponse:
    venue = find_studio(request, venue_slug)
    kinds = list(PassKind.objects.filter(venue=venue, is_active=True))
    named = [(kind, f"{kind.name} · {money(kind.price, venue.currency)}") for kind in kinds]
    initial = {"key": str(uuid4())}
    form = SellForm(request.POST if request.method == "POST" else None, initial=initial, kinds=named)
    problem: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            return _sell(request, venue, form)
        except DomainError as error:
            problem = error
            form.mark(error)
    query = request.GET.get("q", "").replace("\x00", "")[:100].strip()
    page = Paginator(_search(venue, query), PER_PAGE).get_page(request.GET.get("page"))
    left = count_left(page.object_list)
    context = {
        **shared_context(request, venue),
        "rows": [(sold, left[sold.pk]) for sold in page],
        "page": page,
        "query": query,
        "kinds": kinds,
        "form": form,
        "problem": problem,
        "today": clock.now().astimezone(venue.zone).date(),
    }
    status = problem.status if problem else 400 if form.errors else 200
    return render(request, "classes/studio/passes.html", context, status=status)


def _search(venue: Venue, query: str) -> QuerySet[Pass]:
    rows = Pass.objects.filter(venue=venue).select_related("kind", "customer").order_by("-pk")
    for word in query.split()[:5]:
        is_name = Q(customer__first_name__istartswith=word) | Q(customer__last_name__istartswith=word)
        rows = rows.filter(is_name | Q(customer__email__istartswith=word))
    return rows


def _sell(request: HttpRequest, venue: Venue, form: SellForm) -> HttpResponse:
    data = form.cleaned_data
    sold = services.sell_pass(
        kind_id=int(data["kind"]),
        customer=data["person"],
        actor=staff_actor(request),
        is_paid=data["is_paid"],
        reference=data["reference"],
        idempotency_key=own_key(request, data["key"]),
    )
    messages.success(request, _("Pass sold."))
    return redirect("studio-pass", venue.slug, sold.pk)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def one_pass(request: HttpRequest, venue_slug: str, pass_id: int) -> HttpResponse:
    venue = find_studio(request, venue_slug)
    sold = _find(venue, pass_id)
    form = ExtendForm(initial={"expires_on": sold.expires_on})
    if request.method != "POST":
        return _show(request, sold, form)
    action, _colon, about = request.POST.get("action", "").partition(":")
    if action == "extend":
        form = ExtendForm(request.POST)
        if not form.is_valid():
            return _show(request, sold, form, status=400)
    try:
        if action not in ACTS:
            raise UnknownAction
        messages.success(request, ACTS[action](request, sold, about))
    except DomainError as error:
        form.mark(error)
        return _show(request, _find(venue, pass_id), form, problem=error, status=error.status)
    return redirect("studio-pass", venue.slug, sold.pk)


def _find(venue: Venue, pass_id: int) -> Pass:
    """Raises ``PassNotFound``."""
    rows = Pass.objects.select_related("kind", "customer", "venue")
    sold = rows.filter(venue=venue, pk=pass_id).first() if is_key(pass_id) else None
    if sold is None:
        raise services.PassNotFound
    return sold


def _show(
    request: HttpRequest,
    sold: Pass,
    form: ExtendForm,
    *,
    problem: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    refund = None
    if sold.ended_at is None:
        _sold, refund = services.end_pass(pass_id=sold.pk, actor=SYSTEM, dry_run=True)
    uses = sold.uses.select_related("booking__session__venue").order_by("-pk")
    context: dict[str, Any] = {
        **shared_context(request, sold.venue),
        "sold": sold,
        "left": count_left([sold])[sold.pk],
        "uses": uses,
        "form": form,
        "refund": refund,
        "problem": problem,
        "today": clock.now().astimezone(sold.venue.zone).date(),
    }
    return render(request, "classes/studio/pass.html", context, status=status)


def _pay(request: HttpRequest, sold: Pass, about: str) -> str:
    reference = request.POST.get("reference", "")[:100]
    services.record_pass_payment(pass_id=sold.pk, actor=staff_actor(request), reference=reference)
    return _("Payment recorded.")


def _return(request: HttpRequest, sold: Pass, about: str) -> str:
    use = PassUse.objects.filter(used_pass=sold, pk=read_key(about) or 0).first()
    if use is None:
        raise services.PassNotFound
    services.return_credit(use_id=use.pk)
    return _("Credit returned.")


def _extend(request: HttpRequest, sold: Pass, about: str) -> str:
    form = ExtendForm(request.POST)
    form.full_clean()
    until = form.cleaned_data["expires_on"]
    services.extend_pass(pass_id=sold.pk, expires_on=until)
    return _("Valid until %s.") % short_date(until)


def _end(request: HttpRequest, sold: Pass, about: str) -> str:
    _ended, refund = services.end_pass(pass_id=sold.pk, actor=staff_actor(request))
    if not refund:
        return _("Pass ended.")
    return _("Pass ended. %s is refunded.") % money(refund, sold.currency)


ACTS: dict[str, Callable[[HttpRequest, Pass, str], str]] = {
    "pay": _pay,
    "return": _return,
    "extend": _extend,
    "end": _end,
}
