from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from common import clock
from common.errors import DomainError, InvalidInput
from common.idempotency import bind_key
from common.kept_answers import show_at
from common.page_limits import counts_as
from common.parsing import MOST_PEOPLE
from common.visitors import holders_of
from payments.providers import find_checkout_provider
from reservations.availability import Wish, find_alternatives, moment_now
from reservations.domain.lengths import booked_length
from reservations.domain.lines import Line
from reservations.domain.parts import list_owed_parts, list_parts
from reservations.domain.questions import questions_of, terms_of
from reservations.domain.values import Customer, ItemRequest
from reservations.domain.whereabouts import find_elsewhere
from reservations.domain.writing import booked_lines
from reservations.enums import Status
from reservations.fee_schedule import describe_cancelling
from reservations.links import token_for
from reservations.models import Reservation
from reservations.remembered_holds import remember_hold
from reservations.selectors import reservation_by_link
from reservations.services import (
    add_to_hold,
    confirm_hold,
    could_last_until,
    extend_hold,
    hold_as_guest,
    hold_reservation,
    release_hold,
    remove_from_hold,
    span_of,
)
from resources.catalog import catalog_of
from resources.enums import UnitsBy
from resources.models import Resource
from scheduling.zones import from_minute
from search.bookers import read_bookers
from search.quotes import quote_booking
from storefront.booking.add_ons import list_add_ons
from storefront.booking.drafts import drop_draft, keep_draft, read_draft
from storefront.booking.forms import BookingForm
from storefront.cart.holds import list_other_holds, read_kept_hold, shares_place
from storefront.pages import actor_of, customer_of, offers_texts, prefill_details, show_booking
from storefront.place.descriptions import describe_cancellations

WORTH_EXTENDING = timedelta(minutes=1)
"""Extending is not offered if the hold would gain less than this."""
WARNING = timedelta(minutes=2)
"""So long before a hold ends its page asks whether more time is needed; as in static/js/countdown.js."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    reservation = reservation_by_link(reservation_id, token, request.user)
    # The back button leads here again after booking.
    if reservation.status not in (Status.HELD, Status.EXPIRED):
        return redirect("reservation-manage", reservation.pk, token)
    lines = booked_lines(reservation, catalog_of(reservation.venue).bookables)
    form_values: dict[str, Any] = {
        "questions": questions_of(lines),
        "terms": bool(terms_of(lines)),
        "country": reservation.venue.country,
        "offers_texts": offers_texts(request),
    }
    if request.method != "POST":
        if is_over(reservation):
            return show_over(request, reservation, lines)
        initial = prefill_details(request) | read_draft(request, reservation)
        return show_details(request, reservation, lines, BookingForm(initial=initial, **form_values))
    form = BookingForm(request.POST, **form_values)
    if not form.is_valid():
        return show_details(request, reservation, lines, form, status=400)
    return _confirm(request, reservation, lines, form)


def _confirm(
    request: HttpRequest, reservation: Reservation, lines: list[Line], form: BookingForm
) -> HttpResponse:
    try:
        booking = confirm_hold(
            reservation_id=reservation.pk,
            customer=customer_of(request, form.cleaned_data),
            actor=actor_of(request),
            requests=form.cleaned_data["requests"],
            reply=form.reply(),
            seen=reservation,
        )
    except InvalidInput as error:
        # Something is missing in the form: the hold goes on, so the form is shown with its errors.
        form.mark(error)
        return show_details(request, reservation, lines, form, status=error.status, problem=error)
    except DomainError as error:
        if error.code == "hold_expired":
            keep_draft(request, reservation)
            return show_over(request, reservation, lines, status=error.status, problem=error)
        return show_details(request, reservation, lines, form, status=error.status, problem=error)
    drop_draft(request, reservation)
    if booking.status == Status.PENDING:  # else the page itself says it
        messages.success(
            request, _("We've sent your request. We're holding this time while the venue decides.")
        )
    return redirect("reservation-manage", reservation.pk, token_for(reservation))


def is_over(reservation: Reservation) -> bool:
    """Whether it is a hold that has expired, recorded already or not."""
    overdue = reservation.expires_at is not None and reservation.expires_at <= clock.now()
    return reservation.status == Status.EXPIRED or (reservation.status == Status.HELD and overdue)


def show_details(
    request: HttpRequest,
    reservation: Reservation,
    lines: list[Line],
    form: BookingForm,
    *,
    status: int = 200,
    problem: DomainError | None = None,
) -> HttpResponse:
    now = clock.now()
    others = list_other_holds(request, reservation)
    context = {
        "form": form,
        "problem": problem,
        "terms": terms_of(lines),
        "companions": list_add_ons(reservation, lines, request.user),
        "can_extend": is_worth_extending(reservation, lines, now),
        "will_extend": is_worth_extending(reservation, lines, (reservation.expires_at or now) - WARNING),
        "pays_online": find_checkout_provider() is not None,
        "rest": reservation.total_amount - reservation.deposit_amount,
        "cancelling": describe_cancellations(line.bookable for line in lines if not line.bookable.extension),
        "fees": describe_cancelling(reservation, now=now),
        "elsewhere": find_elsewhere(reservation),
        "parts": list_owed_parts(
            list_parts(reservation), Decimal(0), now.astimezone(reservation.venue.zone).date()
        ),
        "others": len(others),
        "others_here": [(other, token_for(other)) for other in others if shares_place(other, reservation)],
    }
    return show_booking(request, "booking/details", reservation, context, status=status)


def is_worth_extending(reservation: Reservation, lines: list[Line], at: datetime) -> bool:
    could_last = could_last_until(reservation, lines, at)
    return could_last - (reservation.expires_at or at) > WORTH_EXTENDING


def show_over(
    request: HttpRequest,
    reservation: Reservation,
    lines: list[Line],
    *,
    status: int = 200,
    problem: DomainError | None = None,
) -> HttpResponse:
    # Their time may still be free: then it is offered as it was, else starts near it.
    quote = quote_booking(
        venue_id=reservation.venue_id,
        items=list_items(reservation),
        start=reservation.starts_at,
        end=reservation.ends_at,
        party_size=reservation.party_size,
        actor=actor_of(request),
    )
    near = [] if not quote.code or len(lines) != 1 else _find_near_starts(request, reservation, lines[0])
    context = {"quote": quote, "is_free": not quote.code, "near": near, "problem": problem}
    return show_booking(request, "booking/over", reservation, context, status=status)


def _find_near_starts(request: HttpRequest, reservation: Reservation, line: Line) -> list[Any]:
    booker = read_bookers(request.user, [reservation.venue_id])[reservation.venue_id]
    span = span_of(reservation)
    wish = Wish(span.end - span.start, span.party_size, _quantity(line), booker)
    starts = find_alternatives(line.bookable, wish, wanted=span.start, moment=moment_now(), count=4)
    return [from_minute(at, reservation.venue.zone_name) for at in starts]


def _quantity(line: Line) -> int:
    return 1 if line.bookable.units_by == UnitsBy.PERSON else line.units


def list_items(reservation: Reservation) -> list[ItemRequest]:
    return [ItemRequest(line.bookable.id, quantity=_quantity(line)) for line in booked_lines(reservation)]


@counts_as("hold")
@never_cache
@require_POST
def again(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    """Hold the same resources at the same time anew, keeping what was typed."""
    old = reservation_by_link(reservation_id, token, request.user)
    if not is_over(old):
        return redirect("reservation-details", old.pk, token)
    user = request.user if request.user.is_authenticated else None
    try:
        hold = partial(
            hold_reservation,
            venue_id=old.venue_id,
            items=list_items(old),
            start=old.starts_at,
            end=old.ends_at,
            party_size=old.party_size,
            actor=actor_of(request),
            customer=Customer.from_user(user) if user else None,
            # The key names the lost hold: a second click finds the new hold instead of making another.
            idempotency_key=bind_key(f"again-{old.pk.hex}-{old.version}", token),
        )
        new = hold_as_guest(hold, holders_of(request))
    except DomainError as error:
        response = show_over(request, old, booked_lines(old), status=error.status, problem=error)
        return show_at(response, reverse("reservation-details", args=[old.pk, token]))
    remember_hold(request.session, new)
    keep_draft(request, new, read_draft(request, old))
    return redirect("reservation-details", new.pk, token_for(new))


@never_cache
@require_POST
def release(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    reservation = reservation_by_link(reservation_id, token, request.user)
    kept = read_kept_hold(request, reservation)
    if "keep" in request.POST and not kept:  # the time to be kept is lost: they go on with this one
        keep_draft(request, reservation)
        messages.error(request, _("We're no longer holding the other time for you, so you keep this one."))
        return redirect("reservation-details", reservation.pk, token)
    release_hold(reservation_id=reservation.pk, actor=actor_of(request))
    drop_draft(request, reservation)
    if kept:  # released for another time at the same place: what was typed is about that one
        keep_draft(request, kept)
        messages.info(request, _("You've released your other time."))
        return redirect("reservation-details", kept.pk, token_for(kept))
    messages.info(request, _("You've released this time."))
    return redirect("cart" if request.POST.get("back") == "cart" else _day_path(reservation))


def _day_path(reservation: Reservation) -> str:
    """The day on which it was chosen, at the resource or the group it was chosen from."""
    first = reservation.items.all()[0]
    query: dict[str, str | int] = {
        "date": reservation.local_start.date().isoformat(),
        "duration": booked_length(reservation) // timedelta(minutes=1),
        "party_size": reservation.party_size,
    }
    if first.group:
        return f"{reverse('group-day', args=[first.group.uuid])}?{urlencode(query)}"
    return f"{reverse('resource-day', args=[first.resource.uuid])}?{urlencode(query)}"


@counts_as("hold")
@never_cache
@require_POST
def extend(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    """By up to three times the length of a hold."""
    reservation = reservation_by_link(reservation_id, token, request.user)
    # The button sends the form along: what was typed is there again on the next page.
    keep_draft(request, reservation)
    try:
        extend_hold(reservation_id=reservation.pk, actor=actor_of(request))
        messages.success(request, _("We'll hold your time a little longer."))
    except DomainError as error:
        messages.error(request, str(error))
    if request.POST.get("back") in ("cart", "cart-book"):
        return redirect(request.POST["back"])
    return redirect("reservation-details", reservation.pk, token)


@counts_as("hold")
@never_cache
@require_POST
def add(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    reservation = reservation_by_link(reservation_id, token, request.user)
    keep_draft(request, reservation)
    resource = _find_named_resource(request, reservation, "add")
    quantity = request.POST.get(f"quantity-{resource.uuid}", "1")
    is_number = quantity.isascii() and quantity.isdigit() and len(quantity) < 6
    try:
        add_to_hold(
            reservation_id=reservation.pk,
            resource_id=resource.pk,
            quantity=min(int(quantity), MOST_PEOPLE) if is_number else 0,
            actor=actor_of(request),
        )
        messages.success(request, _("%s added.") % resource.name)
    except DomainError as error:
        messages.error(request, f"{resource.name}: {error}")
    return redirect("reservation-details", reservation.pk, token)


@never_cache
@require_POST
def remove(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    reservation = reservation_by_link(reservation_id, token, request.user)
    keep_draft(request, reservation)
    resource = _find_named_resource(request, reservation, "remove")
    try:
        remove_from_hold(reservation_id=reservation.pk, resource_id=resource.pk, actor=actor_of(request))
        messages.info(request, _("%s removed.") % resource.name)
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("reservation-details", reservation.pk, token)


def _find_named_resource(request: HttpRequest, reservation: Reservation, field: str) -> Resource:
    """The resource that a button names; 404 for any other venue's."""
    try:
        uuid = UUID(request.POST.get(field, ""))
    except ValueError:
        uuid = UUID(int=0)
    if field == "remove":
        return get_object_or_404(Resource, reservation_items__reservation=reservation, uuid=uuid)
    visible = Resource.objects.visible_to(request.user).filter(venue_id=reservation.venue_id)
    return get_object_or_404(visible, uuid=uuid)
