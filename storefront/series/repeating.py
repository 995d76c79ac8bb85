"""A recurring booking: a look at every date first, then all of them in one step."""

import uuid
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from common import clock
from common.errors import DomainError, InvalidInput
from reservations.domain.values import ItemRequest
from reservations.enums import Status
from reservations.links import token_for
from reservations.models import Reservation, ReservationSeries
from reservations.series import Pattern, book_series, dates_of, series_preview
from resources.catalog import bookable
from resources.models import Resource
from storefront.booking.forms import BookingForm
from storefront.pages import actor_of, customer_of, mark_private, prefill_details
from storefront.place.views import find_resource
from storefront.refusals import list_refusals
from storefront.series.forms import RepeatForm, choices_from
from storefront.series.occurrences import list_occurrences, sum_prices


@never_cache
@require_http_methods(["GET", "POST"])
def repeat(request: HttpRequest, resource_id: UUID) -> HttpResponse:
    """The pattern's form; once it is filled in, every date as free or taken, and the form that books them."""
    resource = find_resource(request, resource_id)
    if "every" not in request.GET:
        return _show(request, resource, RepeatForm(initial=_usual(request, resource)), {})
    form = RepeatForm(request.GET)
    if not form.is_valid():
        return _show(request, resource, form, {}, status=400)
    pattern = _pattern(resource, form)
    if request.method == "POST" and "review" not in request.POST:
        return _book(request, resource, form, pattern)
    person = _person_form(request, resource, initial=request.POST.dict())
    return _show_dates(request, resource, form, pattern, person)


def _usual(request: HttpRequest, resource: Resource) -> dict[str, Any]:
    """What the day page was looking for, or what is usual."""
    facts = bookable(resource)
    usual = {
        "date": clock.now().astimezone(facts.zone).date().isoformat(),
        "time": "",
        "duration": facts.customer_rules.default_duration,
        "party_size": facts.customer_rules.min_party_size,
        "every": "week",
        "count": 10,
    }
    return usual | {name: request.GET[name] for name in usual if request.GET.get(name)}


def _pattern(resource: Resource, form: RepeatForm) -> Pattern:
    given = form.cleaned_data
    return Pattern(
        venue_id=resource.venue_id,
        items=(ItemRequest(resource.pk),),
        first_on=given["date"],
        at=given["time"],
        duration=form.length(),
        rule=form.rule(),
        party_size=given["party_size"],
    )


def _person_form(
    request: HttpRequest,
    resource: Resource,
    data: QueryDict | None = None,
    initial: dict[str, str] | None = None,
) -> BookingForm:
    facts = bookable(resource)
    known = prefill_details(request) | (initial or {})
    return BookingForm(data, initial=known, questions=facts.questions, terms=bool(facts.terms))


def _book(request: HttpRequest, resource: Resource, form: RepeatForm, pattern: Pattern) -> HttpResponse:
    """All that were chosen, or none. Series belong to accounts, as in the API."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    person = _person_form(request, resource, request.POST)
    if not person.is_valid():
        return _show_dates(request, resource, form, pattern, person, status=400)
    try:
        series = _book_chosen(request, resource, pattern, person)
    except DomainError as error:
        if isinstance(error, InvalidInput):
            person.mark(error)
        return _show_dates(request, resource, form, pattern, person, status=error.status, problem=error)
    booked = list(Reservation.objects.filter(series=series).order_by("starts_at", "id"))
    messages.success(request, _thanks(booked))
    return redirect("reservation-series", booked[0].pk, token_for(booked[0]))


def _book_chosen(
    request: HttpRequest, resource: Resource, pattern: Pattern, person: BookingForm
) -> ReservationSeries:
    """Raises what ``book_series`` raises."""
    dates = dates_of(pattern.rule, pattern.first_on, field="count")
    skip, instead = choices_from(request.POST, dates, resource.venue.zone_name)
    series, _left_out = book_series(
        pattern=replace(pattern, skip=skip, instead=instead),
        customer=customer_of(request, person.cleaned_data),
        actor=actor_of(request),
        requests=person.cleaned_data["requests"],
        reply=person.reply(),
        idempotency_key=request.POST.get("idempotency_key", "")[:200],
    )
    return series


def _thanks(booked: list[Reservation]) -> str:
    number = len(booked)
    if any(each.status == Status.PENDING for each in booked):
        return _("Your request is with the venue. The times are kept for you until they answer.")
    return ngettext("%d date is booked.", "%d dates are booked.", number) % number


def _show_dates(
    request: HttpRequest,
    resource: Resource,
    form: RepeatForm,
    pattern: Pattern,
    person: BookingForm,
    *,
    status: int = 200,
    problem: DomainError | None = None,
) -> HttpResponse:
    """The dry run; a refused request shows it anew, as things are now."""
    try:
        found = series_preview(pattern=pattern, actor=actor_of(request))
    except DomainError as error:
        return _show(request, resource, form, {"problem": error}, status=error.status)
    posted = request.POST.dict()
    rows = list_occurrences(found, bookable(resource), pattern.duration, pattern.party_size, posted)
    context = {
        "rows": rows,
        "free": sum(1 for row in rows if row.usual),
        "chosen": sum(1 for row in rows if row.chosen),
        "total": sum_prices(rows),
        "person": person,
        "terms": resource.venue.terms,
        "problem": problem,
        "refused": list_refusals(problem),
        "idempotency_key": posted.get("idempotency_key") or uuid.uuid4(),
    }
    return _show(request, resource, form, context, status=status)


def _show(
    request: HttpRequest, resource: Resource, form: RepeatForm, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    facts = bookable(resource)
    shared = {"resource": resource, "facts": facts, "form": form, "zone": resource.venue.zone_name}
    return mark_private(render(request, "storefront/series/repeat.html", shared | context, status=status))
