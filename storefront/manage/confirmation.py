from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common import clock
from common.qr import qr_svg
from payments.models import Payment
from payments.providers import find_checkout_provider
from payments.selectors import find_open_checkout, has_failed, is_being_decided
from reservations.domain.deadlines import is_too_late_to_move
from reservations.domain.extensions import has_own_times
from reservations.domain.history import is_managed_by_other
from reservations.domain.naming import own_title
from reservations.domain.parts import list_owed_parts, list_parts
from reservations.domain.whereabouts import describe_place, find_map, find_page, is_at_venue
from reservations.enums import ACTIVE, CANCELLABLE, EDITABLE, RESCHEDULABLE, Status
from reservations.fee_schedule import describe_cancelling
from reservations.links import manage_path
from reservations.models import Reservation
from reservations.permissions import can_manage
from reservations.selectors import payment_summary, payments_of, reservation_by_link
from reservations.services import payable_deposit, payment_deadline
from storefront.booking.views import is_over
from storefront.manage.calendar_links import calendar_links
from storefront.pages import mark_private, offer_account, show_booking

WITH_TICKET = ACTIVE - {Status.PENDING}
"""What is not confirmed yet lets nobody in."""

PAYS_PARTS = (Status.CONFIRMED, Status.CHECKED_IN, Status.COMPLETED)
"""What awaits its deposit, or the venue, pays nothing else before."""


def can_be_moved(reservation: Reservation, now: datetime) -> bool:
    return (
        reservation.status in RESCHEDULABLE
        and not is_too_late_to_move(reservation, now)
        and not has_own_times(item.resource for item in reservation.items.all())
    )


@never_cache
@require_safe
def manage(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    reservation = reservation_by_link(reservation_id, token, request.user)
    now = clock.now()
    is_theirs = not is_managed_by_other(reservation)
    is_movable = can_be_moved(reservation, now)
    context = _shared_context(reservation) | {
        "can_cancel": is_theirs and reservation.status in CANCELLABLE and reservation.starts_at > now,
        "can_reschedule": is_theirs and is_movable,
        "can_edit": is_theirs and reservation.status in EDITABLE,
        "is_over": is_over(reservation),
        "is_coming": reservation.status in ACTIVE,
        "is_booked": reservation.status == Status.CONFIRMED and reservation.ends_at > now,
        "account": offer_account(request, reservation, manage_path(reservation)),
        "is_staff_here": can_manage(request.user, reservation),
        "again": _find_again(reservation),
    }
    if context["can_pay"]:
        context |= _payment_context(reservation)
    return show_booking(request, "manage/manage", reservation, context)


@never_cache
@require_safe
def ticket(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    reservation = reservation_by_link(reservation_id, token, request.user)
    if reservation.status not in WITH_TICKET:
        return redirect("reservation-manage", reservation.pk, token)
    return show_booking(request, "manage/ticket", reservation, _shared_context(reservation))


def _shared_context(reservation: Reservation) -> dict[str, Any]:
    payment, deposit = payment_summary(reservation), payable_deposit(reservation)
    pays_online = find_checkout_provider() is not None
    can_pay = deposit > 0 and pays_online
    today = clock.now().astimezone(reservation.venue.zone).date()
    return {
        "payment": payment,
        "deposit_due": deposit,
        "can_pay": can_pay,
        "parts": list_owed_parts(list_parts(reservation), payment.paid, today),
        "can_pay_parts": pays_online and reservation.status in PAYS_PARTS,
        "page": find_page(reservation),
        "shows_lines": _says_more(reservation),
        "fees": _describe_fees(reservation),
        "due_at_venue": payment.due - deposit if can_pay else payment.due,
        "is_held": reservation.status == Status.HELD,
        "has_ticket": reservation.status in WITH_TICKET,
        "calendars": calendar_links(reservation),
        "address": describe_place(reservation),
        "map": find_map(reservation),
        "is_at_venue": is_at_venue(reservation),
    }


def _says_more(reservation: Reservation) -> bool:
    """Whether its price lines say more than its title, like which of several prices was chosen."""
    labels = [line.get("label", "") for line in reservation.price_lines]
    title = own_title(reservation)
    return len(labels) > 1 or (title != "" and labels not in ([], [title]))


def _describe_fees(reservation: Reservation) -> str:
    """Of a request, what it will cost once it is confirmed."""
    return describe_cancelling(reservation, now=clock.now()) if reservation.status in RESCHEDULABLE else ""


def _payment_context(reservation: Reservation) -> dict[str, Any]:
    """How far paying the deposit has come."""
    deadline, payments = payment_deadline(reservation), payments_of(reservation)
    # Past for a moment, until it is found that nobody has paid.
    is_to_come = deadline is not None and deadline > clock.now()
    return {
        "is_being_decided": is_being_decided(payments),
        "may_have_paid": _may_have_paid(payments),
        "has_failed": has_failed(payments),
        "pay_until": deadline.astimezone(reservation.venue.zone) if deadline and is_to_come else None,
    }


def _may_have_paid(payments: list[Payment]) -> bool:
    """They have been to the provider's page, and nobody has asked in the last minute what they did there."""
    begun = find_open_checkout(payments)
    if begun is None:
        return False
    return begun.looked_up_at is None or begun.looked_up_at < clock.now() - timedelta(minutes=1)


def _find_again(reservation: Reservation) -> str:
    """The id of the first resource that can still be booked, else empty."""
    items = [item for item in reservation.items.all() if item.resource.is_active]
    return str(items[0].resource.uuid) if items else ""


@never_cache
@require_safe
def qr(request: HttpRequest, reservation_id: UUID, token: str) -> HttpResponse:
    reservation = reservation_by_link(reservation_id, token, request.user)
    picture = qr_svg(f"{settings.SITE_URL}{manage_path(reservation)}")
    return mark_private(HttpResponse(picture, content_type="image/svg+xml"))
