"""The per-process cache of venues' configuration: opening plans, rules, prices, parts.

Asking costs one query for the venue's ``config_stamp``. Everything else is read again, in a constant
number of queries, when the stamp has changed; ``resources.receivers`` changes it whenever a
configuration row is saved or deleted, and bulk writers call ``touch_venues`` themselves.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, time

from django.db import connection

from resources.enums import AnswerKind, Approval, Audience, ChoiceRule, Period, PriceBasis, UnitsBy
from resources.facts import (
    Bookable,
    Catalog,
    CustomerRules,
    Group,
    Leaf,
    PriceRuleFacts,
    QuestionFacts,
    Tier,
)
from resources.models import (
    AvailabilityOverride,
    BookingRules,
    CancellationTier,
    Holiday,
    OpeningHours,
    PriceRule,
    Question,
    Resource,
    ResourceGroup,
    ResourceGroupMember,
    ResourcePart,
    Venue,
)
from resources.models.venue import new_stamp
from resources.signals import configuration_changed
from scheduling.hours import OpeningPlan, Override, WeeklyHours
from scheduling.slots import SlotRules

DAY = 1440
_catalogs: dict[int, Catalog] = {}


def touch_venues(venue_ids: Collection[int]) -> None:
    """Makes every process read these venues' configuration again."""
    for venue_id in venue_ids:
        Venue.objects.filter(pk=venue_id).update(config_stamp=new_stamp())
        configuration_changed.send(Venue, venue_id=venue_id)


def catalog(venue_id: int) -> Catalog:
    """The venue's configuration. Raises ``Venue.DoesNotExist``."""
    return catalogs([venue_id])[venue_id]


def catalogs(venue_ids: Collection[int]) -> dict[int, Catalog]:
    """Several venues' configurations, one query when nothing has changed. Raises ``Venue.DoesNotExist``."""
    # The stamp is read before the rows: a change in between is then noticed at the next look.
    stamps = _stamps(venue_ids)
    if len(stamps) != len(set(venue_ids)):
        raise Venue.DoesNotExist
    for venue_id, stamp in stamps.items():
        known = _catalogs.get(venue_id)
        if known is None or known.stamp != stamp:
            _catalogs[venue_id] = _load(venue_id, stamp)
    return {venue_id: _catalogs[venue_id] for venue_id in stamps}


def _stamps(venue_ids: Collection[int]) -> dict[int, int]:
    """Asked by every request, so written out: building the same ORM query takes longer than running it."""
    ids = list(venue_ids)
    if not ids:
        return {}
    marks = ", ".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, config_stamp FROM resources_venue WHERE id IN ({marks})", ids)
        return dict(cursor.fetchall())


def bookable(resource: Resource) -> Bookable:
    """The facts of one resource."""
    return catalog(resource.venue_id).bookables[resource.pk]


def _load(venue_id: int, stamp: int) -> Catalog:
    venue = Venue.objects.get(pk=venue_id)
    resources = list(
        Resource.objects.filter(venue_id=venue_id).select_related("rules").prefetch_related("features")
    )
    plans = _plans(venue, resources)
    leaves = _leaves(venue_id, resources)
    prices = _prices(venue_id)
    tiers = _tiers(venue_id)
    questions = _questions(venue_id)
    bookables = {
        resource.pk: Bookable(
            id=resource.pk,
            uuid=str(resource.uuid),
            slug=resource.slug,
            name=resource.name,
            kind=resource.kind,
            venue_id=venue_id,
            zone=venue.zone,
            currency=venue.currency,
            capacity=resource.capacity,
            units_by=UnitsBy(resource.units_by),
            is_active=resource.is_active and venue.is_active,
            hourly_rate=resource.hourly_rate,
            slot_rules=slot_rules(resource.rules),
            customer_rules=customer_rules(resource.rules, resource.capacity),
            plan=plans[resource.pk],
            leaves=leaves[resource.pk],
            is_whole=leaves[resource.pk][0].id != resource.pk,
            prices=(*prices[resource.pk], *prices[None]),
            tiers=tiers.get(resource.cancellation_policy_id or 0, ()),
            feature_slugs=frozenset(feature.slug for feature in resource.features.all()),
            questions=(*questions[None], *questions[resource.pk]),
            terms=venue.terms,
        )
        for resource in resources
    }
    return Catalog(venue_id, stamp, venue.zone, venue.currency, bookables, _groups(venue_id))


def _questions(venue_id: int) -> dict[int | None, list[QuestionFacts]]:
    """By resource; under None those that the venue asks for everything."""
    found: dict[int | None, list[QuestionFacts]] = defaultdict(list)
    for row in Question.objects.filter(venue_id=venue_id, is_active=True):
        found[row.resource_id].append(
            QuestionFacts(
                row.pk,
                row.text,
                AnswerKind(row.kind),
                row.choice_list,
                row.is_required,
                (row.resource_id is not None, row.position, row.pk),
            )
        )
    return found


def slot_rules(rules: BookingRules) -> SlotRules:
    """The part of the rules that concerns time, in minutes."""
    advance = rules.max_advance_days
    return SlotRules(
        slot_step=rules.slot_step,
        min_duration=rules.min_duration,
        max_duration=rules.max_duration,
        buffer_before=rules.buffer_before,
        buffer_after=rules.buffer_after,
        min_notice=rules.min_notice,
        max_advance=None if advance is None else advance * DAY,
    )


def customer_rules(rules: BookingRules, capacity: int) -> CustomerRules:
    """The part of the rules that concerns people."""
    return CustomerRules(
        rules_id=rules.pk,
        audience=Audience(rules.audience),
        approval=Approval(rules.approval),
        approval_party_size=rules.approval_party_size,
        approval_duration=rules.approval_duration,
        min_party_size=rules.min_party_size,
        max_party_size=min(capacity, rules.max_party_size or capacity),
        max_active=rules.max_active_per_customer,
        max_per_period=rules.max_per_period,
        limit_period=Period(rules.limit_period),
        hold_minutes=rules.hold_minutes,
        default_duration=rules.default_duration,
        check_in_opens=rules.check_in_opens,
        deposit_percent=rules.deposit_percent,
        offer_minutes=rules.offer_minutes,
    )


def local_window(start: time, end: time) -> tuple[int, int]:
    """Minutes of the local day; an end at or before the start is on the next day."""
    first, last = start.hour * 60 + start.minute, end.hour * 60 + end.minute
    return first, last if last > first else last + DAY


def _weekly(row: OpeningHours) -> WeeklyHours:
    start, end = local_window(row.start_time, row.end_time)
    return WeeklyHours(
        row.weekday, start, end, row.is_available, row.max_duration, row.valid_from, row.valid_until
    )


def _override(row: AvailabilityOverride) -> Override:
    times: tuple[int | None, int | None] = (None, None)
    if row.start_time is not None and row.end_time is not None:
        times = local_window(row.start_time, row.end_time)
    return Override(
        row.starts_on, row.ends_on, *times, row.is_available, row.reason, resource=row.resource_id is not None
    )


def _plans(venue: Venue, resources: Iterable[Resource]) -> dict[int, OpeningPlan]:
    hours: dict[int | None, list[WeeklyHours]] = defaultdict(list)
    for row in OpeningHours.objects.filter(venue=venue):
        hours[row.resource_id].append(_weekly(row))
    overrides: dict[int | None, list[Override]] = defaultdict(list)
    for closure in AvailabilityOverride.objects.filter(venue=venue):
        overrides[closure.resource_id].append(_override(closure))
    holidays = frozenset(holiday_dates(venue))
    return {
        resource.pk: OpeningPlan(
            zone=venue.zone_name,
            resource_hours=tuple(hours[resource.pk]),
            venue_hours=tuple(hours[None]),
            overrides=(*overrides[resource.pk], *overrides[None]),
            holidays=holidays if resource.observes_holidays else frozenset(),
        )
        for resource in resources
    }


def holiday_dates(venue: Venue) -> list[date]:
    """Public holidays of the venue's country and subdivision."""
    places = {"", venue.subdivision}
    found = Holiday.objects.filter(country=venue.country, subdivision__in=places)
    return list(found.values_list("date", flat=True))


def _leaves(venue_id: int, resources: Iterable[Resource]) -> dict[int, tuple[Leaf, ...]]:
    limits = {resource.pk: resource.limit for resource in resources}
    parts: dict[int, list[int]] = defaultdict(list)
    for whole, part in ResourcePart.objects.filter(whole__venue_id=venue_id).values_list(
        "whole_id", "part_id"
    ):
        parts[whole].append(part)

    def leaf_ids(resource_id: int) -> set[int]:
        found: set[int] = set()
        for part in parts.get(resource_id, ()):
            found |= leaf_ids(part)
        return found or {resource_id}

    return {pk: tuple(Leaf(leaf, limits[leaf]) for leaf in sorted(leaf_ids(pk))) for pk in limits}


def _prices(venue_id: int) -> dict[int | None, list[PriceRuleFacts]]:
    """Rules by resource id; under None those for every resource of the venue."""
    found: dict[int | None, list[PriceRuleFacts]] = defaultdict(list)
    for rule in PriceRule.objects.filter(venue_id=venue_id).prefetch_related("resources"):
        facts = price_rule_facts(rule)
        targets: list[int | None] = [resource.pk for resource in rule.resources.all()]
        for target in targets or [None]:
            found[target].append(facts)
    return found


def price_rule_facts(rule: PriceRule) -> PriceRuleFacts:
    start, end = (0, DAY)
    if rule.start_time is not None and rule.end_time is not None:
        start, end = local_window(rule.start_time, rule.end_time)
    return PriceRuleFacts(
        name=rule.name,
        basis=PriceBasis(rule.basis),
        amount=rule.amount,
        weekdays=frozenset(int(digit) for digit in rule.weekdays),
        start=start,
        end=end,
        valid_from=rule.valid_from,
        valid_until=rule.valid_until,
        priority=rule.priority,
    )


def _tiers(venue_id: int) -> dict[int, tuple[Tier, ...]]:
    found: dict[int, list[Tier]] = defaultdict(list)
    for tier in CancellationTier.objects.filter(policy__venue_id=venue_id):
        found[tier.policy_id].append(Tier(tier.hours_before, tier.refund_percentage, tier.fee_amount))
    return {policy: tuple(tiers) for policy, tiers in found.items()}


def _groups(venue_id: int) -> dict[int, Group]:
    members: dict[int, list[int]] = defaultdict(list)
    links = ResourceGroupMember.objects.filter(group__venue_id=venue_id).order_by("position", "id")
    for group_id, resource_id in links.values_list("group_id", "resource_id"):
        members[group_id].append(resource_id)
    return {
        group.pk: Group(
            group.pk,
            str(group.uuid),
            group.slug,
            group.name,
            ChoiceRule(group.choice_rule),
            tuple(members[group.pk]),
            group.is_active,
        )
        for group in ResourceGroup.objects.filter(venue_id=venue_id)
    }
