from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from common.money import round_amount
from common.products import products
from resources.bookables import Bookable, CustomerRules, Tier
from resources.enums import Approval, Audience
from scheduling.reasons import Reason

MINUTES_PER_HOUR = 60

MESSAGES: dict[Reason, str | Promise] = {
    Reason.PAST: _("This time has passed. Choose a later one."),
    Reason.TOO_SOON: _("This time is too soon. Choose a later one."),
    Reason.TOO_FAR: _("This time can't be booked yet. Choose an earlier one."),
    Reason.TOO_SHORT: _("This is too short. Choose a longer duration."),
    Reason.TOO_LONG: _("This is too long. Choose a shorter duration."),
    Reason.OFF_STEP: _("This start or duration isn't offered. Choose one of the times shown."),
    Reason.CLOSED: _("Closed at this time"),
    Reason.TAKEN: _("This time is already taken."),
    Reason.HELD: _("Someone is booking this time right now. Try again in a few minutes."),
    Reason.CAPACITY: _("Not enough places left at this time. Choose fewer or another time."),
    Reason.PART_TAKEN: _("Part of this is already taken at this time."),
    Reason.PARTY_TOO_LARGE: _("Not big enough for this many people"),
    Reason.PARTY_TOO_SMALL: _("This is for larger groups."),
    Reason.LIMIT_REACHED: _("You've reached the booking limit here."),
    Reason.ALREADY_BOOKED_THEN: _("You already have a booking at this time."),
    Reason.NOT_BOOKABLE: _("This can't be booked"),
    Reason.INACTIVE: _("This can't be booked right now"),
    Reason.SIGN_IN_REQUIRED: _("Sign in to book this"),
    Reason.MEMBERS_ONLY: _("Only members can book this"),
}
CONFLICTS = frozenset({Reason.TAKEN, Reason.HELD, Reason.CAPACITY, Reason.PART_TAKEN})
"""Reasons that are somebody else's booking (409); every other reason is a rule (400)."""


@dataclass(frozen=True, slots=True)
class Violation:
    reason: Reason
    message: str | Promise


@dataclass(frozen=True, slots=True)
class Booker:
    """``is_staff``: works at the venue and books for others."""

    is_signed_in: bool = False
    is_member: bool = False
    is_staff: bool = False


def violation(reason: Reason) -> Violation:
    return Violation(reason, MESSAGES[reason])


def kind_violation(bookable: Bookable) -> Violation | None:
    """Nobody books it: its product has another way."""
    product = products.get(bookable.extension) if bookable.extension else None
    return Violation(Reason.NOT_BOOKABLE, product.instead) if product and product.instead else None


def people_violation(bookable: Bookable, booker: Booker, party_size: int) -> Violation | None:
    """The first broken rule about people: bookable at all, active, audience, party size."""
    if found := kind_violation(bookable):
        return found
    rules = bookable.customer_rules
    if not bookable.is_active:
        return violation(Reason.INACTIVE)
    if bookable.serves_party and party_size > (
        bookable.capacity if booker.is_staff else rules.max_party_size
    ):
        return party_too_large(rules.max_party_size)
    if booker.is_staff:
        return None
    if bookable.serves_party and party_size < rules.min_party_size:
        return violation(Reason.PARTY_TOO_SMALL)
    return _audience_violation(rules, booker)


def party_too_large(most: int) -> Violation:
    message = ngettext_lazy("Up to %(most)d person", "Up to %(most)d people", "most") % {"most": most}
    return Violation(Reason.PARTY_TOO_LARGE, message)


def _audience_violation(rules: CustomerRules, booker: Booker) -> Violation | None:
    if rules.audience == Audience.SIGNED_IN and not booker.is_signed_in:
        return violation(Reason.SIGN_IN_REQUIRED)
    if rules.audience == Audience.MEMBERS and not booker.is_member:
        return violation(Reason.MEMBERS_ONLY)
    return None


def needs_approval(rules: CustomerRules, *, party_size: int, duration: int) -> bool:
    """``duration`` in minutes."""
    if rules.approval == Approval.CONDITIONAL:
        is_large = rules.approval_party_size is not None and party_size >= rules.approval_party_size
        is_long = rules.approval_duration is not None and duration >= rules.approval_duration
        return is_large or is_long
    return rules.approval == Approval.MANUAL


def cancellation_fee(
    total: Decimal, currency: str, tiers: Iterable[Tier], *, start: int, now: int
) -> Decimal:
    """Kept of ``total`` when cancelling at ``now`` (UTC minutes).

    The tier with the most hours still left applies; if none does, everything is kept. No tiers: nothing.
    """
    all_tiers = list(tiers)
    if not all_tiers:
        return round_amount(Decimal(0), currency)
    in_time = [tier for tier in all_tiers if start - now >= tier.hours_before * MINUTES_PER_HOUR]
    tier = max(in_time, key=lambda tier: tier.hours_before, default=None)
    if tier is None:
        return total
    refund = round_amount(Fraction(total) * Fraction(tier.percentage) / 100 - Fraction(tier.fee), currency)
    return total - min(max(refund, Decimal(0)), total)
