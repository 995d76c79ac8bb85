"""What sessions are made from."""

from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers

from accounts.api.inputs import Flag
from classes.api.numbers import NumberField
from classes.drafts import LONGEST_TEXT
from classes.enums import BelowMinimum, Level, WaitlistMode
from classes.models import MOST_SEATS, ClassType
from classes.models.offers import LONGEST_CLASS
from common.api_views import StrictSerializer
from common.money import in_coins
from common.names import check_name
from common.parsing import LONGEST_MINUTES
from common.second_factor import is_administrator
from common.serializing import RowShape
from resources.api.configuration import ONLY_WRITING, Draft, EditableConfiguration
from resources.api.fields import AmountField, MinutesField, PlaceField
from resources.api.schemas import VENUE, described
from resources.filters import VenueRowFilter
from resources.lookups import find_row
from resources.models import CancellationPolicy, Venue
from resources.models.venue import COLOR_CODE

MOST_HOURS = 24 * 90


def whole(most: int, default: int | None, text: str = "", least: int = 0) -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=least,
        max_value=most,
        default=default,
        allow_null=default is None,
        help_text=text or None,
    )


class ClassTypeInput(StrictSerializer):
    """A kind of class with its rules; sessions that were put up keep their title, length, size and price."""

    venue = PlaceField(required=False, help_text="Id or slug")
    title = serializers.CharField(max_length=200, validators=[check_name])
    description = serializers.CharField(max_length=LONGEST_TEXT, default="", allow_blank=True)
    level = serializers.ChoiceField(Level.choices, default=Level.ANY)
    color = serializers.CharField(max_length=7, default="", allow_blank=True, validators=[COLOR_CODE])
    duration = MinutesField(least=5, default=60, help_text=f"Minutes, {LONGEST_CLASS} at most")
    capacity = whole(MOST_SEATS, 10, least=1)
    price = AmountField(default=Decimal(0), help_text="Per person")
    policy = serializers.IntegerField(
        min_value=1, default=None, allow_null=True, help_text="Id of a cancellation policy"
    )
    late_cancel_hours = whole(MOST_HOURS, 0, "Before the start; after that a pass credit isn't returned")
    book_from_days = whole(3650, None, "Days before the start when booking opens; null: at once")
    book_until_minutes = whole(LONGEST_MINUTES, 0, "Minutes before the start when booking closes")
    waitlist_mode = serializers.ChoiceField(WaitlistMode.choices, default=WaitlistMode.HELD)
    waitlist_close_minutes = whole(LONGEST_MINUTES, 120, "Minutes before the start")
    offer_minutes = whole(LONGEST_MINUTES, 120, "How long a seat is held for someone in line", least=1)
    max_waiting = whole(MOST_SEATS, None, "People; null: no limit")
    min_attendance = whole(MOST_SEATS, 0)
    decide_hours = whole(MOST_HOURS, 24, "Hours before the start by which the minimum is needed")
    below_minimum = serializers.ChoiceField(BelowMinimum.choices, default=BelowMinimum.ASK)
    is_active = Flag(default=True)


class ClassTypeSerializer(RowShape[ClassType]):
    venue = serializers.CharField(source="venue.slug")
    level = serializers.ChoiceField(Level.choices)
    price = NumberField()
    currency = serializers.CharField(source="venue.currency")
    policy = serializers.IntegerField(source="policy_id", allow_null=True)
    waitlist_mode = serializers.ChoiceField(WaitlistMode.choices)
    below_minimum = serializers.ChoiceField(BelowMinimum.choices)

    class Meta:
        model = ClassType
        fields = ("id", *ClassTypeInput().fields, "currency")

    def read_price(self, row: ClassType) -> Decimal:
        return in_coins(row.price, row.venue.currency)


@described("class types", "a class type", VENUE, public=True)
class ClassTypeViewSet(EditableConfiguration[ClassType]):
    signed_in = ONLY_WRITING
    model = ClassType
    input = ClassTypeInput
    serializer_class = ClassTypeSerializer
    filterset_class = VenueRowFilter

    def rows(self) -> QuerySet[ClassType]:
        return ClassType.objects.select_related("venue").order_by("venue_id", "title", "id")

    def get_queryset(self) -> QuerySet[ClassType]:
        """Those that are offered for everybody, the others for the venue's own people."""
        if is_administrator(self.request.user):
            return self.rows()
        staffed = Venue.objects.staffed_by(self.request.user)
        is_offered = Q(is_active=True, venue__is_active=True)
        return self.rows().filter(is_offered | Q(venue__in=staffed.values("pk")))

    def draft(self, data: dict[str, Any], venue: Venue, row: ClassType | None) -> Draft:
        if data.get("policy") is not None:
            data["policy"] = find_row(CancellationPolicy, venue, data["policy"], "policy")
        return Draft(data)
