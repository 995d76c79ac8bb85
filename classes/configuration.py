"""Rules of class types, cached beside the venue's configuration."""

from collections.abc import Mapping
from dataclasses import replace

from classes.enums import BelowMinimum, WaitlistMode
from classes.models import ClassType
from classes.policies.windows import USUAL, Rules
from common.venues import VenuePart
from resources.bookables import Catalog, Tier
from resources.catalog import catalog
from resources.models import CancellationPolicy


def read_rules(alias: str, venue_id: int) -> Mapping[int, Rules]:
    """By class type."""
    types = ClassType.objects.using(alias).filter(venue_id=venue_id).order_by("pk")
    return {row.pk: rules_of(row) for row in types.prefetch_related("policy__tiers")}


def rules_of(class_type: ClassType) -> Rules:
    return Rules(
        type_id=class_type.pk,
        book_from_days=class_type.book_from_days,
        book_until=class_type.book_until_minutes,
        late_cancel_hours=class_type.late_cancel_hours,
        waitlist_mode=WaitlistMode(class_type.waitlist_mode),
        waitlist_close=class_type.waitlist_close_minutes,
        offer_minutes=class_type.offer_minutes,
        max_waiting=class_type.max_waiting,
        min_attendance=class_type.min_attendance,
        decide_hours=class_type.decide_hours,
        below_minimum=BelowMinimum(class_type.below_minimum),
        policy=_read_policy(class_type.policy) if class_type.policy else None,
    )


def _read_policy(policy: CancellationPolicy) -> tuple[Tier, ...]:
    return tuple(
        Tier(tier.hours_before, tier.refund_percentage, tier.fee_amount) for tier in policy.tiers.all()
    )


RULES: VenuePart[Mapping[int, Rules]] = VenuePart("class_rules", read_rules)


def rules_at(venue_id: int) -> Mapping[int, Rules]:
    """One query while nothing has changed, none within a change that has locked something there."""
    return catalog(venue_id).part(RULES)


def find_rules(
    venue_id: int, type_id: int | None, known: Catalog | None = None, *, policy_id: int | None = None
) -> Rules:
    """Those of the class type; ``policy_id`` is of the session's own policy, which counts before that one.

    ``known``: the venue's configuration, where it is at hand.
    """
    if type_id is None and policy_id is None:
        return USUAL
    configuration = known or catalog(venue_id)
    rules = configuration.part(RULES).get(type_id or 0, USUAL)
    return rules if policy_id is None else replace(rules, policy=configuration.policies.get(policy_id, ()))
