from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from typing import TYPE_CHECKING, Any, cast

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from common.api_views import LocalDateText, StrictSerializer
from common.parsing import LONGEST_MINUTES, MOST_PEOPLE, parse_date, parse_time, refuse
from reservations.api.inputs import (
    CustomerInfoInput,
    actor_for,
    naming_fields,
    read_contact,
    read_customer,
)
from reservations.services import require_contact
from resources.models import Venue
from resources.selectors import named_group, named_resources
from waitlist.models import WaitlistEntry
from waitlist.services import EntryChanges, customer_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

    Viewer = User | AnonymousUser

EARLIEST = ("preferred_time", "earliest_time")
CONTACT = ("contact_info", "customer_info")
STAFF_ONLY = frozenset({"priority", "status"})
HIGHEST_PRIORITY = 1000


def clock_field(help_text: str) -> serializers.CharField:
    return serializers.CharField(max_length=40, required=False, allow_null=True, help_text=help_text)


class WishInput(StrictSerializer):
    """When, how long and for how many. Times are the venue's wall clock, like 18:30."""

    preferred_time = clock_field("The earliest start; without it from opening. `earliest_time` is the same")
    earliest_time = clock_field("The same as `preferred_time`")
    latest_time = clock_field("The latest start; without it until closing")


class WaitlistJoinInput(WishInput):
    """One of ``resource_id`` and ``group_id``."""

    resource_id = serializers.CharField(max_length=100, required=False, help_text="Its id or slug")
    group_id = serializers.UUIDField(required=False)
    preferred_date = LocalDateText(
        required=False, help_text="Like 2027-03-28; must be given, as this or as `date`"
    )
    date = LocalDateText(required=False, help_text="The same as `preferred_date`")
    duration = serializers.IntegerField(
        min_value=1, max_value=LONGEST_MINUTES, required=False, help_text="Minutes; else the usual duration"
    )
    party_size = serializers.IntegerField(min_value=1, max_value=MOST_PEOPLE, default=1)
    contact_info = CustomerInfoInput(required=False, allow_null=True)
    customer_info = CustomerInfoInput(required=False, allow_null=True, help_text="The same as `contact_info`")


class WaitlistChangeInput(WishInput):
    """What is left out stays; a time that is null opens the window. Thing and date cannot change."""

    duration = serializers.IntegerField(min_value=1, max_value=LONGEST_MINUTES, required=False)
    party_size = serializers.IntegerField(min_value=1, max_value=MOST_PEOPLE, required=False)
    contact_info = CustomerInfoInput(required=False)
    customer_info = CustomerInfoInput(required=False, help_text="The same as `contact_info`")
    priority = serializers.IntegerField(
        min_value=-HIGHEST_PRIORITY,
        max_value=HIGHEST_PRIORITY,
        required=False,
        help_text="Higher goes first; staff only",
    )
    status = serializers.ChoiceField(
        choices=WaitlistEntry.ACTIVE, required=False, help_text="`waiting` or `contacted`; staff only"
    )


def read_join(data: Mapping[str, Any], user: "Viewer") -> dict[str, Any]:
    """Keyword arguments of ``join_waitlist`` from validated input.

    Raises ``InvalidInput``, and ``NotFound`` for a resource that this user may not see.
    """
    venue, thing = _read_thing(data, user)
    day = _find_used_name(data, ("preferred_date", "date"))
    if day is None:
        refuse("preferred_date", _("Enter a value."))
    contact = _find_used_name(data, CONTACT)
    return {
        "venue_id": venue.pk,
        **thing,
        "preferred_on": parse_date(data[day], day),
        **_read_window(data),
        "duration": data.get("duration"),
        "party_size": data["party_size"],
        "customer": read_customer(user, data.get(contact or ""), venue, contact or CONTACT[0]),
        "actor": actor_for(user),
    }


def read_changes(data: Mapping[str, Any], entry: WaitlistEntry, user: "Viewer") -> EntryChanges:
    changes = {name: data[name] for name in ("duration", "party_size", *STAFF_ONLY) if name in data}
    contact = _find_used_name(data, CONTACT)
    contact_changes = _read_contact_changes(entry, data[contact], contact, user) if contact else {}
    return cast(EntryChanges, changes | _read_window(data) | contact_changes)


def _read_thing(data: Mapping[str, Any], user: "Viewer") -> tuple[Venue, dict[str, int]]:
    if ("resource_id" in data) == ("group_id" in data):
        refuse("resource_id", _("Enter either resource_id or group_id."))
    if "group_id" in data:
        group = named_group(data["group_id"])
        return group.venue, {"group_id": group.pk}
    resource = named_resources([data["resource_id"]], user)[0]
    return resource.venue, {"resource_id": resource.pk}


def _read_window(data: Mapping[str, Any]) -> dict[str, time | None]:
    """The bounds that were given; null is an open one."""
    earliest = _find_used_name(data, EARLIEST)
    window = {"earliest_time": _read_clock(data, earliest)} if earliest else {}
    return window | ({"latest_time": _read_clock(data, "latest_time")} if "latest_time" in data else {})


def _read_clock(data: Mapping[str, Any], name: str) -> time | None:
    return None if data[name] is None else parse_time(data[name], name)


def _find_used_name(data: Mapping[str, Any], names: tuple[str, str]) -> str | None:
    """Which of two names for the same field was used. Raises ``InvalidInput`` for both."""
    used = [name for name in names if name in data]
    if len(used) > 1:
        message = _("Enter either %(one)s or %(other)s.") % {"one": names[0], "other": names[1]}
        refuse(names[1], message)
    return used[0] if used else None


def _read_contact_changes(
    entry: WaitlistEntry, info: Mapping[str, str], field: str, user: "Viewer"
) -> dict[str, str]:
    before = customer_of(entry)
    given = {"name": "", "email": "", "phone": ""} | read_contact(info, entry.venue, field)
    customer = replace(before, **{name: given[name] for name in info})
    with naming_fields(field):
        require_contact(customer, actor=actor_for(user), venue_id=entry.venue_id, before=before)
    return {f"customer_{name}": getattr(customer, name) for name in info}
