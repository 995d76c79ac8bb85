"""Puts a venue's facts together: one ``Bookable`` for each resource, the unchanged ones kept."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TypeVar

from resources.catalog.loading import Facts, ResourceFacts, Table
from resources.facts import Bookable, Catalog, CustomerRules, Leaf
from scheduling.hours import OpeningPlan, Override, WeeklyHours

T = TypeVar("T")
SECTIONS = ("venue", "rules", "policies", "parts")
TABLES = ("hours", "overrides", "prices", "questions")


def assemble(venue_id: int, stamp: int, facts: Facts) -> Catalog:
    builder = Builder(venue_id, facts)
    bookables = {each.id: builder.bookable(each) for each in _in_order(facts)}
    return _catalog(venue_id, stamp, facts, bookables)


def reassemble(known: Catalog, old: Facts, stamp: int, facts: Facts, changed: Collection[int]) -> Catalog:
    """``known`` as of other facts, of which those of the ``changed`` resources are new."""
    if not _shared_are_equal(old, facts):
        return assemble(known.venue_id, stamp, facts)
    builder = Builder(known.venue_id, facts)
    found = dict(known.bookables)
    for pk in {*changed, *_wholes_with(changed, known.bookables.values())} & facts.resources.keys():
        found[pk] = builder.bookable(facts.resources[pk][0])
    return _catalog(known.venue_id, stamp, facts, {each.id: found[each.id] for each in _in_order(facts)})


def _catalog(venue_id: int, stamp: int, facts: Facts, bookables: dict[int, Bookable]) -> Catalog:
    venue = facts.venue
    groups = dict(facts.groups)
    return Catalog(venue_id, stamp, venue.zone, venue.currency, bookables, groups, facts.registered)


def _shared_are_equal(old: Facts, new: Facts) -> bool:
    """Whether what many resources have in common is as it was."""
    pairs = [(getattr(old, name), getattr(new, name)) for name in SECTIONS]
    pairs += [(getattr(old, name).get(None), getattr(new, name).get(None)) for name in TABLES]
    return all(before == after for before, after in pairs)


def _in_order(facts: Facts) -> list[ResourceFacts]:
    rows = (row for (row,) in facts.resources.values())
    return sorted(rows, key=lambda row: (row.position, row.name, row.id))


def _wholes_with(leaf_ids: Collection[int], bookables: Iterable[Bookable]) -> list[int]:
    """They are limited by their leaves."""
    wanted = set(leaf_ids)
    return [
        each.id
        for each in bookables
        if each.is_whole and not wanted.isdisjoint(leaf.id for leaf in each.leaves)
    ]


class Builder:
    """Makes bookables that share what is equal."""

    def __init__(self, venue_id: int, facts: Facts) -> None:
        self._venue_id = venue_id
        self._facts = facts
        self._zone = facts.venue.zone
        self._people: dict[tuple[int, int], CustomerRules] = {}
        self._plans: dict[bool, OpeningPlan] = {}

    def bookable(self, row: ResourceFacts) -> Bookable:
        facts, venue, rules = self._facts, self._facts.venue, self._facts.rules[row.rules_id]
        leaves = self._leaves(row.id)
        return Bookable(
            id=row.id,
            uuid=row.uuid,
            slug=row.slug,
            name=row.name,
            kind=row.kind,
            venue_id=self._venue_id,
            zone=self._zone,
            currency=venue.currency,
            capacity=row.capacity,
            units_by=row.units_by,
            is_active=row.is_active and venue.is_active,
            hourly_rate=row.hourly_rate,
            slot_rules=rules.slot_rules,
            customer_rules=self._customer_rules(row),
            plan=self._plan(row),
            leaves=leaves,
            is_whole=leaves[0].id != row.id,
            prices=_own_first(facts.prices, row.id),
            tiers=facts.policies.get(row.policy_id or 0, ()),
            feature_slugs=frozenset(facts.features.get(row.id, ())),
            questions=(*facts.questions.get(None, ()), *facts.questions.get(row.id, ())),
            terms=venue.terms,
        )

    def _customer_rules(self, row: ResourceFacts) -> CustomerRules:
        key = row.rules_id, row.capacity
        if key not in self._people:
            rules = self._facts.rules[row.rules_id]
            most = min(row.capacity, rules.most or row.capacity)
            self._people[key] = replace(rules.customer_rules, max_party_size=most)
        return self._people[key]

    def _plan(self, row: ResourceFacts) -> OpeningPlan:
        hours, overrides = self._facts.hours.get(row.id, ()), self._facts.overrides.get(row.id, ())
        if hours or overrides:
            return self._new_plan(row.observes_holidays, hours, overrides)
        if row.observes_holidays not in self._plans:
            self._plans[row.observes_holidays] = self._new_plan(row.observes_holidays, (), ())
        return self._plans[row.observes_holidays]

    def _new_plan(
        self, observes_holidays: bool, hours: tuple[WeeklyHours, ...], overrides: tuple[Override, ...]
    ) -> OpeningPlan:
        return OpeningPlan(
            zone=self._facts.venue.zone_name,
            resource_hours=hours,
            venue_hours=self._facts.hours.get(None, ()),
            overrides=(*overrides, *self._facts.overrides.get(None, ())),
            holidays=self._facts.venue.holidays if observes_holidays else frozenset(),
        )

    def _leaves(self, resource_id: int) -> tuple[Leaf, ...]:
        resources = self._facts.resources
        ids = self._leaf_ids(resource_id) if resource_id in self._facts.parts else {resource_id}
        return tuple(Leaf(leaf, resources[leaf][0].limit) for leaf in sorted(ids))

    def _leaf_ids(self, resource_id: int) -> set[int]:
        parts = self._facts.parts.get(resource_id, ())
        return set().union(*map(self._leaf_ids, parts)) if parts else {resource_id}


def _own_first(table: Table[T], owner: int) -> tuple[T, ...]:
    return (*table.get(owner, ()), *table.get(None, ()))
