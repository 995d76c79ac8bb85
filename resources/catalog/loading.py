"""Reads a venue's configuration as plain facts: all of it, or only what has changed."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db.models import F, Model, Q, QuerySet

from common.venues import venue_parts
from resources.enums import AnswerKind, Approval, Audience, ChoiceRule, Period, PriceBasis, UnitsBy
from resources.facts import CustomerRules, Group, PriceRuleFacts, QuestionFacts, Tier
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
from resources.models.resource import sellable
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
class VenueFacts:
    zone_name: str
    currency: str
    terms: str
    is_active: bool
    holidays: frozenset[date]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone_name)


@dataclass(frozen=True, slots=True)
class RulesFacts:
    """``most`` people of a party, whatever the resource's capacity."""

    slot_rules: SlotRules
    customer_rules: CustomerRules
    most: int | None


@dataclass(frozen=True, slots=True)
class ResourceFacts:
    """The resource's own row."""

    id: int
    uuid: str
    slug: str
    name: str
    kind: str
    capacity: int
    units_by: UnitsBy
    limit: int
    is_active: bool
    hourly_rate: Decimal
    observes_holidays: bool
    rules_id: int
    policy_id: int | None
    position: int


@dataclass(frozen=True, slots=True)
class Facts:
    """A venue's configuration as it is stored; each field is read again when its key's stamp has changed."""

    venue: VenueFacts
    rules: Mapping[int, RulesFacts]
    policies: Mapping[int, tuple[Tier, ...]]
    parts: Mapping[int, tuple[int, ...]]
    groups: Mapping[int, Group]
    resources: Table[ResourceFacts]
    hours: Table[WeeklyHours]
    overrides: Table[Override]
    prices: Table[PriceRuleFacts]
    questions: Table[QuestionFacts]
    features: Table[str]
    registered: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows of one venue come from."""

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


def load(source: Source) -> Facts:
    """Everything. Raises ``Venue.DoesNotExist``."""
    values: dict[str, Any] = {name: read(source) for name, read in SECTIONS.items()}
    values |= {name: read(source, None) for name, read in TABLES.items()}
    return Facts(**values, registered=_registered(source, venue_parts.names()))


def load_changed(source: Source, known: Facts, keys: Collection[str], resource_ids: Collection[int]) -> Facts:
    """``known`` with what these keys and resources stand for read again."""
    values: dict[str, Any] = {name: read(source) for name, read in SECTIONS.items() if name in keys}
    for name, read in TABLES.items():
        owners: set[Owner] = {*resource_ids, *([None] if name in keys else [])}
        if owners:
            others = {owner: rows for owner, rows in getattr(known, name).items() if owner not in owners}
            values[name] = others | read(source, owners)
    registered = {**known.registered, **_registered(source, keys)}
    return replace(known, **values, registered=registered)


def _registered(source: Source, names: Collection[str]) -> dict[str, Any]:
    return {
        name: part.load(source.alias, source.venue_id) for name, part in venue_parts.items() if name in names
    }


def _venue(source: Source) -> VenueFacts:
    venue = Venue.objects.using(source.alias).get(pk=source.venue_id)
    places = {"", venue.subdivision}
    holidays = Holiday.objects.using(source.alias).filter(country=venue.country, subdivision__in=places)
    days = frozenset(holidays.order_by().values_list("date", flat=True))
    return VenueFacts(venue.zone_name, venue.currency, venue.terms, venue.is_active, days)


def _rules(source: Source) -> dict[int, RulesFacts]:
    return {
        rules.pk: RulesFacts(_slot_rules(rules), _customer_rules(rules), rules.max_party_size)
        for rules in source.rows(BookingRules)
    }


def _slot_rules(rules: BookingRules) -> SlotRules:
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


def _customer_rules(rules: BookingRules) -> CustomerRules:
    """The part of the rules that concerns people."""
    return CustomerRules(
        rules_id=rules.pk,
        audience=Audience(rules.audience),
        approval=Approval(rules.approval),
        approval_party_size=rules.approval_party_size,
        approval_duration=rules.approval_duration,
        min_party_size=rules.min_party_size,
        max_party_size=rules.max_party_size or 0,
        max_active=rules.max_active_per_customer,
        max_per_period=rules.max_per_period,
        limit_period=Period(rules.limit_period),
        hold_minutes=rules.hold_minutes,
        default_duration=rules.default_duration,
        check_in_opens=rules.check_in_opens,
        deposit_percent=rules.deposit_percent,
        offer_minutes=rules.offer_minutes,
    )


def _policies(source: Source) -> dict[int, tuple[Tier, ...]]:
    tiers = source.rows(CancellationTier, "policy__venue").order_by("-hours_before", "id")
    return _grouped(
        (tier.policy_id, Tier(tier.hours_before, tier.refund_percentage, tier.fee_amount)) for tier in tiers
    )


def _parts(source: Source) -> dict[int, tuple[int, ...]]:
    """Of each whole, by id."""
    return _grouped(
        source.rows(ResourcePart, "whole__venue").order_by("id").values_list("whole_id", "part_id")
    )


def _groups(source: Source) -> dict[int, Group]:
    links = source.rows(ResourceGroupMember, "group__venue").order_by("position", "id")
    members = _grouped(links.values_list("group_id", "resource_id"))
    return {
        group.pk: Group(
            group.pk,
            str(group.uuid),
            group.slug,
            group.name,
            ChoiceRule(group.choice_rule),
            members.get(group.pk, ()),
            group.is_active,
        )
        for group in source.rows(ResourceGroup).order_by("name", "id")
    }


def _resources(source: Source, owners: Owners) -> Table[ResourceFacts]:
    rows = source.rows(Resource).order_by()
    if owners is not None:
        rows = rows.filter(pk__in=[owner for owner in owners if owner is not None])
    columns = ("pk", "uuid", "slug", "name", "kind", "capacity", "units_by", "units", "overbooking_percent")
    others = ("is_active", "hourly_rate", "observes_holidays", "rules_id", "cancellation_policy_id")
    return {
        pk: (
            ResourceFacts(
                pk, str(uuid), slug, name, kind, capacity, _UNITS[units_by], sellable(units, percent), *more
            ),
        )
        for pk, uuid, slug, name, kind, capacity, units_by, units, percent, *more in rows.values_list(
            *columns, *others, "position"
        )
    }


_UNITS = {each.value: each for each in UnitsBy}


def _hours(source: Source, owners: Owners) -> Table[WeeklyHours]:
    rows = source.owned(OpeningHours, owners).order_by("weekday", "start_time", "id")
    return _grouped((row.resource_id, _weekly(row)) for row in rows)


def _weekly(row: OpeningHours) -> WeeklyHours:
    start, end = local_window(row.start_time, row.end_time)
    return WeeklyHours(
        row.weekday, start, end, row.is_available, row.max_duration, row.valid_from, row.valid_until
    )


def _overrides(source: Source, owners: Owners) -> Table[Override]:
    rows = source.owned(AvailabilityOverride, owners).order_by("starts_on", "start_time", "id")
    return _grouped((row.resource_id, _override(row)) for row in rows)


def _override(row: AvailabilityOverride) -> Override:
    times: tuple[int | None, int | None] = (None, None)
    if row.start_time is not None and row.end_time is not None:
        times = local_window(row.start_time, row.end_time)
    return Override(
        row.starts_on, row.ends_on, *times, row.is_available, row.reason, resource=row.resource_id is not None
    )


def _prices(source: Source, owners: Owners) -> Table[PriceRuleFacts]:
    """A rule once for each resource that it names; without any, it is the venue's."""
    rows = source.owned(PriceRule, owners, "resources").order_by("-priority", "name", "id", "resources")
    known: dict[int, PriceRuleFacts] = {}
    return _grouped(
        (rule.owner, known.get(rule.pk) or known.setdefault(rule.pk, _price(rule)))
        for rule in rows.annotate(owner=F("resources"))
    )


def _price(rule: PriceRule) -> PriceRuleFacts:
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


def _questions(source: Source, owners: Owners) -> Table[QuestionFacts]:
    rows = source.owned(Question, owners).filter(is_active=True).order_by("position", "id")
    return _grouped(
        (
            row.resource_id,
            QuestionFacts(
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


def _features(source: Source, owners: Owners) -> Table[str]:
    links = source.rows(Resource.features.through, "resource__venue")
    if owners is not None:
        links = links.filter(resource__in=[owner for owner in owners if owner is not None])
    return _grouped(links.order_by("resource", "feature").values_list("resource_id", "feature__slug"))


def _grouped(pairs: Iterable[tuple[Any, T]]) -> dict[Any, tuple[T, ...]]:
    found: dict[Any, list[T]] = defaultdict(list)
    for owner, value in pairs:
        found[owner].append(value)
    return {owner: tuple(values) for owner, values in found.items()}


def local_window(start: time, end: time) -> tuple[int, int]:
    """Minutes of the local day; an end at or before the start is on the next day."""
    first, last = start.hour * 60 + start.minute, end.hour * 60 + end.minute
    return first, last if last > first else last + DAY


SECTIONS: dict[str, Callable[[Source], Any]] = {
    "venue": _venue,
    "rules": _rules,
    "policies": _policies,
    "parts": _parts,
    "groups": _groups,
}
TABLES: dict[str, Callable[[Source, Owners], Table[Any]]] = {
    "resources": _resources,
    "hours": _hours,
    "overrides": _overrides,
    "prices": _prices,
    "questions": _questions,
    "features": _features,
}
