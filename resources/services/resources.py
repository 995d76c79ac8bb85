"""Resources with what belongs to them alone: hours, features, price rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from common.parsing import refuse
from common.transactions import retried_atomic
from resources.models import BookingRules, Feature, PriceRule, Resource, Venue
from resources.services.configuring import (
    Check,
    Values,
    lock_row,
    reject_clashes,
    reject_if_referenced,
    replace_children,
    save_valid,
)

LONGEST_SLUG = 50


@dataclass(frozen=True, slots=True)
class ResourceParts:
    """What replaces a resource's own rows; None leaves them. Features are slugs or names."""

    hours: Sequence[Values] | None = None
    features: Sequence[str] | None = None
    prices: Sequence[Values] | None = None


def create_resource(*, venue: Venue, values: Values, parts: ResourceParts) -> Resource:
    """Without a slug or rules it gets a free slug and the venue's first rules. Raises ``InvalidInput``."""

    @retried_atomic
    def create() -> Resource:
        resource = Resource(venue=venue, **values)
        resource.slug = resource.slug or free_slug(venue.resources.all(), resource.name, resource.kind)
        if not values.get("rules"):
            resource.rules = first_rules(venue)
        save_valid(resource)
        _write_parts(resource, parts)
        return resource

    with reject_clashes():
        return create()


def change_resource(
    *, resource: Resource, values: Values, parts: ResourceParts, check: Check | None = None
) -> Resource:
    """Change only what is named.

    Raises ``InvalidInput``, ``NotFound`` when it is gone, and whatever ``check`` raises.
    """

    @retried_atomic
    def change() -> Resource:
        current = lock_row(resource, check)
        for name, value in values.items():
            setattr(current, name, value)
        save_valid(current, only=values)
        _write_parts(current, parts)
        return current

    with reject_clashes():
        return change()


def delete_resource(*, resource: Resource, check: Check | None = None) -> None:
    """With its hours, overrides and own price rules. Raises ``InUse``."""

    @retried_atomic
    def delete() -> None:
        current = lock_row(resource, check)
        _remove_prices(current)
        current.delete()

    with reject_if_referenced():
        delete()


def free_slug(rows: QuerySet[Any], name: str, otherwise: str) -> str:
    """A slug that none of ``rows`` has: ``attic``, ``attic-2``; ``otherwise`` for a name without letters."""
    wanted = slugify(name)[:LONGEST_SLUG].strip("-_") or otherwise
    taken = set(rows.filter(slug__startswith=wanted[:40]).values_list("slug", flat=True))
    slug, number = wanted, 1
    while slug in taken:
        number += 1
        slug = f"{wanted[: LONGEST_SLUG - len(str(number)) - 1]}-{number}"
    return slug


def first_rules(venue: Venue) -> BookingRules:
    # The venue's oldest rules; "Standard" ones with the usual values if it has none.
    rules = venue.booking_rules.order_by("pk").first()
    return rules or BookingRules.objects.create(venue=venue, name="Standard")


def _write_parts(resource: Resource, parts: ResourceParts) -> None:
    if parts.hours is not None:
        hours_rows = [{"venue": resource.venue, **hours} for hours in parts.hours]
        replace_children(resource, "opening_hours", hours_rows, "weekly_hours")
    if parts.features is not None:
        resource.features.set([_find_or_make_feature(resource.venue, text) for text in parts.features])
    if parts.prices is not None:
        _replace_prices(resource, parts.prices)


def _find_or_make_feature(venue: Venue, text: str) -> Feature:
    slug = slugify(text)[:LONGEST_SLUG]
    if not slug:
        refuse("features", _("Enter a feature with letters or digits."))
    feature = Feature.objects.filter(venue=venue, slug=slug).first()
    if feature is None:
        name = text.replace("-", " ").capitalize() if text == slug else text
        feature = Feature(venue=venue, slug=slug, name=name)
        save_valid(feature, below="features")
    return feature


def _replace_prices(resource: Resource, wanted: Sequence[Values]) -> None:
    _remove_prices(resource)
    common = list(PriceRule.objects.filter(venue=resource.venue, resources=None))
    for position, values in enumerate(wanted):
        # Rules like the venue's apply anyway: a client may send back all that it read.
        if not any(_is_same(rule, values) for rule in common):
            rule = PriceRule(venue=resource.venue, **values)
            save_valid(rule, below=f"pricing.rules.{position}")
            rule.resources.set([resource])


def _is_same(rule: PriceRule, values: Mapping[str, Any]) -> bool:
    return all(getattr(rule, name) == value for name, value in values.items())


def _remove_prices(resource: Resource) -> None:
    for rule in resource.price_rules.all():
        # Naming no resource, the rule would apply to all of them.
        if rule.resources.count() == 1:
            rule.delete()
        else:
            rule.resources.remove(resource)
