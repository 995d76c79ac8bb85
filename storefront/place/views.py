import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial, wraps
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from common.blanks import without_blanks
from common.errors import DomainError, InvalidInput, NotFound
from common.htmx import is_swap, retarget
from common.idempotency import own_key
from common.kept_answers import show_at
from common.page_limits import counts_as
from common.page_parts import PageQuery, place_pages, place_parts, render_parts
from common.parsing import parse_date
from common.visitors import holders_of
from reservations.availability import Wish, moment_now
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.enums import Status
from reservations.links import token_for
from reservations.models import Reservation
from reservations.remembered_holds import remember_hold
from reservations.services import hold_as_guest, hold_reservation
from resources.models import Resource, ResourceGroup
from resources.permissions import sees_venue
from resources.remembered import keep_rows
from resources.selectors import named_group
from scheduling.reasons import Reason
from storefront.cart.holds import find_own_slots
from storefront.forms import HoldForm, MonthForm
from storefront.place.context import (
    Place,
    build_choices,
    describe_place,
    find_next_free,
    is_never_booked,
    make_group_place,
    make_part_query,
    make_query,
    make_resource_place,
)
from storefront.place.forms import PlaceForm, form_values
from storefront.place.month import build_month
from storefront.place.stay import DEPARTURE, build_stay


def or_product_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """What is found through a product alone is shown there."""

    @wraps(view)
    def answer(request: HttpRequest, resource_id: UUID) -> HttpResponse:
        try:
            return view(request, resource_id)
        except NotFound:
            hidden = Resource.objects.filter(
                uuid=resource_id, is_active=True, is_listed=False, extension__in=place_pages.names()
            )
            resource = hidden.select_related("venue").first()
            if resource is None or not sees_venue(request.user, resource.venue):
                raise
            return redirect(_find_page_of(request, resource))

    return answer


def _find_page_of(request: HttpRequest, resource: Resource) -> str:
    query = PageQuery([resource.venue], first_day=_read_day(request), resource_id=resource.pk)
    page = place_pages[resource.extension](query)
    if not page:
        raise NotFound
    return page


@require_safe
@or_product_page
@without_blanks
def resource_day(request: HttpRequest, resource_id: UUID) -> HttpResponse:
    return _check_and_show_day(request, make_resource_place(find_resource(request, resource_id)))


@require_safe
@without_blanks
def group_day(request: HttpRequest, group_id: UUID) -> HttpResponse:
    return _check_and_show_day(request, make_group_place(_find_group(group_id)))


@require_safe
@or_product_page
@without_blanks
def resource_month(request: HttpRequest, resource_id: UUID) -> HttpResponse:
    return _show_month(request, make_resource_place(find_resource(request, resource_id)))


@require_safe
@without_blanks
def group_month(request: HttpRequest, group_id: UUID) -> HttpResponse:
    return _show_month(request, make_group_place(_find_group(group_id)))


@counts_as("hold")
@require_POST
def hold(request: HttpRequest, resource_id: UUID) -> HttpResponse:
    return _hold_or_show(request, make_resource_place(find_resource(request, resource_id)))


@counts_as("hold")
@require_POST
def group_hold(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Hold the chosen time at a free member, picked by the group's rule."""
    return _hold_or_show(request, make_group_place(_find_group(group_id)))


def _check_and_show_day(request: HttpRequest, place: Place) -> HttpResponse:
    if page := find_product_page(request, place):
        return redirect(page)
    form = _make_form(place, request.GET)
    if not form.is_valid():
        return _show_day(request, place, {}, form=form, status=400)
    return _show_day(request, place, form.cleaned_data)


def find_product_page(request: HttpRequest, place: Place) -> str:
    """Of what nobody books, or finds, here: that of the product which has another way."""
    has_other_way = is_never_booked(place) or not place.row.is_listed
    find_page = place_pages.get(place.bookable.extension) if has_other_way else None
    if find_page is None:
        return ""
    return find_page(replace(make_part_query(place), first_day=_read_day(request)))


def _read_day(request: HttpRequest) -> date | None:
    try:
        return parse_date(request.GET.get("date", ""))
    except InvalidInput:
        return None


def _show_month(request: HttpRequest, place: Place) -> HttpResponse:
    """Days to choose from, by themselves or in a dialog of the place's page."""
    if page := find_product_page(request, place):
        return redirect(page)
    form, month_form = _make_form(place, request.GET), MonthForm(request.GET)
    is_valid = form.is_valid() and month_form.is_valid()
    cleaned = form.cleaned_data if is_valid else {}
    on, wish = cleaned.get("date") or place.today, place.wish(request, cleaned)
    month = month_form.cleaned_data.get("month") if is_valid else None
    context = {
        "place": place,
        "face": place.row.venue,
        "form": form,
        "month_form": month_form,
        "query": make_query(on, wish),
    }
    context |= build_month(place, month, on, wish)
    return render(request, "storefront/place/month.html", context, status=200 if is_valid else 400)


def _make_form(place: Place, data: Any) -> PlaceForm:
    return PlaceForm(data, bookables=place.bookables, asked=place.bookable.customer_rules.default_duration)


def _hold_or_show(request: HttpRequest, place: Place) -> HttpResponse:
    if page := find_product_page(request, place):
        return redirect(page)
    form = HoldForm(request.POST, zone=place.row.venue.zone_name)
    parameters = _read_parameters(request)
    if not form.is_valid():
        return _show_again(request, place, parameters, _first_error(form))
    parameters.setdefault(
        "date", form.cleaned_data["start"].astimezone(place.bookable.zone).date().isoformat()
    )
    try:
        reservation = _hold(request, place, form)
    except DomainError as error:
        # After signing in they find the day and wish that they left; the slot itself is chosen again.
        if error.code == Reason.SIGN_IN_REQUIRED and not request.user.is_authenticated:
            return redirect_to_login(f"{place.path}?{urlencode(parameters)}")
        return _show_again(request, place, parameters, error)
    remember_hold(request.session, reservation)
    return redirect("reservation-details", reservation.pk, token_for(reservation))


def _hold(request: HttpRequest, place: Place, form: HoldForm) -> Reservation:
    """A page kept by the browser posts the same key again; if its hold has expired, hold anew."""
    page_key = form.cleaned_data["idempotency_key"]
    reservation = _hold_once(request, place, form, _make_key(page_key, place, form))
    if reservation.status == Status.EXPIRED:
        return _hold_once(request, place, form, str(uuid4()))
    return reservation


def _make_key(page_key: str, place: Place, form: HoldForm) -> str:
    """One key for each choice on the page: a second click repeats, another time is another request."""
    if not page_key:
        return ""
    choice = [form.cleaned_data[name] for name in ("start", "duration", "party_size", "quantity")]
    return hashlib.sha256(repr([page_key, str(place.row.uuid), *map(str, choice)]).encode()).hexdigest()


def _hold_once(request: HttpRequest, place: Place, form: HoldForm, key: str) -> Reservation:
    start, end = form.span(place.bookable)
    user = request.user if request.user.is_authenticated else None
    quantity = form.cleaned_data["quantity"]
    row_id = place.row.pk
    wanted = ItemRequest(group_id=row_id) if place.is_group else ItemRequest(row_id)
    hold = partial(
        hold_reservation,
        venue_id=place.row.venue_id,
        items=[replace(wanted, quantity=quantity)],
        start=start,
        end=end,
        party_size=form.cleaned_data["party_size"],
        actor=Actor(user),
        customer=Customer.from_user(user) if user else None,
        idempotency_key=own_key(request, key),
        venue_catalog=place.venue_catalog,
    )
    return hold_as_guest(hold, holders_of(request))


def _read_parameters(request: HttpRequest) -> dict[str, str]:
    parameters = {name: request.POST.get(name, "") for name in ("date", "duration", "party_size", "quantity")}
    return {name: value for name, value in parameters.items() if value}


def _first_error(form: HoldForm) -> DomainError:
    errors = next(iter(form.errors.as_data().values()))
    return DomainError(errors[0].messages[0], code=errors[0].code or "invalid")


def _show_again(
    request: HttpRequest, place: Place, parameters: dict[str, str], problem: DomainError
) -> HttpResponse:
    form = _make_form(place, parameters)
    cleaned = form.cleaned_data if form.is_valid() else {}
    response = _show_day(request, place, cleaned, status=problem.status, problem=problem)
    return show_at(response, f"{place.path}?{urlencode(parameters)}")


def find_resource(request: HttpRequest, resource_id: UUID) -> Resource:
    """Raises ``NotFound`` for what this visitor may not see."""
    visible = Resource.objects.visible_to(request.user).select_related(
        "venue", "rules", "cancellation_policy"
    )
    resource = visible.filter(uuid=resource_id).first()
    if resource is None:
        raise NotFound
    keep_rows(resource.venue, [resource])
    return resource


def _find_group(group_id: UUID) -> ResourceGroup:
    return named_group(group_id)


def _pick_day(place: Place, wish: Wish) -> date:
    """Today; or, of lodging, the next night that is free: who stays plans ahead."""
    next_free = find_next_free(place.bookables, wish, place.today, moment_now()) if place.is_stay else None
    return next_free.date() if next_free else place.today


def _show_day(
    request: HttpRequest,
    place: Place,
    cleaned: dict[str, Any],
    *,
    form: PlaceForm | None = None,
    status: int = 200,
    problem: DomainError | None = None,
) -> HttpResponse:
    """The whole page, with ``form`` if it has errors, else with a form of what is shown."""
    wish = place.wish(request, cleaned)
    on = cleaned.get("date") or _pick_day(place, wish)
    shown_form = PlaceForm(form_values(on, wish), bookables=place.bookables, asked=wish.duration)
    context = describe_place(place, wish) | build_choices(place, on, wish)
    context |= {
        "resource": None if place.is_group else place.row,
        "face": place.row.venue,
        "form": form or shown_form,
        "on": on,
        "wish": wish,
        "query": make_query(on, wish),
        "keep": make_query(on, wish, without_date=True),
        "problem": problem,
        "own_slots": find_own_slots(request, place.bookables, context["slots"]),
        "product_parts": render_parts(place_parts, request, make_part_query(place)),
    }
    if context["is_stay"]:
        month = MonthForm(request.GET)
        shown_month = month.cleaned_data["month"] if month.is_valid() else None
        picks_departure = request.GET.get("pick") == DEPARTURE
        context |= build_stay(place, shown_month, on, wish, picks_departure=picks_departure)
    # htmx swaps only answers with a success status, so errors of the form are sent as one.
    swaps_errors = is_swap(request) and form is not None
    response = render(request, "storefront/place/day.html", context, status=200 if swaps_errors else status)
    return retarget(response, "#booking") if swaps_errors else response
