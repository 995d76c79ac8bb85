from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.api.inputs import Flag
from common.api_views import StrictSerializer
from common.names import check_name
from common.parsing import LONGEST_MINUTES, MOST_PEOPLE, parse_instant
from lending.enums import CopyState
from lending.models import Loan
from reservations.api.inputs import version_field
from resources.api.fields import PlaceField
from resources.models import Venue

HIGHEST_PRIORITY = 1000
LONGEST_TEXT = 500


def text_field(help_text: str = "", **options: Any) -> serializers.CharField:
    options = {"required": False, "allow_blank": True} | options
    return serializers.CharField(max_length=LONGEST_TEXT, help_text=help_text or None, **options)


def instant_field(help_text: str) -> serializers.CharField:
    return serializers.CharField(max_length=40, required=False, allow_null=True, help_text=help_text)


def names_field(help_text: str) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=100), max_length=50, required=False, help_text=help_text
    )


def priority_field() -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=-HIGHEST_PRIORITY,
        max_value=HIGHEST_PRIORITY,
        required=False,
        help_text="Higher goes first; staff only",
    )


class WishInput(StrictSerializer):
    """How many, how long or when, and what for."""

    units = serializers.IntegerField(
        min_value=1, max_value=MOST_PEOPLE, required=False, help_text="1 unless given"
    )
    period = serializers.IntegerField(
        min_value=1,
        max_value=LONGEST_MINUTES,
        required=False,
        allow_null=True,
        help_text="Minutes; else what is usual for the thing",
    )
    wanted_from = instant_field("For dates: from then on. Without an offset the venue's wall clock")
    wanted_until = instant_field("For dates: until then")
    purpose = text_field("What it is for")


class LoanInput(WishInput):
    """One of ``resource_id`` and ``group_id``: any of a group."""

    resource_id = PlaceField(required=False, help_text="Id or slug")
    group_id = serializers.UUIDField(required=False)
    borrower = serializers.CharField(
        max_length=254, required=False, help_text="Staff only: id, email address or user name of the person"
    )
    priority = priority_field()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("resource_id" in attrs) == ("group_id" in attrs):
            raise serializers.ValidationError({"resource_id": [_("Enter either resource_id or group_id.")]})
        return attrs


class LoanChangeInput(StrictSerializer):
    """What is left out stays."""

    purpose = text_field("What it is for")
    priority = priority_field()
    version = version_field()


class StepInput(StrictSerializer):
    """With ``version`` or ``If-Match``, nothing happens to a loan that has changed since."""

    version = version_field()


class KeepInput(StrictSerializer):
    """Empty."""


class ApprovalInput(StepInput):
    resource_id = PlaceField(required=False, help_text="Which of a group")


class ReasonedInput(StepInput):
    reason = text_field()


class ForcedInput(StepInput):
    reason = text_field(required=True, allow_blank=False)


class HandOutInput(StepInput):
    copy_code = serializers.CharField(
        max_length=50, required=False, allow_blank=True, help_text="Where the thing has copies"
    )
    condition = text_field("As it was handed out")
    accessories = names_field("Of those of the thing, what goes with it")


class ReturnInput(StepInput):
    condition = text_field("As it came back")
    missing = names_field("Accessories that did not come back")


class FoundInput(StepInput):
    condition = text_field("As it came back")


class RenewalInput(StepInput):
    override = Flag(required=False, help_text="Staff only: even if people wait, or it was renewed often")


class SuspensionInput(StepInput):
    until = instant_field("Left out: until it is resumed")


class RecallInput(StepInput):
    due_at = instant_field("A day from now or later, never later than it was due. Left out: in a day")
    reason = text_field()


class LoanMoveInput(StepInput):
    before = serializers.UUIDField(
        required=False, allow_null=True, help_text="Another loan of the queue. Left out or null: to its end"
    )
    reason = text_field(required=True, allow_blank=False)


class SwapInput(StepInput):
    resource_id = PlaceField(help_text="Id or slug of another thing of the venue")


class CopyInput(StrictSerializer):
    resource_id = PlaceField(help_text="Id or slug")
    venue = PlaceField(required=False, help_text="Id or slug")
    code = serializers.CharField(max_length=50, validators=[check_name], help_text="Once per venue")
    name = serializers.CharField(max_length=100, validators=[check_name], required=False, allow_blank=True)
    state = serializers.ChoiceField(CopyState.choices, required=False)
    note = text_field()


def read_wish(data: Mapping[str, Any], venue: Venue) -> dict[str, Any]:
    """Keyword arguments of ``request_loan``. Raises ``InvalidInput``."""
    return {
        "units": data.get("units", 1),
        "period": data.get("period"),
        "wanted_from": read_instant(data, "wanted_from", venue),
        "wanted_until": read_instant(data, "wanted_until", venue),
        "purpose": data.get("purpose", ""),
    }


def read_instant(data: Mapping[str, Any], name: str, venue: Venue) -> datetime | None:
    value = data.get(name)
    return None if value is None else parse_instant(value, name, zone=venue.zone_name)


def read_step(data: Mapping[str, Any], loan: Loan) -> dict[str, Any]:
    """What a service of a loan is told, with its instants read. Raises ``InvalidInput``."""
    told = {name: value for name, value in data.items() if name != "version"}
    for name in ("until", "due_at"):
        if name in told:
            told[name] = read_instant(told, name, loan.venue)
    return told
