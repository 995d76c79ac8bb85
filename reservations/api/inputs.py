from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import to_python
from rest_framework import serializers

from accounts.models import User
from common.api_views import LocalDateText, StrictSerializer
from common.errors import InvalidInput
from common.names import check_name
from common.parsing import LONGEST_MINUTES, MOST_PEOPLE, read_span, refuse
from common.venues import MANAGING
from reservations.api.replies import TEXTS_AGREED, ReplyInput, read_consent
from reservations.domain.lengths import booked_length, end_after
from reservations.domain.values import Actor, Customer, ReservationChanges
from reservations.enums import Source
from reservations.models import Reservation
from reservations.services import require_contact
from reservations.services.together import MOST_HOLDS
from resources.models import Venue
from resources.permissions import works_at
from resources.selectors import ResourceNotFound, named_resources

Viewer = User | AnonymousUser

AS_STAFF = "Staff only: free of notice, limits and approval"
CUSTOMER_ASKED = "With `as_staff`: the customer wants it, so the fee of cancelling now becomes `minimum_fee`"


class LostLinkInput(StrictSerializer):
    code = serializers.CharField(max_length=40, help_text="The confirmation code of the booking")
    email = serializers.EmailField(max_length=254, help_text="The address that it was made with")


def version_field() -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)


class CustomerInfoInput(StrictSerializer):
    """Who comes; without it a signed-in customer books for themselves.

    Customers and guests need a name and an email address, staff the customer's name or phone number.
    """

    name = serializers.CharField(validators=[check_name], max_length=200, required=False, allow_blank=True)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)
    phone = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        help_text="With its country code, else of the venue's country",
    )


class ResourceLineInput(StrictSerializer):
    resource_id = serializers.CharField(max_length=100)
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_PEOPLE, default=1)


class ChoiceLineInput(StrictSerializer):
    """Either a resource, or any one of a group that the other lines do not take."""

    resource_id = serializers.CharField(max_length=100, required=False)
    group_id = serializers.UUIDField(required=False)
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_PEOPLE, default=1)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("resource_id" in attrs) == ("group_id" in attrs):
            raise serializers.ValidationError({"resource_id": [_("Enter a resource_id or a group_id.")]})
        return attrs


class WhatAndWhenInput(StrictSerializer):
    """One of ``resource_id``, ``resources`` and ``group_id``; ``start``, or ``date`` and ``time``.

    ``resources`` are booked together, and may name groups, too: any meeting room, and the projector.

    Times without an offset are the venue's wall clock. The end follows from ``duration`` (minutes),
    from ``end``, or from the resource's usual duration.
    """

    resource_id = serializers.CharField(max_length=100, required=False)
    group_id = serializers.UUIDField(required=False)
    resources = serializers.ListField(
        child=ChoiceLineInput(), required=False, allow_empty=False, max_length=20
    )
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_PEOPLE, required=False)
    date = LocalDateText(required=False)
    time = serializers.CharField(max_length=40, required=False)
    start = serializers.CharField(max_length=40, required=False)
    end = serializers.CharField(max_length=40, required=False)
    duration = serializers.IntegerField(min_value=1, max_value=LONGEST_MINUTES, required=False)
    party_size = serializers.IntegerField(min_value=1, max_value=MOST_PEOPLE, default=1)


class HoldInput(WhatAndWhenInput):
    """A time to hold while the customer fills in the form."""

    as_staff = serializers.BooleanField(default=False, help_text=AS_STAFF)


class HeldInput(StrictSerializer):
    """One's own hold; a guest's with the secret that holding it was answered with."""

    id = serializers.UUIDField()
    manage_token = serializers.CharField(max_length=200, required=False, default="")


class HoldsConfirmationInput(ReplyInput):
    """Several holds become bookings of one customer; ``answers`` are to the questions of all of them."""

    holds = serializers.ListField(child=HeldInput(), allow_empty=False, max_length=MOST_HOLDS)
    customer_info = CustomerInfoInput(required=False, allow_null=True)
    special_requests = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class ReservationInput(WhatAndWhenInput, ReplyInput):
    """What, when and for whom."""

    customer_info = CustomerInfoInput(required=False, allow_null=True)
    special_requests = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    as_staff = serializers.BooleanField(default=False, help_text=AS_STAFF)


class ReservationChangeInput(StrictSerializer):
    """What is left out stays as it is: with ``time`` alone, the date and the duration do."""

    date = LocalDateText(required=False)
    time = serializers.CharField(max_length=40, required=False)
    start = serializers.CharField(max_length=40, required=False)
    end = serializers.CharField(max_length=40, required=False)
    duration = serializers.IntegerField(min_value=1, max_value=LONGEST_MINUTES, required=False)
    party_size = serializers.IntegerField(min_value=1, max_value=MOST_PEOPLE, required=False)
    special_requests = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    sms_updates = serializers.BooleanField(required=False, help_text=f"{TEXTS_AGREED}; false ends it")
    customer_info = CustomerInfoInput(required=False)
    resource_id = serializers.CharField(
        max_length=100, required=False, help_text="Another resource instead of the one that is booked"
    )
    version = version_field()
    as_staff = serializers.BooleanField(default=False, help_text=AS_STAFF)
    customer_asked = serializers.BooleanField(default=False, help_text=CUSTOMER_ASKED)


class CancellationInput(StrictSerializer):
    """``refund_request: false``: nothing is returned by itself; the venue may still do it."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    refund_request = serializers.BooleanField(default=True, help_text="Return what was paid beyond the fee")
    waive_fee = serializers.BooleanField(default=False, help_text="Staff only: keep no fee")
    version = version_field()


class VersionInput(StrictSerializer):
    """With ``version`` or ``If-Match``, nothing happens to a reservation that has changed since."""

    version = version_field()


class ReasonInput(StrictSerializer):
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    version = version_field()


class ConfirmingPaymentInput(StrictSerializer):
    """Money with the confirmation: ``token`` of the payment provider, or what staff took."""

    token = serializers.CharField(max_length=500, required=False, help_text="Pays the deposit online")
    amount = serializers.DecimalField(max_digits=12, decimal_places=4, required=False)
    reference = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("token" in attrs) == ("amount" in attrs):
            raise serializers.ValidationError({"amount": [_("Enter either a token or an amount.")]})
        return attrs


class PaymentInput(StrictSerializer):
    """Money that staff took: cash, card terminal or transfer."""

    amount = serializers.DecimalField(max_digits=12, decimal_places=4)
    reference = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class RefundInput(StrictSerializer):
    """Money to return, the newest payment first and the way it came."""

    amount = serializers.DecimalField(max_digits=12, decimal_places=4)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class ConfirmationInput(ReplyInput):
    """Turns a hold into a booking (``customer_info``), or approves a request (staff)."""

    customer_info = CustomerInfoInput(required=False, allow_null=True)
    special_requests = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    payment = ConfirmingPaymentInput(required=False, allow_null=True)
    version = version_field()
    as_staff = serializers.BooleanField(default=False, help_text=AS_STAFF)


def read_change(data: Mapping[str, Any], reservation: Reservation) -> ReservationChanges:
    """What a client wants different, in the services' words. Raises ``InvalidInput``, ``NotFound``."""
    start, end = read_new_span(data, reservation)
    return ReservationChanges(
        start=start,
        end=end,
        party_size=data.get("party_size"),
        requests=data.get("special_requests"),
        texts_agreed=_read_consent(data, reservation),
        customer=_read_new_contact(data, reservation),
        resources=_read_new_resource(data, reservation),
        customer_asked=data["customer_asked"],
    )


def read_new_span(
    data: Mapping[str, Any], reservation: Reservation
) -> tuple[datetime | None, datetime | None]:
    """Start and end as wanted, what is left out as it was; None where nothing about time is asked."""
    times = {name: data[name] for name in ("date", "time", "start", "end", "duration") if name in data}
    if not times:
        return None, None
    local = reservation.local_start
    if "start" not in times:
        times = {"date": local.date().isoformat(), "time": f"{local:%H:%M}"} | times
    if times.keys() <= {"date", "time", "end", "duration"} and not {"date", "time"} & data.keys():
        # Only the length changes: the start stays that instant, even in an hour shown twice.
        times = {"start": reservation.starts_at.isoformat()} | {
            name: times[name] for name in ("end", "duration") if name in times
        }
    ends = partial(end_after, reservation)
    return read_span(times, reservation.venue.zone_name, booked_length(reservation), ends)


def _read_consent(data: Mapping[str, Any], reservation: Reservation) -> str | None:
    if "sms_updates" not in data or data["sms_updates"] == bool(reservation.texts_agreed_at):
        return None
    return read_consent(data) if data["sms_updates"] else ""


def _read_new_contact(data: Mapping[str, Any], reservation: Reservation) -> Customer | None:
    if "customer_info" not in data:
        return None
    changes = read_contact(data["customer_info"], reservation.venue, "customer_info")
    current = {
        "name": reservation.customer_name,
        "email": reservation.customer_email,
        "phone": str(reservation.customer_phone or ""),
    }
    return Customer(reservation.customer, **(current | changes))


def _read_new_resource(data: Mapping[str, Any], reservation: Reservation) -> dict[int, int] | None:
    if "resource_id" not in data:
        return None
    booked = [item.resource_id for item in reservation.items.all()]
    resource = named_resources([data["resource_id"]], reservation.customer or AnonymousUser())[0]
    if resource.venue_id != reservation.venue_id:
        raise ResourceNotFound
    if len(booked) != 1:
        refuse("resource_id", _("This booking has several resources. Cancel it and book again."))
    return {booked[0]: resource.pk} if booked[0] != resource.pk else None


def read_customer(
    user: Viewer, info: Mapping[str, Any] | None, venue: Venue, field: str = "customer_info"
) -> Customer:
    """Whom the reservation is for: a guest, the account, or somebody whom staff book for.

    Raises ``InvalidInput`` about what is below ``field``.
    """
    contact = read_contact(info or {}, venue, field)
    for_others = bool(contact) and isinstance(user, User) and works_at(user, venue.pk, *MANAGING)
    if isinstance(user, User) and not for_others:
        own = Customer.from_user(user)
        return replace(own, **({"name": own.name[:200]} | contact))
    customer = Customer(**contact)
    with naming_fields(field):
        require_contact(customer, actor=actor_for(user), venue_id=venue.pk)
    return customer


def read_contact(info: Mapping[str, Any], venue: Venue, field: str) -> dict[str, Any]:
    """What is given of name, email address and phone. Raises ``InvalidInput``."""
    contact = {name: text for name, text in info.items() if text}
    if contact.get("phone"):
        contact["phone"] = _parse_phone(contact["phone"], venue.country, f"{field}.phone")
    return contact


@contextmanager
def naming_fields(parent: str) -> Iterator[None]:
    """The fields that a service refuses are named as a client knows them, below ``parent``."""
    try:
        yield
    except InvalidInput as error:
        fields = {f"{parent}.{name}": sentences for name, sentences in error.fields.items()}
        raise InvalidInput(error.message, code=error.code, fields=fields) from error


def _parse_phone(text: str, country: str, field: str) -> str:
    number = to_python(text, region=country)
    if number is None or not number.is_valid():
        refuse(field, _("Enter a valid phone number, like +49 30 1234567."))
    return str(number.as_e164)


def read_version(headers: Mapping[str, str], data: Mapping[str, Any]) -> int | None:
    """The version a client believes current: ``version``, or ``If-Match``; None for any.

    An ``If-Match`` that never was an ETag of ours matches nothing: version 0.
    """
    tag = headers.get("If-Match", "*").strip()
    if "version" in data or tag == "*":
        return data.get("version")
    digits = tag.removeprefix("W/").strip('"')
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def account_of(user: Viewer) -> User | None:
    return user if isinstance(user, User) else None


def actor_for(user: Viewer) -> Actor:
    return Actor(account_of(user), Source.API)
