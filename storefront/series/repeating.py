import uuid
from dataclasses import replace
from datetime import datetime
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
from common.blanks import without_blanks
from common.errors import DomainError
from reservations.domain.values import ItemRequest
from reservations.enums import Status
from reservations.links import token_for
from reservations.models import Reservation, ReservationSeries
from reservations.series import Occurrence, Pattern, book_series, list_dates, preview_series
from resources.catalog import bookable
from resources.models import Resource
from resources.refund_words import describe_cancellation
from storefront.booking.forms import BookingForm
from storefront.pages import actor_of, customer_of, mark_private, prefill_details
from storefront.place.views import find_resource
from storefront.refusals import list_refusals
from storefront.series.filling import preview_filled
from storefront.series.forms import RepeatForm, parse_count, read_choices
from storefront.series.occurrences import list_occurrences, sum_prices
from storefront.series.words import describe_series


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@without_blanks
def repeat(request: HttpRequest, resource_id: UUID) -> HttpResponse:
    resource = find_resource(request, resource_id)
    if "every" not in request.GET:
        initial = _initial_values(request, resource)
        return _show(request, resource, RepeatForm(initial=initial, bookable=bookable(resource)), {})
    form = RepeatForm(request.GET, bookable=bookable(resource))
    if not form.is_valid():
        return _show(request, resource, form, {}, status=400)
    pattern = _make_pattern(request, resource, form)
    if request.method == "POST" and "review" not in request.POST:
        return _book_or_show(request, resource, form, pattern)
    person = _make_person_form(request, resource, initial=request.POST.dict())
    return _show_dates(request, resource, form, pattern, person)


def _initial_values(request: HttpRequest, resource: Resource) -> dict[str, Any]:
    """What the day page was asked for, completed with what is usual."""
    bookable_resource = bookable(resource)
    usual = {
        "date": clock.now().astimezone(bookable_resource.zone).date().isoformat(),
        "time": "",
        "duration": bookable_resource.customer_rules.default_duration,
        "party_size": bookable_resource.customer_rules.min_party_size,
        "every": "week",
        "count": 10,
    }
    return usual | {name: request.GET[name] for name in usual if request.GET.get(name)}


def _make_pattern(request: HttpRequest, resource: Resource, form: RepeatForm) -> Pattern:
    cleaned = form.cleaned_data
    # As many dates as the page has shown, where it has added some.
    shown = parse_count(request.POST.get("dates", "")) if form.is_filled else 0
    return Pattern(
        venue_id=resource.venue_id,
        items=(ItemRequest(resource.pk),),
        first_on=cleaned["date"],
        at=cleaned["time"],
        duration=form.length(),
        rule=form.rule(shown),
        party_size=cleaned["party_size"],
    )


def _make_person_form(
    request: HttpRequest,
    resource: Resource,
    data: QueryDict | None = None,
    initial: dict[str, str] | None = None,
) -> BookingForm:
    bookable_resource = bookable(resource)
    initial_values = prefill_details(request) | (initial or {})
    return BookingForm(
        data,
        initial=initial_values,
        questions=bookable_resource.questions,
        terms=bool(bookable_resource.terms),
        country=resource.venue.country,
    )


def _book_or_show(
    request: HttpRequest, resource: Resource, form: RepeatForm, pattern: Pattern
) -> HttpResponse:
    """All chosen dates or none. Only accounts can have series, as in the API."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    person = _make_person_form(request, resource, request.POST)
    if not person.is_valid():
        return _show_dates(request, resource, form, pattern, person, status=400)
    try:
        series = _book_chosen(request, resource, pattern, person)
    except DomainError as error:
        person.mark(error)
        return _show_dates(request, resource, form, pattern, person, status=error.status, problem=error)
    reservations = list(Reservation.objects.filter(series=series).order_by("starts_at", "id"))
    messages.success(request, _thank_customer(reservations))
    return redirect("reservation-series", reservations[0].pk, token_for(reservations[0]))


def _book_chosen(
    request: HttpRequest, resource: Resource, pattern: Pattern, person: BookingForm
) -> ReservationSeries:
    # Worked out anew from the rule: a form could name other dates.
    start = datetime.combine(pattern.first_on, pattern.at, resource.venue.zone)
    dates = list_dates(pattern.rule, start, field="count")
    skip, instead = read_choices(request.POST, dates, resource.venue.zone_name)
    series, _left_out = book_series(
        pattern=replace(pattern, skip=skip, instead=instead),
        customer=customer_of(request, person.cleaned_data),
        actor=actor_of(request),
        requests=person.cleaned_data["requests"],
        reply=person.reply(),
        idempotency_key=request.POST.get("idempotency_key", "")[:200],
    )
    return series


def _thank_customer(reservations: list[Reservation]) -> str:
    number = len(reservations)
    if any(reservation.status == Status.PENDING for reservation in reservations):
        return _("We've sent your request. We're holding these times while the venue decides.")
    return ngettext("You're booked for %d date.", "You're booked for %d dates.", number) % number


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
    """The dry run; a refused request shows it as things are now."""
    try:
        occurrences = _preview(request, form, pattern)
    except DomainError as error:
        return _show(request, resource, form, {"problem": error}, status=error.status)
    posted = request.POST.dict()
    rows = list_occurrences(occurrences, form.bookable, pattern.duration, pattern.party_size, posted)
    context = {
        "rows": rows,
        "sentence": describe_series(form, rows),
        "free": sum(1 for row in rows if row.usual),
        "chosen": sum(1 for row in rows if row.chosen),
        "total": sum_prices(rows),
        "cancelling": describe_cancellation(form.bookable.tiers, form.bookable.currency),
        "person": person,
        "terms": resource.venue.terms,
        "problem": problem,
        "refused": list_refusals(problem),
        "idempotency_key": posted.get("idempotency_key") or uuid.uuid4(),
    }
    return _show(request, resource, form, context, status=status)


def _preview(request: HttpRequest, form: RepeatForm, pattern: Pattern) -> list[Occurrence]:
    if form.is_filled and "dates" not in request.POST:
        return preview_filled(pattern, form, actor_of(request))
    return preview_series(pattern=pattern, actor=actor_of(request))


def _show(
    request: HttpRequest, resource: Resource, form: RepeatForm, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    shared = {
        "resource": resource,
        "facts": form.bookable,
        "form": form,
        "zone": resource.venue.zone_name,
        "face": resource.venue,
    }
    return mark_private(render(request, "storefront/series/repeat.html", shared | context, status=status))
