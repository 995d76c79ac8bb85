"""Reads a venue's configuration as frozen values: all of it, or only what has changed."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, Model, Q, QuerySet

from common.venues import venue_parts
from resources.bookables import CustomerRules, Group, PriceRuleValues, QuestionValues, Tier
from resources.enums import AnswerKind, Approval, Audience, ChoiceRule, Period, PriceBasis, UnitsBy
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
from resources.models.resource import holds_party, sellable_units
from scheduling.hours import Override, WeeklyHours
from scheduling.slots import SlotRules

DAY = 1440
T = TypeVar("T")
M = TypeVar("M", bound=Model)
Owner = int | None
"""A resource's id; None for what belongs to the venue as a whole."""
Owners = Collection[Owner] | None
"""Whose rows are read; None: everybody's."""
Table = dict[Owner, tuple[T, ...]]


@dataclass(frozen=True, slots=True)
class VenueValues:
    zone_name: str
    currency: str
    terms: str
    is_active: bool
    holidays: frozenset[date]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone_name)


@dataclass(frozen=True, slots=True)
class RulesValues:
    """``most`` people of a party, whatever the resource's capacity."""

    slot_rules: SlotRules
    customer_rules: CustomerRules
    most: int | None


@dataclass(frozen=True, slots=True)
class ResourceValues:
    id: int
    uuid: str
    slug: str
    name: str
    kind: str
    serves_party: bool
    capacity: int
    units_by: UnitsBy
    limit: int
    is_active: bool
    hourly_rate: Decimal
    observes_holidays: bool
    rules_id: int
    policy_id: int | None
    position: int
    is_listed: bool
    extension: str


@dataclass(frozen=True, slots=True)
class VenueConfiguration:
    """A venue's rows as values; each field is read again when its key's stamp has changed."""

    venue: VenueValues
    rules: Mapping[int, RulesValues]
    policies: Mapping[int, tuple[Tier, ...]]
    parts: Mapping[int, tuple[int, ...]]
    groups: Mapping[int, Group]
    resources: Table[ResourceValues]
    hours: Table[WeeklyHours]
    overrides: Table[Override]
    prices: Table[PriceRuleValues]
    questions: Table[QuestionValues]
    features: Table[str]
    registered: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class VenueRows:
    alias: str
    venue_id: int

    def rows(self, model: type[M], path: str = "venue") -> QuerySet[M]:
        return model._default_manager.using(self.alias).filter(**{path: self.venue_id})

    def owned(self, model: type[M], owners: Owners, path: str = "resource") -> QuerySet[M]:
        rows = self.rows(model)
        if owners is None:
            return rows
        ids = [owner for owner in owners if owner is not None]
        wanted = Q(**{f"{path}__in": ids}) if ids else Q()
        return rows.filter(wanted | Q(**{path: None}) if None in owners else wanted)


def load_configuration(source: VenueRows) -> VenueConfiguration:
    """Raises ``Venue.DoesNotExist``."""
    values: dict[str, Any] = {name: read(source) for name, read in SECTIONS.items()}
    values |= {name: read(source, None) for name, read in TABLES.items()}
    return VenueConfiguration(**values, registered=_load_registered(source, venue_parts.names()))


def reload_changed(
    source: VenueRows, configuration: VenueConfiguration, keys: Collection[str], resource_ids: Collection[int]
) -> VenueConfiguration:
    """``configuration`` with what these keys and resources stand for read again."""
    values: dict[str, Any] = {name: read(source) for name, read in SECTIONS.items() if name in keys}
    for name, read in TABLES.items():
        # A resource's key covers its rows in every table; a table's own key covers the venue's shared rows.
        owners: set[Owner] = {*resource_ids, *([None] if name in keys else [])}
        if owners:
            unchanged = {
                owner: rows for owner, rows in getattr(configuration, name).items() if owner not in owners
            }
            values[name] = unchanged | read(source, owners)
    registered = {**configuration.registered, **_load_registered(source, keys)}
    return replace(configuration, **values, registered=registered)


def _load_registered(source: VenueRows, names: Collection[str]) -> dict[str, Any]:
    return {
        name: part.load(source.alias, source.venue_id) for name, part in venue_parts.items() if name in names
    }


def _load_venue(source: VenueRows) -> VenueValues:
    venue = Venue.objects.using(source.alias).get(pk=source.venue_id)
    places = {"", venue.subdivision}
    holidays = Holiday.objects.using(source.alias).filter(country=venue.country, subdivision__in=places)
    days = frozenset(holidays.order_by().values_list("date", flat=True))
    return VenueValues(venue.zone_name, venue.currency, venue.terms, venue.is_active, days)


def _load_rules(source: VenueRows) -> dict[int, RulesValues]:
    return {
        rules.pk: RulesValues(_make_slot_rules(rules), _make_customer_rules(rules), rules.max_party_size)
        for rules in source.rows(BookingRules)
    }


def _make_slot_rules(rules: BookingRules) -> SlotRules:
    advance = rules.max_advance_days
    return SlotRules(
        slot_step=rules.slot_step,
        min_duration=rules.min_duration,
        max_duration=rules.max_duration,
        buffer_before=rules.buffer_before,
        buffer_after=rules.buffer_after,
        occupies_first=rules.occupies_first,
        min_notice=rules.min_notice,
        max_advance=None if advance is None else advance * DAY,
    )


def _make_customer_rules(rules: BookingRules) -> CustomerRules:
    return CustomerRules(
        rules_id=rules.pk,
        audience=Audience(rules.audience),
        approval=Approval(rules.approval),
        approval_party_size=rules.approval_party_size,
        approval_duration=rules.approval_duration,
        min_party_size=rules.min_party_size,
        max_party_size=rules.max_party_size or 0,
        max_active_per_customer=rules.max_active_per_customer,
        max_per_period=rules.max_per_period,
        one_at_a_time=rules.one_at_a_time,
        limit_period=Period(rules.limit_period),
        hold_minutes=rules.hold_minutes,
        default_duration=rules.default_duration,
        check_in_opens=rules.check_in_opens,
        staff_check_in_opens=rules.staff_check_in_opens,
        deposit_percent=rules.deposit_percent,
        offer_minutes=rules.offer_minutes,
    )


def _load_policies(source: VenueRows) -> dict[int, tuple[Tier, ...]]:
    tiers = source.rows(CancellationTier, "policy__venue").order_by("-hours_before", "id")
    return _group_by_owner(
        (tier.policy_id, Tier(tier.hours_before, tier.refund_percentage, tier.fee_amount)) for tier in tiers
    )


def _load_parts(source: VenueRows) -> dict[int, tuple[int, ...]]:
    return _group_by_owner(
        source.rows(ResourcePart, "whole__venue").order_by("id").values_list("whole_id", "part_id")
    )


def _load_groups(source: VenueRows) -> dict[int, Group]:
    links = source.rows(ResourceGroupMember, "group__venue").order_by("position", "id")
    members = _group_by_owner(links.values_list("group_id", "resource_id"))
    return {
        group.pk: Group(
            group.pk,
            str(group.uuid),
            group.slug,
            group.name,
            ChoiceRule(group.choice_rule),
            members.get(group.pk, ()),
            group.is_active,
            group.is_listed,
        )
        for group in source.rows(ResourceGroup).order_by("name", "id")
    }


def _load_resources(source: VenueRows, owners: Owners) -> Table[ResourceValues]:
    rows = source.rows(Resource).order_by()
    if owners is not None:
        rows = rows.filter(pk__in=[owner for owner in owners if owner is not None])
    # Tuples instead of model instances: a venue may have thousands of resources.
    return {row[0]: (_make_resource(*row),) for row in rows.values_list(*COLUMNS)}


COLUMNS = (
    *("pk", "uuid", "slug", "name", "kind", "serves_party"),
    *("capacity", "units_by", "units", "overbooking_percent"),
    *("is_active", "hourly_rate", "observes_holidays", "rules_id", "cancellation_policy_id", "position"),
    *("is_listed", "extension"),
)


def _make_resource(
    pk: int,
    uuid: UUID,
    slug: str,
    name: str,
    kind: str,
    serves_party: bool | None,
    capacity: int,
    units_by: str,
    units: int,
    percent: int,
    *rest: Any,
) -> ResourceValues:
    return ResourceValues(
        pk,
        str(uuid),
        slug,
        name,
        kind,
        holds_party(serves_party, kind),
        capacity,
        _UNITS[units_by],
        sellable_units(units, percent),
        *rest,
    )


_UNITS = {units_by.value: units_by for units_by in UnitsBy}


def _load_hours(source: VenueRows, owners: Owners) -> Table[WeeklyHours]:
    rows = source.owned(OpeningHours, owners).order_by("weekday", "start_time", "id")
    return _group_by_owner((row.resource_id, _make_weekly_hours(row)) for row in rows)


def _make_weekly_hours(row: OpeningHours) -> WeeklyHours:
    start, end = local_window(row.start_time, row.end_time)
    return WeeklyHours(
        row.weekday, start, end, row.is_available, row.max_duration, row.valid_from, row.valid_until
    )


def _load_overrides(source: VenueRows, owners: Owners) -> Table[Override]:
    rows = source.owned(AvailabilityOverride, owners).order_by("starts_on", "start_time", "id")
    return _group_by_owner((row.resource_id, _make_override(row)) for row in rows)


def _make_override(row: AvailabilityOverride) -> Override:
    times: tuple[int | None, int | None] = (None, None)
    if row.start_time is not None and row.end_time is not None:
        times = local_window(row.start_time, row.end_time)
    return Override(
        row.starts_on, row.ends_on, *times, row.is_available, row.reason, resource=row.resource_id is not None
    )


def _load_prices(source: VenueRows, owners: Owners) -> Table[PriceRuleValues]:
    # A rule comes once for each resource that it names; without any, it is the venue's.
    rows = source.owned(PriceRule, owners, "resources").order_by("-priority", "name", "id", "resources")
    rule_by_id: dict[int, PriceRuleValues] = {}
    return _group_by_owner(
        (rule.owner, rule_by_id.get(rule.pk) or rule_by_id.setdefault(rule.pk, _make_price_rule(rule)))
        for rule in rows.annotate(owner=F("resources"))
    )


def _make_price_rule(rule: PriceRule) -> PriceRuleValues:
    start, end = (0, DAY)
    if rule.start_time is not None and rule.end_time is not None:
        start, end = local_window(rule.start_time, rule.end_time)
    return PriceRuleValues(
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


def _load_questions(source: VenueRows, owners: Owners) -> Table[QuestionValues]:
    rows = source.owned(Question, owners).filter(is_active=True).order_by("position", "id")
    return _group_by_owner(
        (
            row.resource_id,
            QuestionValues(
                row.pk,
                row.text,
                AnswerKind(row.kind),
                row.choice_list,
                row.is_required,
                (row.resource_id is not None, row.position, row.pk),
            ),
        )
        for row in rows
    )


def _load_features(source: VenueRows, owners: Owners) -> Table[str]:
    links = source.rows(Resource.features.through, "resource__venue")
    if owners is not None:
        links = links.filter(resource__in=[owner for owner in owners if owner is not None])
    return _group_by_owner(links.order_by("resource", "feature").values_list("resource_id", "feature__slug"))


def _group_by_owner(pairs: Iterable[tuple[Any, T]]) -> dict[Any, tuple[T, ...]]:
    values_by_owner: dict[Any, list[T]] = defaultdict(list)
    for owner, value in pairs:
        values_by_owner[owner].append(value)
    return {owner: tuple(values) for owner, values in values_by_owner.items()}


def local_window(start: time, end: time) -> tuple[int, int]:
    """Minutes of the local day; an end at or before the start is on the next day."""
    first, last = start.hour * 60 + start.minute, end.hour * 60 + end.minute
    return first, last if last > first else last + DAY


SECTIONS: dict[str, Callable[[VenueRows], Any]] = {
    "venue": _load_venue,
    "rules": _load_rules,
    "policies": _load_policies,
    "parts": _load_parts,
    "groups": _load_groups,
}
TABLES: dict[str, Callable[[VenueRows, Owners], Table[Any]]] = {
    "resources": _load_resources,
    "hours": _load_hours,
    "overrides": _load_overrides,
    "prices": _load_prices,
    "questions": _load_questions,
    "features": _load_features,
}
