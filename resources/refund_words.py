"""What a cancellation policy says, in sentences."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from common.templatetags.holdfast import minutes, money
from resources.bookables import Tier

HOUR = 60
WHOLE = 100


def describe_cancellation(tiers: Iterable[Tier], currency: str) -> list[str]:
    """Sentences about what cancelling costs, the longest notice first."""
    ordered = sorted(tiers, key=lambda tier: -tier.hours_before)
    if not ordered:
        return [_("Free cancellation until the start.")]
    lines = [_describe_tier(tier, currency) for tier in ordered if tier.percentage]
    last = min((tier.hours_before for tier in ordered if tier.percentage), default=None)
    if last is None:
        return [_("No refunds.")]
    return [*lines, _("No refund after that.")] if last else lines


def _describe_tier(tier: Tier, currency: str) -> str:
    values = {
        "time": minutes(tier.hours_before * HOUR),
        "percent": f"{tier.percentage.normalize():f}",
        "fee": money(tier.fee, currency),
    }
    return _tier_text(tier) % values


def _tier_text(tier: Tier) -> str:
    if not tier.hours_before:
        if tier.fee:
            return _("%(percent)s%% refund minus a %(fee)s fee until the start.")
        return _("%(percent)s%% refund until the start.")
    if tier.percentage == WHOLE:
        if tier.fee:
            return _("Full refund minus a %(fee)s fee up to %(time)s before.")
        return _("Full refund up to %(time)s before.")
    if tier.fee:
        return _("%(percent)s%% refund minus a %(fee)s fee up to %(time)s before.")
    return _("%(percent)s%% refund up to %(time)s before.")
