"""What the API of classes accepts."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.inputs import Flag
from classes.drafts import LONGEST_TEXT, MOST_TIERS
from classes.enums import Attendance, SessionType, TierPays
from classes.models import MOST_SEATS
from classes.policies.plans import MOST_TERMS
from classes.services.seating import LONGEST_NOTES
from common.api_views import LocalDateText, StrictSerializer
from common.names import check_name
from common.parsing import MOST_PEOPLE
from reservations.api.inputs import CustomerInfoInput, version_field
from reservations.api.replies import LARGEST_ID, ReplyInput
from reservations.series import SeriesScope
from resources.api.fields import AmountField, PlaceField

LONGEST_REASON = 500
PLACE = "Id or name of a studio; `online` or `off_site` for anywhere of that kind"
CLOCK = "Without an offset the venue's wall clock"
PRICES = "All prices, in their order; one that was booked can't be left out, only taken off sale"
SCOPE = "Of a series: this session, this and those that follow, or all to come"


def id_field(**options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=LARGEST_ID, required=False, **options)


def text(most: int, **options: Any) -> serializers.CharField:
    return serializers.CharField(max_length=most, required=False, allow_blank=True, **options)


def instant(**options: Any) -> serializers.CharField:
    return serializers.CharField(max_length=40, help_text=CLOCK, **options)


def seats(least: int = 1, **options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=least, max_value=MOST_SEATS, required=False, **options)


def quantity() -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=1, max_value=MOST_PEOPLE, required=False, help_text="People, 1 unless given"
    )


@extend_schema_field({"type": "integer"})
class NumberOfField(serializers.Field[Any, Any, Any, Any]):
    """The id of a row, as a number or its digits; what can be none names nothing (0)."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int | str):
            raise serializers.ValidationError(_("Enter a whole number."))
        digits = str(data).strip()
        number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 20 else 0
        return number if number <= LARGEST_ID else 0


class SessionTierInput(StrictSerializer):
    """One of several prices of a retreat; the quotas of those on sale sell every seat, or more."""

    name = serializers.CharField(max_length=100, validators=[check_name])
    price = AmountField()
    quota = serializers.IntegerField(
        min_value=1,
        max_value=MOST_SEATS,
        required=False,
        allow_null=True,
        help_text="null: no limit but the seats",
    )
    deposit = AmountField(required=False)
    pays = serializers.ChoiceField(TierPays.choices, required=False)
    is_on_sale = Flag(required=False, help_text="true unless given")


class SessionTierChangeInput(SessionTierInput):
    """With its `id` one that there is, else a new one."""

    id = id_field()


class PlanTermInput(StrictSerializer):
    """A part of the price: `due_on`, or `days_before` the start; all together are 100 percent."""

    percent = serializers.DecimalField(max_digits=5, decimal_places=2)
    due_on = LocalDateText(required=False)
    days_before = serializers.IntegerField(min_value=0, max_value=3650, required=False)


class RepeatInput(StrictSerializer):
    """On each date of an RFC 5545 rule, at the same local time."""

    rule = serializers.CharField(max_length=500, help_text="For example `FREQ=WEEKLY;COUNT=8`")
    skip = serializers.ListField(child=LocalDateText(), max_length=366, required=False)


class SessionFieldsInput(StrictSerializer):
    description = text(LONGEST_TEXT)
    capacity = seats(help_text="1 unless given")
    online_capacity = seats(0, allow_null=True, help_text="Of these, how many are sold online; null: all")
    price = AmountField(required=False, help_text="Per person, in the venue's currency; 0 unless given")
    place = serializers.CharField(max_length=200, required=False, help_text=PLACE)
    facilitator_id = id_field(help_text="For managers and staff: whose session it is")
    is_published = Flag(required=False, help_text="true unless given; else only who leads it sees it")
    dry_run = Flag(required=False, help_text="Only say what would happen")


class SessionInput(SessionFieldsInput):
    """With ``class_type``, what is left out is as the type says; ``repeat`` makes a series of it."""

    title = serializers.CharField(max_length=200, required=False)
    start_time = instant()
    end_time = instant(required=False)
    session_type = serializers.ChoiceField(SessionType.choices, required=False)
    class_type = id_field()
    policy = id_field(help_text="Of a cancellation policy; that of the class type unless given")
    venue = PlaceField(required=False, help_text="Id or slug, where you lead sessions at several")
    tiers = serializers.ListField(child=SessionTierInput(), max_length=MOST_TIERS, required=False)
    plan = serializers.ListField(child=PlanTermInput(), max_length=MOST_TERMS, required=False)
    repeat = RepeatInput(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        needed = () if "class_type" in attrs else ("title", "end_time")
        missing = {name: [_("This field is required.")] for name in needed if name not in attrs}
        if missing:
            raise serializers.ValidationError(missing)
        return attrs


class SessionChangeInput(SessionFieldsInput):
    """What is left out stays. Seats and the waitlist go along."""

    title = serializers.CharField(max_length=200, required=False)
    start_time = instant(required=False)
    end_time = instant(required=False)
    session_type = serializers.ChoiceField(SessionType.choices, required=False)
    tiers = serializers.ListField(
        child=SessionTierChangeInput(), max_length=MOST_TIERS, required=False, help_text=PRICES
    )
    plan = serializers.ListField(child=PlanTermInput(), max_length=MOST_TERMS, required=False)
    scope = serializers.ChoiceField(list(SeriesScope), required=False, help_text=SCOPE)
    version = version_field()


class CallingOffInput(StrictSerializer):
    """``dry_run`` tells how many bookings and how much money, and does nothing."""

    reason = text(LONGEST_REASON, help_text="Everybody is told")
    dry_run = Flag(required=False)
    scope = serializers.ChoiceField(list(SeriesScope), required=False, help_text=SCOPE)


class SeatInput(ReplyInput):
    """Seats for oneself and whom one brings; staff name someone else in ``customer_info``."""

    session_id = NumberOfField()
    notes = text(LONGEST_NOTES)
    quantity = quantity()
    tier_id = id_field(help_text="Where the session has several prices")
    pass_id = id_field(help_text="A credit of one's own pass for each person")
    pays_plan = Flag(required=False, help_text="In instalments, where the tier allows it")
    accepts_terms = Flag(required=False, help_text="The same as `accept_terms`")
    customer_info = CustomerInfoInput(required=False, allow_null=True)


class SeatChangeInput(StrictSerializer):
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_PEOPLE)


class WaitingInput(StrictSerializer):
    quantity = quantity()


class AskingInput(StrictSerializer):
    note = text(LONGEST_REASON, help_text="For the colleagues")


class SubstituteInput(StrictSerializer):
    facilitator_id = id_field(help_text="Who leads it instead; left out: oneself")


class MarkInput(StrictSerializer):
    booking_id = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    attendance = serializers.ChoiceField(Attendance.choices, help_text="`unknown` takes it back")


class WalkInInput(CustomerInfoInput):
    """Someone who came without booking."""

    quantity = quantity()


class AttendanceInput(StrictSerializer):
    """All of it or none: who of the roster came, and who came without booking."""

    marks = serializers.ListField(child=MarkInput(), max_length=MOST_SEATS, required=False)
    walk_in = WalkInInput(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError({"marks": [_("This field is required.")]})
        return attrs


class ProfileInput(StrictSerializer):
    """What is left out stays as it is."""

    name = serializers.CharField(max_length=200, validators=[check_name], required=False)
    bio = text(LONGEST_TEXT)
    specialization = text(200, validators=[check_name])
    is_public = Flag(required=False, help_text="On the timetable, and with one's sessions")
    place = serializers.CharField(max_length=200, required=False, help_text="Id or name of the usual studio")
    venue = PlaceField(required=False, help_text="Id or slug, where there are several")


class PassInput(StrictSerializer):
    """For oneself, to be paid; staff sell it to a ``customer``."""

    kind_id = serializers.IntegerField(min_value=1, max_value=LARGEST_ID)
    customer = serializers.EmailField(max_length=254, required=False, help_text="Staff: whose it is")
    is_paid = Flag(required=False, help_text="Staff: they have taken the money")


class PassPaymentInput(StrictSerializer):
    token = serializers.CharField(max_length=500, help_text="Of the payment provider")


class SettlingInput(StrictSerializer):
    """With ``amounts`` as you have read them, in the order of ``ids``, none is settled if one has changed."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID), allow_empty=False, max_length=500
    )
    amounts = serializers.ListField(
        child=serializers.DecimalField(max_digits=18, decimal_places=4, min_value=0),
        required=False,
        max_length=500,
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "amounts" in attrs and len(attrs["amounts"]) != len(attrs["ids"]):
            raise serializers.ValidationError({"amounts": [_("Enter one for each id.")]})
        return attrs
