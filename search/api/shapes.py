from datetime import datetime

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from common.serializing import DecimalTextField, Shape, ZonedDateTimeField
from reservations.api.replies import QuestionShape
from reservations.api.shapes import REASON_HELP, PolicyShare, PriceLineShape, SpanShape, amount, reason
from reservations.policies import Violation
from resources.api.serializers import GroupBriefSerializer, ResourceBriefSerializer
from resources.stays import end_of
from scheduling.zones import from_minute
from search.slots import SlotView
from search.values import Match

ONLY_IF_ASKED = "Only with `include_groups`"


class TimeSlot(Shape):
    """One start. ``price`` is for the whole slot and party; ``remaining`` counts units."""

    start = ZonedDateTimeField()
    end = ZonedDateTimeField()
    available = serializers.BooleanField(source="is_free")
    reason = reason()
    remaining = serializers.IntegerField()
    price = amount()
    currency = serializers.CharField()

    def read_reason(self, slot: SlotView) -> str | None:
        return slot.reason or None


class TimeSlots(Shape):
    resource = ResourceBriefSerializer()
    date = serializers.DateField()
    time_zone = serializers.CharField()
    duration = serializers.IntegerField(help_text="Minutes")
    party_size = serializers.IntegerField()
    slots = TimeSlot(many=True)


class AvailabilityResult(Shape):
    """One resource's answer; ``conflicts`` are times only, nobody's name or business."""

    resource = ResourceBriefSerializer()
    time_zone = serializers.CharField()
    date = serializers.DateField()
    start = ZonedDateTimeField()
    end = ZonedDateTimeField()
    duration = serializers.IntegerField(help_text="Minutes")
    available = serializers.BooleanField()
    reason = reason()
    message = serializers.CharField(allow_null=True)
    conflicts = SpanShape(many=True)
    slots = TimeSlot(many=True, help_text="The free slots of that day")
    alternatives = serializers.ListField(child=ZonedDateTimeField(), help_text="Free starts nearby")


class AvailabilityAnswer(Shape):
    available = serializers.BooleanField(help_text="Whether all of them can be booked")
    results = AvailabilityResult(many=True)


class ProbeResult(Shape):
    available = serializers.BooleanField()
    reason = reason()

    def read_available(self, refused: Violation | None) -> bool:
        return refused is None

    def read_reason(self, refused: Violation | None) -> str | None:
        return refused.reason if refused else None


class ProbeResults(Shape):
    """Answers in the order of the questions."""

    count = serializers.IntegerField()
    available_count = serializers.IntegerField()
    results = ProbeResult(many=True)


@extend_schema_serializer(component_name="Quote")
class QuoteShape(Shape):
    """What a booking would cost now and whether it would succeed."""

    start = ZonedDateTimeField()
    end = ZonedDateTimeField()
    total = amount()
    currency = serializers.CharField()
    lines = PriceLineShape(many=True)
    available = serializers.BooleanField()
    reason = reason()
    message = serializers.CharField(allow_null=True)
    needs_approval = serializers.BooleanField()
    deposit = amount("To be paid before it is confirmed")
    cancellation_policy = PolicyShare(many=True)
    questions = QuestionShape(many=True, help_text="What is asked when booking it")
    terms = serializers.CharField(help_text="To be accepted when booking it; empty: none")


class MoveQuote(Shape):
    """What another time would cost, by the function that moving charges with."""

    start = ZonedDateTimeField()
    end = ZonedDateTimeField()
    old_price = amount()
    new_price = amount()
    difference = amount("Negative: cheaper")
    minimum_fee = amount("What cancelling costs at least once it is moved")
    currency = serializers.CharField()
    available = serializers.BooleanField()
    reason = serializers.CharField(allow_null=True, help_text=REASON_HELP)
    message = serializers.CharField(allow_null=True)
    alternatives = serializers.ListField(child=ZonedDateTimeField())


class FreeResource(Shape):
    """A resource with its free starts on the day asked for, and its next free start."""

    resource = ResourceBriefSerializer(source="row")
    time_zone = serializers.CharField(source="zone")
    duration = serializers.IntegerField(help_text="Minutes")
    available = serializers.BooleanField()
    starts = serializers.ListField(source="local_starts", child=ZonedDateTimeField())
    next_free = ZonedDateTimeField(
        source="first_start", allow_null=True, help_text="The first free start from that day on"
    )
    price = DecimalTextField(allow_null=True, help_text="Of the first start shown")
    currency = serializers.CharField()
    reason = reason("candidate.people_obstacle.reason")
    message = serializers.CharField(source="candidate.people_obstacle.message", allow_null=True)

    def read_available(self, match: Match) -> bool:
        return bool(match.starts)


class FreeGroup(Shape):
    """A group of which any member will do, with the starts at which one of them is free."""

    group = GroupBriefSerializer(source="row")
    time_zone = serializers.CharField(source="zone")
    duration = serializers.IntegerField(help_text="Minutes")
    available = serializers.BooleanField()
    starts = serializers.ListField(source="local_starts", child=ZonedDateTimeField())
    next_free = ZonedDateTimeField(
        source="first_start", allow_null=True, help_text="The first free start from that day on"
    )
    price = DecimalTextField(allow_null=True, help_text="The cheapest member's, at the first start shown")
    currency = serializers.CharField()
    reason = reason("obstacle.reason")
    message = serializers.CharField(source="obstacle.message", allow_null=True)

    def read_available(self, match: Match) -> bool:
        return bool(match.starts)


class FreeResourcePage(Shape):
    """One page of the resources, and with it all groups that were asked for."""

    count = serializers.IntegerField(help_text="Entries on all pages")
    count_is_estimate = serializers.BooleanField(help_text="Never: this list is counted")
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = FreeResource(many=True)
    groups = FreeGroup(many=True, required=False, help_text=ONLY_IF_ASKED)


class FirstFree(Shape):
    """A resource's first free time."""

    resource = ResourceBriefSerializer(source="row")
    time_zone = serializers.CharField(source="zone")
    start = ZonedDateTimeField(source="first_start")
    end = ZonedDateTimeField()
    duration = serializers.IntegerField(help_text="Minutes")
    price = amount()
    currency = serializers.CharField()

    def read_end(self, match: Match) -> datetime:
        return _end_of_first(match)


class FirstFreeGroup(Shape):
    """The first time at which any member of a group is free."""

    group = GroupBriefSerializer(source="row")
    time_zone = serializers.CharField(source="zone")
    start = ZonedDateTimeField(source="first_start")
    end = ZonedDateTimeField()
    duration = serializers.IntegerField(help_text="Minutes")
    price = amount("Of the cheapest member")
    currency = serializers.CharField()

    def read_end(self, match: Match) -> datetime:
        return _end_of_first(match)


def _end_of_first(match: Match) -> datetime:
    first = match.first or 0  # only what has a first time is listed
    return from_minute(end_of(match.candidate.members[0], first, match.duration), match.zone)


class FirstFreeAnswer(Shape):
    """The earliest first; ``first`` is the earliest of all, null when nothing is free."""

    first = FirstFree(allow_null=True)
    results = FirstFree(many=True)
    groups = FirstFreeGroup(many=True, required=False, help_text=ONLY_IF_ASKED)
