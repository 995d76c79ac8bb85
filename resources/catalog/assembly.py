"""Makes a venue's catalog: one ``Bookable`` for each resource, the unchanged ones kept."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TypeVar

from resources.bookables import Bookable, Catalog, CustomerRules, Leaf
from resources.catalog.loading import ResourceValues, Table, VenueConfiguration
from scheduling.hours import OpeningPlan, Override, WeeklyHours

T = TypeVar("T")
SECTIONS = ("venue", "rules", "policies", "parts")
TABLES = ("hours", "overrides", "prices", "questions")


def assemble(venue_id: int, stamp: int, configuration: VenueConfiguration) -> Catalog:
    builder = Builder(venue_id, configuration)
    bookables = {resource.id: builder.build(resource) for resource in _in_list_order(configuration)}
    return _make_catalog(venue_id, stamp, configuration, bookables)


def reassemble(
    known_catalog: Catalog,
    old_configuration: VenueConfiguration,
    stamp: int,
    configuration: VenueConfiguration,
    changed: Collection[int],
) -> Catalog:
    """``known`` with the ``changed`` resources made anew."""
    # What the venue's resources share (hours, rules, questions) is part of each of them.
    if not _shared_are_equal(old_configuration, configuration):
        return assemble(known_catalog.venue_id, stamp, configuration)
    builder = Builder(known_catalog.venue_id, configuration)
    bookables = dict(known_catalog.bookables)
    for pk in {
        *changed,
        *_find_wholes(changed, known_catalog.bookables.values()),
    } & configuration.resources.keys():
        bookables[pk] = builder.build(configuration.resources[pk][0])
    return _make_catalog(
        known_catalog.venue_id,
        stamp,
        configuration,
        {resource.id: bookables[resource.id] for resource in _in_list_order(configuration)},
    )


def _make_catalog(
    venue_id: int, stamp: int, configuration: VenueConfiguration, bookables: dict[int, Bookable]
) -> Catalog:
    venue = configuration.venue
    return Catalog(
        venue_id,
        stamp,
        venue.zone,
        venue.currency,
        bookables,
        dict(configuration.groups),
        configuration.registered,
        configuration.policies,
    )


def _shared_are_equal(old: VenueConfiguration, new: VenueConfiguration) -> bool:
    pairs = [(getattr(old, name), getattr(new, name)) for name in SECTIONS]
    pairs += [(getattr(old, name).get(None), getattr(new, name).get(None)) for name in TABLES]
    return all(before == after for before, after in pairs)


def _in_list_order(configuration: VenueConfiguration) -> list[ResourceValues]:
    rows = (row for (row,) in configuration.resources.values())
    return sorted(rows, key=lambda row: (row.position, row.name, row.id))


def _find_wholes(leaf_ids: Collection[int], bookables: Iterable[Bookable]) -> list[int]:
    # A whole is limited by its leaves.
    wanted = set(leaf_ids)
    return [
        bookable.id
        for bookable in bookables
        if bookable.is_whole and not wanted.isdisjoint(leaf.id for leaf in bookable.leaves)
    ]


class Builder:
    """Makes bookables that share equal values, so that thousands of resources need little memory."""

    def __init__(self, venue_id: int, configuration: VenueConfiguration) -> None:
        self._venue_id = venue_id
        self._configuration = configuration
        self._zone = configuration.venue.zone
        self._people: dict[tuple[int, int], CustomerRules] = {}
        self._plans: dict[bool, OpeningPlan] = {}

    def build(self, row: ResourceValues) -> Bookable:
        configuration, venue, rules = (
            self._configuration,
            self._configuration.venue,
            self._configuration.rules[row.rules_id],
        )
        # A whole is booked by its leaves; a resource without parts is its own only leaf.
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
            prices=_own_first(configuration.prices, row.id),
            tiers=configuration.policies.get(row.policy_id or 0, ()),
            feature_slugs=frozenset(configuration.features.get(row.id, ())),
            questions=(*configuration.questions.get(None, ()), *configuration.questions.get(row.id, ())),
            terms=venue.terms,
            is_listed=row.is_listed,
            serves_party=row.serves_party,
            extension=row.extension,
        )

    def _customer_rules(self, row: ResourceValues) -> CustomerRules:
        key = row.rules_id, row.capacity
        if key not in self._people:
            rules = self._configuration.rules[row.rules_id]
            largest_party = min(row.capacity, rules.most or row.capacity)
            self._people[key] = replace(rules.customer_rules, max_party_size=largest_party)
        return self._people[key]

    def _plan(self, row: ResourceValues) -> OpeningPlan:
        hours, overrides = (
            self._configuration.hours.get(row.id, ()),
            self._configuration.overrides.get(row.id, ()),
        )
        if hours or overrides:
            return self._new_plan(row.observes_holidays, hours, overrides)
        if row.observes_holidays not in self._plans:
            self._plans[row.observes_holidays] = self._new_plan(row.observes_holidays, (), ())
        return self._plans[row.observes_holidays]

    def _new_plan(
        self, observes_holidays: bool, hours: tuple[WeeklyHours, ...], overrides: tuple[Override, ...]
    ) -> OpeningPlan:
        return OpeningPlan(
            zone=self._configuration.venue.zone_name,
            resource_hours=hours,
            venue_hours=self._configuration.hours.get(None, ()),
            overrides=(*overrides, *self._configuration.overrides.get(None, ())),
            holidays=self._configuration.venue.holidays if observes_holidays else frozenset(),
        )

    def _leaves(self, resource_id: int) -> tuple[Leaf, ...]:
        resources = self._configuration.resources
        ids = self._leaf_ids(resource_id) if resource_id in self._configuration.parts else {resource_id}
        return tuple(Leaf(leaf_id, resources[leaf_id][0].limit) for leaf_id in sorted(ids))

    def _leaf_ids(self, resource_id: int) -> set[int]:
        parts = self._configuration.parts.get(resource_id, ())
        return set().union(*map(self._leaf_ids, parts)) if parts else {resource_id}


def _own_first(table: Table[T], owner: int) -> tuple[T, ...]:
    return (*table.get(owner, ()), *table.get(None, ()))
