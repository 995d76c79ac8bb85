from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.models import User
from classes.choosing import SeatChoice
from classes.enums import TierPays
from classes.exceptions import BookingNotFound
from classes.forms import SeatForm
from classes.models import SeatBooking
from classes.permissions import is_own
from classes.services import book_again, find_booking, hold_seat
from classes.timetable import RowState
from classes.views.session import SessionPage, TierOffer, read_page, show
from classes.visiting import is_key
from common.errors import DomainError
from common.idempotency import own_key
from common.page_limits import counts_as
from common.visitors import holders_of
from reservations.domain.values import Actor, Customer
from reservations.enums import Status
from reservations.links import manage_path, token_for
from reservations.models import Reservation
from reservations.remembered_holds import remember_hold
from reservations.services import hold_as_guest
from scheduling.reasons import Reason


@counts_as("hold")
@never_cache
@require_POST
def book(request: HttpRequest, venue: str, session_id: int) -> HttpResponse:
    """Hold seats; the page that follows asks who is coming."""
    page = read_page(request, venue, session_id)
    if page.row.state in (RowState.HELD, RowState.BOOKED) and page.row.seat:
        return _lead_on(page.row.seat.reservation)
    form = page.make_seat_form(request.POST)
    if not form.is_valid():
        return show(request, page, status=400, seat_form=form)
    try:
        reservation = _hold(request, page, form)
    except DomainError as error:
        if error.code == Reason.SIGN_IN_REQUIRED and not request.user.is_authenticated:
            return redirect_to_login(page.path)
        form.mark(error)
        fresh = read_page(request, venue, session_id)
        return show(request, fresh, status=error.status, problem=error, seat_form=form)
    remember_hold(request.session, reservation)
    return _lead_on(reservation)


def _lead_on(reservation: Reservation) -> HttpResponse:
    if reservation.status == Status.HELD:
        return redirect("reservation-details", reservation.pk, token_for(reservation))
    return redirect(manage_path(reservation))


def _hold(request: HttpRequest, page: SessionPage, form: SeatForm) -> Reservation:
    """A page kept by the browser posts the same key again; if its hold has expired, hold anew."""
    reservation = _hold_once(request, page, form, form.make_key(page.session))
    if reservation.status == Status.EXPIRED:
        return _hold_once(request, page, form, "")
    return reservation


def _hold_once(request: HttpRequest, page: SessionPage, form: SeatForm, key: str) -> Reservation:
    user = request.user if isinstance(request.user, User) else None

    def hold() -> Reservation:
        seat = hold_seat(
            session_id=page.session.pk,
            actor=Actor(user),
            customer=Customer.from_user(user) if user else None,
            quantity=form.cleaned_data["quantity"],
            choice=read_choice(page.tiers, form.cleaned_data),
            idempotency_key=own_key(request, key),
        )
        return seat.reservation

    return hold_as_guest(hold, holders_of(request))


def read_choice(offers: Sequence[TierOffer], data: dict[str, Any]) -> SeatChoice:
    tier_id = data.get("tier")
    chosen = next((offer.tier for offer in offers if offer.tier.pk == tier_id), None)
    pays_plan = chosen is not None and (
        chosen.pays == TierPays.PLAN or (chosen.pays == TierPays.BOTH and data.get("pays") == TierPays.PLAN)
    )
    return SeatChoice(tier_id=tier_id, pass_id=data.get("used_pass"), pays_plan=pays_plan)


@never_cache
@require_POST
def again(request: HttpRequest, booking_id: int) -> HttpResponse:
    """Undo one's own cancellation, while seats are left."""
    if not isinstance(request.user, User):
        return redirect_to_login(reverse("my-reservations"))
    seat = _find_own(request, booking_id)
    try:
        booked = book_again(booking_id=seat.pk, actor=Actor(request.user))
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("classes-session", seat.session.venue.slug, seat.session_id)
    messages.success(request, _("You're booked again."))
    return redirect(manage_path(booked.reservation))


def _find_own(request: HttpRequest, booking_id: int) -> SeatBooking:
    """Raises ``BookingNotFound``."""
    if not is_key(booking_id):
        raise BookingNotFound
    seat = find_booking(booking_id)
    if not is_own(request.user, seat):
        raise BookingNotFound
    return seat
