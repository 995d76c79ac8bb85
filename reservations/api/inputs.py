from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import to_python
from rest_framework import serializers

from accounts.models import User
from common.api_views import LocalDateText, StrictSerializer
from common.errors import InvalidInput
from common.names import check_name
from common.parsing import LONGEST_MINUTES, MOST_PEOPLE, read_span, refuse
from reservations.api.replies import ReplyInput
from reservations.domain.lengths import booked_length, end_after
from reservations.domain.values import Actor, Customer, ItemRequest, ReservationChanges
from reservations.enums import Source
from reservations.models import Reservation
from reservations.permissions import MANAGING, works_at
from reservations.services.together import MOST_HOLDS
from resources.bookables import Bookable, Catalog
from resources.catalog import catalog_of
from resources.models import Resource, Venue
from resources.permissions import recall_role
from resources.selectors import ResourceNotFound, named_group, named_resources
from resources.stays import end_at

Viewer = User | AnonymousUser

AS_STAFF = "Staff only: free of notice, limits and approval"
CUSTOMER_ASKED = "With `as_staff`: the customer wants it, so the fee of cancelling now becomes `minimum_fee`"


class LostLinkInput(StrictSerializer):
    code = serializers.CharField(max_length=40, help_text="The confirmation code of the booking")
    email = serializers.EmailField(max_length=254, help_text="The address that it was made with")


def version_field() -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)


class CustomerInfoInput(StrictSerializer):
    """Who comes; without it a signed-in customer books for themselves."""

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


class WhatAndWhenInput(StrictSerializer):
    """One of ``resource_id``, ``resources`` and ``group_id``; ``start``, or ``date`` and ``time``.

    Times without an offset are the venue's wall clock. The end follows from ``duration`` (minutes),
    from ``end``, or from the resource's usual duration.
    """

    resource_id = serializers.CharField(max_length=100, required=False)
    group_id = serializers.UUIDField(required=False)
    resources = serializers.ListField(
        child=ResourceLineInput(), required=False, allow_empty=False, max_length=20
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
            raise serializers.ValidationError({"amount": [_("Give either a token or an amount.")]})
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


@dataclass(frozen=True, slots=True)
class BookingChoice:
    venue: Venue
    items: list[ItemRequest]
    venue_catalog: Catalog
    first: Bookable
    """Whose usual duration counts."""
    resources: Sequence[Resource] = ()
    """Those that are asked for by name."""


def read_booking(data: Mapping[str, Any], user: Viewer) -> tuple[BookingChoice, dict[str, Any]]:
    """The selection, and the arguments that booking, holding and quoting share, from validated input.

    Raises ``InvalidInput``, and ``NotFound`` for a resource that is not there for this user.
    """
    selection = read_selection(data, user)
    usual = timedelta(minutes=selection.first.customer_rules.default_duration)
    start, end = read_span(data, selection.venue.zone_name, usual, partial(end_at, selection.first))
    shared = {"venue_id": selection.venue.pk, "items": selection.items, "start": start, "end": end}
    return selection, shared | {"party_size": data["party_size"]}


def read_change(data: Mapping[str, Any], reservation: Reservation) -> ReservationChanges:
    """What a client wants different, in the services' words. Raises ``InvalidInput``, ``NotFound``."""
    start, end = read_new_span(data, reservation)
    return ReservationChanges(
        start=start,
        end=end,
        party_size=data.get("party_size"),
        requests=data.get("special_requests"),
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


def _read_new_contact(data: Mapping[str, Any], reservation: Reservation) -> Customer | None:
    if "customer_info" not in data:
        return None
    changes = {name: text for name, text in data["customer_info"].items() if text}
    if changes.get("phone"):
        changes["phone"] = _parse_phone(changes["phone"], reservation.venue.country)
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
        refuse("resource_id", _("Several resources are booked: cancel and book anew."))
    return {booked[0]: resource.pk} if booked[0] != resource.pk else None


def read_selection(data: Mapping[str, Any], user: Viewer) -> BookingChoice:
    named_by = [name for name in ("resource_id", "resources", "group_id") if name in data]
    if len(named_by) != 1:
        refuse("resource_id", _("Name one of resource_id, resources and group_id."))
    if "resources" in data and "quantity" in data:
        refuse("quantity", _("Give a quantity with each of the resources."))
    if "group_id" in data:
        return _select_from_group(data["group_id"], data.get("quantity", 1), user)
    lines = data.get("resources") or [data]
    return _select_named(
        named_by[0], [line["resource_id"] for line in lines], [_read_quantity(line) for line in lines], user
    )


def _read_quantity(line: Mapping[str, Any]) -> int:
    return int(line.get("quantity", 1))


def _select_from_group(group_id: UUID, quantity: int, user: Viewer) -> BookingChoice:
    group = named_group(group_id)
    venue_catalog = catalog_of(group.venue)
    recall_role(user, group.venue)
    members = venue_catalog.groups[group.pk].member_ids if group.pk in venue_catalog.groups else ()
    if not members:
        raise ResourceNotFound
    items = [ItemRequest(group_id=group.pk, quantity=quantity)]
    return BookingChoice(group.venue, items, venue_catalog, venue_catalog.bookables[members[0]])


def _select_named(field: str, names: Sequence[str], quantities: Sequence[int], user: Viewer) -> BookingChoice:
    rows = named_resources(names, user, field)
    if len({row.venue_id for row in rows}) > 1:
        refuse(field, _("One reservation is for one venue."))
    items = [ItemRequest(row.pk, quantity=many) for row, many in zip(rows, quantities, strict=True)]
    venue_catalog = catalog_of(rows[0].venue)
    recall_role(user, rows[0].venue)
    return BookingChoice(rows[0].venue, items, venue_catalog, venue_catalog.bookables[rows[0].pk], rows)


def read_customer(user: Viewer, info: Mapping[str, Any] | None, venue: Venue) -> Customer:
    """Whom the reservation is for: a guest, the account, or somebody whom staff book for.

    Raises ``InvalidInput`` about ``customer_info.*``.
    """
    contact = {name: text for name, text in (info or {}).items() if text}
    if contact.get("phone"):
        contact["phone"] = _parse_phone(contact["phone"], venue.country)
    for_others = bool(contact) and isinstance(user, User) and works_at(user, venue.pk, *MANAGING)
    if isinstance(user, User) and not for_others:
        own = Customer.from_user(user)
        return replace(own, **({"name": own.name[:200]} | contact))
    missing = [f"customer_info.{name}" for name in ("name", "email") if name not in contact]
    if missing:
        fields: dict[str, list[str | Promise]] = {name: [_("This field is required.")] for name in missing}
        raise InvalidInput(_("Please give a name and an e-mail address."), fields=fields)
    return Customer(**contact)


def _parse_phone(text: str, country: str) -> str:
    number = to_python(text, region=country)
    if number is None or not number.is_valid():
        refuse("customer_info.phone", _("This is no valid phone number."))
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
