"""What reservation endpoints accept, turned into the services' arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import to_python
from rest_framework import serializers

from accounts.models import User
from common.api_views import StrictSerializer
from common.errors import InvalidInput
from common.parsing import LONGEST_MINUTES, MOST_PEOPLE, read_span, refuse
from reservations.enums import Source
from reservations.permissions import MANAGING, works_at
from reservations.services.values import Actor, Customer, ItemRequest
from resources.catalog import catalog
from resources.facts import Bookable
from resources.models import Venue
from resources.selectors import ResourceNotFound, named_group, named_resources

if TYPE_CHECKING:
    Viewer = User | AnonymousUser


class CustomerInfoInput(StrictSerializer):
    """Who comes; without it a signed-in customer books for themselves."""

    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
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


class ReservationInput(StrictSerializer):
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
    date = serializers.CharField(max_length=40, required=False)
    time = serializers.CharField(max_length=40, required=False)
    start = serializers.CharField(max_length=40, required=False)
    end = serializers.CharField(max_length=40, required=False)
    duration = serializers.IntegerField(min_value=1, max_value=LONGEST_MINUTES, required=False)
    party_size = serializers.IntegerField(min_value=1, max_value=MOST_PEOPLE, default=1)
    customer_info = CustomerInfoInput(required=False, allow_null=True)
    special_requests = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class CancellationInput(StrictSerializer):
    """``refund_request`` is accepted and changes nothing: what is due is always returned."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    refund_request = serializers.BooleanField(required=False)
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)


def actor_for(user: "Viewer") -> Actor:
    return Actor(user if isinstance(user, User) else None, Source.API)


def booking_arguments(data: Mapping[str, Any], user: "Viewer", key: str) -> dict[str, Any]:
    """Keyword arguments of ``book_reservation`` from validated input.

    Raises ``InvalidInput``, and ``NotFound`` for a resource that is not there for this user.
    """
    venue, items, first = _chosen(data, user)
    usual = timedelta(minutes=first.customer_rules.default_duration)
    start, end = read_span(data, venue.zone_name, usual)
    return {
        "venue_id": venue.pk,
        "items": items,
        "start": start,
        "end": end,
        "party_size": data["party_size"],
        "customer": customer_for(user, data.get("customer_info"), venue),
        "actor": actor_for(user),
        "requests": data["special_requests"],
        "idempotency_key": key,
    }


def _chosen(data: Mapping[str, Any], user: "Viewer") -> tuple[Venue, list[ItemRequest], Bookable]:
    """The venue, what to book there, and the resource whose usual duration counts."""
    given = [name for name in ("resource_id", "resources", "group_id") if name in data]
    if len(given) != 1:
        refuse("resource_id", _("Name one of resource_id, resources and group_id."))
    if "resources" in data and "quantity" in data:
        refuse("quantity", _("Give a quantity with each of the resources."))
    if "group_id" in data:
        return _any_of_group(data["group_id"], data.get("quantity", 1))
    lines = data.get("resources") or [data]
    return _named(
        given[0], [line["resource_id"] for line in lines], [_quantity(line) for line in lines], user
    )


def _quantity(line: Mapping[str, Any]) -> int:
    return int(line.get("quantity", 1))


def _any_of_group(group_id: UUID, quantity: int) -> tuple[Venue, list[ItemRequest], Bookable]:
    group = named_group(group_id)
    known = catalog(group.venue_id)
    members = known.groups[group.pk].member_ids if group.pk in known.groups else ()
    if not members:
        raise ResourceNotFound
    return group.venue, [ItemRequest(group_id=group.pk, quantity=quantity)], known.bookables[members[0]]


def _named(
    field: str, names: Sequence[str], quantities: Sequence[int], user: "Viewer"
) -> tuple[Venue, list[ItemRequest], Bookable]:
    rows = named_resources(names, user, field)
    if len({row.venue_id for row in rows}) > 1:
        refuse(field, _("One reservation is for one venue."))
    items = [ItemRequest(row.pk, quantity=many) for row, many in zip(rows, quantities, strict=True)]
    return rows[0].venue, items, catalog(rows[0].venue_id).bookables[rows[0].pk]


def customer_for(user: "Viewer", info: Mapping[str, Any] | None, venue: Venue) -> Customer:
    """Whom the reservation is for: a guest, the account, or somebody whom staff book for.

    Raises ``InvalidInput`` about ``customer_info.*``.
    """
    given = {name: text for name, text in (info or {}).items() if text}
    if given.get("phone"):
        given["phone"] = _phone(given["phone"], venue.country)
    for_others = bool(given) and isinstance(user, User) and works_at(user, venue.pk, *MANAGING)
    if isinstance(user, User) and not for_others:
        own = Customer.from_user(user)
        return replace(own, **({"name": own.name[:200]} | given))
    missing = [f"customer_info.{name}" for name in ("name", "email") if name not in given]
    if missing:
        fields: dict[str, list[str | Promise]] = {name: [_("This field is required.")] for name in missing}
        raise InvalidInput(_("Please give a name and an e-mail address."), fields=fields)
    return Customer(**given)


def _phone(text: str, country: str) -> str:
    number = to_python(text, region=country)
    if number is None or not number.is_valid():
        refuse("customer_info.phone", _("This is no valid phone number."))
    return str(number.as_e164)


def wanted_version(headers: Mapping[str, str], data: Mapping[str, Any]) -> int | None:
    """The version a client believes current: ``version``, or ``If-Match``; None for any.

    An ``If-Match`` that never was an ETag of ours matches nothing: version 0.
    """
    tag = headers.get("If-Match", "*").strip()
    if "version" in data or tag == "*":
        return data.get("version")
    digits = tag.removeprefix("W/").strip('"')
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0
