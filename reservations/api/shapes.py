"""The forms of answers that are made by hand, declared for the schema; the contract tests hold them."""

from typing import Any

from rest_framework import serializers

from reservations.api.replies import QuestionShape
from resources.api.serializers import ResourceBriefSerializer
from scheduling.reasons import Reason

PAYMENT_STATES = ["unpaid", "partly_paid", "paid", "refunded", "partly_refunded", "nothing_due"]
REASON_HELP = f"Why it cannot be booked: {', '.join(Reason)}; null when it can"


class Shape(serializers.Serializer[Any]):
    """Described, never instantiated with data."""


def amount(help_text: str = "") -> serializers.CharField:
    return serializers.CharField(help_text=help_text or "With the currency's decimals, like 25.00")


def reason() -> serializers.CharField:
    """Not a choice field: its null would not be among the documented values."""
    return serializers.CharField(allow_null=True, help_text=REASON_HELP)


class PriceLine(Shape):
    label = serializers.CharField()  # type: ignore[assignment]
    amount = amount()


class PaymentState(Shape):
    """Where the money stands; of a cancelled reservation only the fee is due."""

    status = serializers.ChoiceField(choices=PAYMENT_STATES)
    total = amount()
    paid = amount("What the venue has now, refunds taken off")
    due = amount("What the venue still waits for")
    refunded = amount()
    currency = serializers.CharField()


class AgreedTier(Shape):
    hours_before = serializers.IntegerField()
    refund_percentage = serializers.CharField()
    fee_amount = serializers.CharField()


class PolicyShare(Shape):
    """A booked resource's share of the price and the terms it can be cancelled under."""

    amount = amount()
    tiers = AgreedTier(many=True)


class Terms(Shape):
    """What cancelling costs."""

    fee = amount("Kept")
    paid = amount("Paid so far")
    refund = amount("Returned of what was paid")
    due = amount("Still owed of the fee")
    currency = serializers.CharField()


class TimeSlot(Shape):
    """One start. ``price`` is for the whole slot and party; ``remaining`` counts units."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    available = serializers.BooleanField()
    reason = reason()
    remaining = serializers.IntegerField()
    price = amount()
    currency = serializers.CharField()


class SpanShape(Shape):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


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
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    duration = serializers.IntegerField(help_text="Minutes")
    available = serializers.BooleanField()
    reason = reason()
    message = serializers.CharField(allow_null=True)
    conflicts = SpanShape(many=True)
    slots = TimeSlot(many=True, help_text="The free slots of that day")
    alternatives = serializers.ListField(child=serializers.DateTimeField(), help_text="Free starts nearby")


class AvailabilityAnswer(Shape):
    available = serializers.BooleanField(help_text="Whether all of them can be booked")
    results = AvailabilityResult(many=True)


class ProbeResult(Shape):
    available = serializers.BooleanField()
    reason = reason()


class ProbeResults(Shape):
    """Answers in the order of the questions."""

    count = serializers.IntegerField()
    available_count = serializers.IntegerField()
    results = ProbeResult(many=True)


class Quote(Shape):
    """What a booking would cost now and whether it would succeed."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    total = amount()
    currency = serializers.CharField()
    lines = PriceLine(many=True)
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

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    old_price = amount()
    new_price = amount()
    difference = amount("Negative: cheaper")
    currency = serializers.CharField()
    available = serializers.BooleanField()
    reason = serializers.CharField(allow_null=True, help_text=REASON_HELP)
    message = serializers.CharField(allow_null=True)
    alternatives = serializers.ListField(child=serializers.DateTimeField())


class FreeResource(Shape):
    """A resource with its free starts on the day asked for, and its next free start."""

    resource = ResourceBriefSerializer()
    time_zone = serializers.CharField()
    duration = serializers.IntegerField(help_text="Minutes")
    available = serializers.BooleanField()
    starts = serializers.ListField(child=serializers.DateTimeField())
    next_free = serializers.DateTimeField(allow_null=True, help_text="The first free start from that day on")
    price = serializers.CharField(allow_null=True, help_text="Of the first start shown")
    currency = serializers.CharField()
    reason = reason()
    message = serializers.CharField(allow_null=True)


class FirstFree(Shape):
    """A resource's first free time."""

    resource = ResourceBriefSerializer()
    time_zone = serializers.CharField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    duration = serializers.IntegerField(help_text="Minutes")
    price = amount()
    currency = serializers.CharField()
