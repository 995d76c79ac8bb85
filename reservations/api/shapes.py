from rest_framework import serializers

from common.serializing import Shape, ZonedDateTimeField
from scheduling.reasons import Reason

PAYMENT_STATES = ["unpaid", "partly_paid", "paid", "refunded", "partly_refunded", "nothing_due"]
REASON_HELP = f"Why it cannot be booked: {', '.join(Reason)}; null when it can"


def amount(help_text: str = "") -> serializers.CharField:
    return serializers.CharField(help_text=help_text or "With the currency's decimals, like 25.00")


def reason(source: str | None = None) -> serializers.CharField:
    """Not a choice field: its null would not be among the documented values."""
    return serializers.CharField(allow_null=True, help_text=REASON_HELP, source=source)


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


class SpanShape(Shape):
    start = ZonedDateTimeField()
    end = ZonedDateTimeField()
