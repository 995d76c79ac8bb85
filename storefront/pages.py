from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from notifications.channels import can_send
from notifications.enums import Channel
from reservations.domain.lengths import booked_length, describe_booked_length
from reservations.domain.values import Actor, Customer
from reservations.enums import ACTIVE
from reservations.links import token_for
from reservations.models import Reservation

LONGEST_NAME = 150
"""Of an account's first and last names."""


def actor_of(request: HttpRequest) -> Actor:
    return Actor(request.user if request.user.is_authenticated else None)


def mark_private(response: HttpResponse) -> HttpResponse:
    """Keep pages behind a secret link out of indexes and caches."""
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def show_booking(
    request: HttpRequest, template: str, reservation: Reservation, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    held_until = reservation.expires_at
    shared = {
        "held_until": held_until and held_until.astimezone(reservation.venue.zone),
        "reservation": reservation,
        "face": reservation.venue,
        "token": token_for(reservation),
        "zone": reservation.venue.zone_name,
        "duration": booked_length(reservation) // timedelta(minutes=1),
        "length": describe_booked_length(reservation),
    }
    return mark_private(render(request, f"storefront/{template}.html", shared | context, status=status))


def offers_texts(request: HttpRequest) -> bool:
    """Whether anybody is to be asked: who wants all text messages gets them anyway."""
    user = request.user
    return can_send(Channel.SMS) and not (user.is_authenticated and user.wants_sms and user.phone)


def prefill_details(request: HttpRequest) -> dict[str, str]:
    if not request.user.is_authenticated:
        return {}
    customer = Customer.from_user(request.user)
    return {"name": customer.name, "email": customer.email, "phone": customer.phone}


def customer_of(request: HttpRequest, cleaned: dict[str, Any]) -> Customer:
    user = request.user if request.user.is_authenticated else None
    return Customer(user, cleaned["name"], cleaned["email"], str(cleaned["phone"] or ""))


def offer_account(request: HttpRequest, reservation: Reservation, next_page: str) -> dict[str, str]:
    """To a guest, with the data that they have just typed; empty for everybody else."""
    is_guests = reservation.customer_id is None and reservation.customer_email
    if request.user.is_authenticated or not is_guests or reservation.status not in ACTIVE:
        return {}
    first_name, _blank, last_name = reservation.customer_name.strip().rpartition(" ")
    return {
        "email": reservation.customer_email,
        "first_name": (first_name or last_name)[:LONGEST_NAME],
        "last_name": last_name[:LONGEST_NAME] if first_name else "",
        "next": next_page,
    }
