from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from common.serializing import DecimalTextField, Shape, ZonedDateTimeField
from resources.api.fields import PriceField
from resources.stays import describe_nights
from scheduling.reasons import Reason

PAYMENT_STATES = ["unpaid", "partly_paid", "paid", "refunded", "partly_refunded", "nothing_due"]
REASON_HELP = f"Why it cannot be booked: {', '.join(Reason)}; null when it can"


def amount(help_text: str = "") -> DecimalTextField:
    return DecimalTextField(help_text=help_text or "With the currency's decimals, like 25.00")


def reason(source: str | None = None) -> serializers.CharField:
    """Not a choice field: its null would not be among the documented values."""
    return serializers.CharField(allow_null=True, help_text=REASON_HELP, source=source)


@extend_schema_serializer(component_name="PriceLine")
class PriceLineShape(Shape):
    """Lodging has a line for each rate, like "Weir Room, 3 nights" with the rate."""

    label = serializers.CharField()  # type: ignore[assignment]
    amount = amount()
    nights = serializers.IntegerField(required=False, help_text="Of lodging")
    rate = DecimalTextField(required=False, help_text="Of each of the nights")

    def read_label(self, line: Mapping[str, Any]) -> str:
        if not line.get("nights"):
            return str(line["label"])
        return f"{line['label']}, {describe_nights(line['nights'])} × {line['rate']}"


class PaymentState(Shape):
    """Where the money stands; of a cancelled reservation only the fee is due."""

    status = serializers.ChoiceField(choices=PAYMENT_STATES)
    total = amount()
    paid = amount("What the venue has now, refunds taken off")
    due = amount("What the venue still waits for")
    refunded = amount()
    credit = amount("What the venue has beyond what is owed: not asked back, or not returned yet")
    currency = serializers.CharField()


class AgreedTier(Shape):
    # Rows are stored as hours, percentage and fee.

    hours_before = serializers.IntegerField()
    refund_percentage = DecimalTextField()
    fee_amount = DecimalTextField()

    def read_hours_before(self, tier: Sequence[str]) -> int:
        return int(tier[0])

    def read_refund_percentage(self, tier: Sequence[str]) -> str:
        return tier[1]

    def read_fee_amount(self, tier: Sequence[str]) -> str:
        return tier[2]


class PolicyShare(Shape):
    """A booked resource's share of the price and the terms it can be cancelled under."""

    amount = amount()
    tiers = AgreedTier(many=True)


class Terms(Shape):
    """What cancelling costs."""

    fee = PriceField(help_text="Kept")
    paid = PriceField(help_text="Paid so far")
    refund = PriceField(help_text="Returned of what was paid")
    due = PriceField(help_text="Still owed of the fee")
    credit = PriceField(help_text="Paid beyond the fee and not returned, because no refund was asked for")
    currency = serializers.CharField()


class SpanShape(Shape):
    start = ZonedDateTimeField()
    end = ZonedDateTimeField()
