"""Find a time: all resources on a day, one resource's day, and holding a slot of it."""

import uuid
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from common import clock
from common.errors import DomainError, NotFound
from reservations.availability import Wish
from reservations.cart import remember_hold
from reservations.forms import DayForm, HoldForm, SearchForm
from reservations.links import token_for
from reservations.models import Reservation
from reservations.search import (
    Criteria,
    bookers,
    day_slots,
    find_times,
    moment_now,
    next_free_start,
    wish_for,
)
from reservations.services import hold_reservation
from reservations.services.values import Actor, Customer, ItemRequest
from resources.catalog import bookable
from resources.enums import UnitsBy
from resources.models import Resource
from scheduling.reasons import Reason

MOST_RESULTS = 200
MOST_LIVE = 50


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The search form and, for each matching resource, its free times on the day."""
    tomorrow = clock.now().date() + timedelta(days=1)
    form = SearchForm({"date": tomorrow.isoformat(), "party_size": 2} | request.GET.dict())
    if not form.is_valid():
        return render(request, "reservations/find.html", {"form": form, "results": None}, status=400)
    asked = form.cleaned_data
    on, party_size = asked["date"] or tomorrow, asked["party_size"] or 1
    resources = _matching(request, asked, party_size)
    results = find_times(resources, Criteria(on, party_size, asked["duration"]), request.user, moment_now())
    context = {"form": form, "results": results, "on": on, "party_size": party_size, "live": _live(resources)}
    return render(request, "reservations/find.html", context)


def _live(resources: list[Resource]) -> str:
    """What the page listens for: the venues it shows, but for more than can be named."""
    venues = sorted({resource.venue.slug for resource in resources})
    return urlencode([("venue", slug) for slug in venues[:MOST_LIVE]])


def _matching(request: HttpRequest, asked: dict[str, Any], party_size: int) -> list[Resource]:
    found = Resource.objects.visible_to(request.user).bookable().for_party(party_size).select_related("venue")
    if asked["kind"]:
        found = found.filter(kind=asked["kind"])
    if asked["venue"]:
        found = found.filter(venue=asked["venue"])
    return list(found.prefetch_related("features")[:MOST_RESULTS])


@require_GET
def resource_day(request: HttpRequest, resource_id: UUID) -> HttpResponse:
    """One resource's day with every slot, free or not."""
    resource = find_resource(request, resource_id)
    form = DayForm(request.GET)
    if not form.is_valid():
        return _show_day(request, resource, DayForm(request.GET), {}, status=400)
    return _show_day(request, resource, form, form.cleaned_data)


@require_POST
def hold(request: HttpRequest, resource_id: UUID) -> HttpResponse:
    """Holds the chosen slot and leads to the details; a refusal shows the day again with the reason."""
    resource = find_resource(request, resource_id)
    form = HoldForm(request.POST, zone=resource.venue.zone_name)
    asked = _asked_again(request)
    if not form.is_valid():
        return _show_day(request, resource, DayForm(asked), {}, status=400, problem=_first_error(form))
    try:
        reservation = _hold(request, resource, form)
    except DomainError as error:
        if error.code == Reason.SIGN_IN_REQUIRED and not request.user.is_authenticated:
            return redirect_to_login(_day_address(resource, asked))
        day = DayForm(asked)
        known = day.cleaned_data if day.is_valid() else {}
        return _show_day(request, resource, day, known, status=error.status, problem=error)
    remember_hold(request.session, reservation)
    return redirect("reservation-details", reservation.pk, token_for(reservation))


def _hold(request: HttpRequest, resource: Resource, form: HoldForm) -> Reservation:
    start, end = form.span()
    user = request.user if request.user.is_authenticated else None
    return hold_reservation(
        venue_id=resource.venue_id,
        items=[ItemRequest(resource.pk, quantity=form.cleaned_data["quantity"])],
        start=start,
        end=end,
        party_size=form.cleaned_data["party_size"],
        actor=Actor(user),
        customer=Customer.from_user(user) if user else None,
        idempotency_key=form.cleaned_data["idempotency_key"],
    )


def _asked_again(request: HttpRequest) -> dict[str, str]:
    """What the day page was asked for, from the fields of its own hold form."""
    asked = {name: request.POST.get(name, "") for name in ("date", "duration", "party_size", "quantity")}
    return {name: value for name, value in asked.items() if value}


def _day_address(resource: Resource, asked: dict[str, str]) -> str:
    return f"{reverse('resource-day', args=[resource.uuid])}?{urlencode(asked)}"


def _first_error(form: HoldForm) -> DomainError:
    errors = next(iter(form.errors.as_data().values()))
    return DomainError(errors[0].messages[0], code=errors[0].code or "invalid")


def find_resource(request: HttpRequest, resource_id: UUID) -> Resource:
    """The resource of a page's address. Raises ``NotFound`` for what this visitor may not see."""
    found = Resource.objects.visible_to(request.user).select_related("venue", "rules", "cancellation_policy")
    resource = found.filter(uuid=resource_id).first()
    if resource is None:
        raise NotFound
    return resource


def _show_day(
    request: HttpRequest,
    resource: Resource,
    form: DayForm,
    asked: dict[str, Any],
    *,
    status: int = 200,
    problem: DomainError | None = None,
) -> HttpResponse:
    facts, moment = bookable(resource), moment_now()
    today = clock.now().astimezone(facts.zone).date()
    on = asked.get("date") or today
    criteria = Criteria(on, asked.get("party_size") or 1, asked.get("duration"), asked.get("quantity") or 1)
    booker = bookers(request.user, [resource.venue_id])[resource.venue_id]
    wish = wish_for(facts, criteria, booker)
    slots = day_slots(facts, wish, on, moment)
    is_free = any(slot.is_free for slot in slots)
    form = form if form.errors else DayForm(_shown(on, wish))
    if facts.limit == 1 or facts.units_by == UnitsBy.PERSON:
        form.fields.pop("quantity", None)  # nothing to choose
    context = {
        "resource": resource,
        "facts": facts,
        "form": form,
        "on": on,
        "wish": wish,
        "wish_duration": str(wish.duration),
        "wish_party": str(wish.party_size),
        "wish_quantity": str(wish.quantity),
        "slots": slots,
        "next_free": None if is_free else next_free_start(facts, wish, on, moment),
        "days": week_around(on, today),
        "idempotency_key": uuid.uuid4(),
        "problem": problem,
    }
    return render(request, "reservations/day.html", context, status=status)


def _shown(on: date, wish: Wish) -> dict[str, object]:
    """The day form with what the page shows, defaults included."""
    return {
        "date": on.isoformat(),
        "duration": wish.duration,
        "party_size": wish.party_size,
        "quantity": wish.quantity,
    }


def week_around(on: date, today: date) -> list[date]:
    """Seven days to choose from: from the day before, but not from the past."""
    first = max(today, on - timedelta(days=1))
    return [first + timedelta(days=each) for each in range(7)]
