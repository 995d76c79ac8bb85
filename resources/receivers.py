"""A saved or deleted configuration row makes every process read that part of its venue again."""

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save

from accounts.models import User
from resources import models
from resources.products import OFFERED
from resources.stamps import EVERYTHING, resource_keys, touch, touch_part
from resources.team import SHOWN_OF_PEOPLE, TEAM

# Fields that say where a row belongs: the place it leaves has changed, too.
MOVES = {"venue", "resource", "policy", "group", "whole", "country"}


class CacheKeys(NamedTuple):
    """Where a row is cached: venues and keys of their parts (``resources.catalog.loading``)."""

    venue_ids: frozenset[int]
    keys: frozenset[str]


def _of_venue(name: str) -> Callable[[Any], CacheKeys]:
    return lambda row: _cache_keys([row.venue_id], {name})


def _of_resource_or_venue(name: str) -> Callable[[Any], CacheKeys]:
    return lambda row: _cache_keys([row.venue_id], resource_keys([row.resource_id]) or {name})


def _cache_keys(venue_ids: Collection[int], keys: Collection[str]) -> CacheKeys:
    return CacheKeys(frozenset(venue_ids), frozenset(keys))


def _of_venue_itself(row: models.Venue) -> CacheKeys:
    return _cache_keys([row.pk], {"venue", TEAM.name})


def _of_country(row: models.Holiday) -> CacheKeys:
    venues = models.Venue.objects.filter(country=row.country)
    return _cache_keys(venues.values_list("pk", flat=True), {"venue"})


def _of_resources_with(row: models.Feature) -> CacheKeys:
    return _cache_keys([row.venue_id], resource_keys(row.resources.values_list("pk", flat=True)))


def _of_resource(row: models.Resource) -> CacheKeys:
    return _cache_keys([row.venue_id], resource_keys([row.pk]))


def _of_price_rule(row: models.PriceRule) -> CacheKeys:
    return _cache_keys([row.venue_id], {"prices", *resource_keys(row.resources.values_list("pk", flat=True))})


CACHE_KEYS_OF: dict[type[Model], Callable[[Any], CacheKeys]] = {
    models.Venue: _of_venue_itself,
    models.Holiday: _of_country,
    models.Feature: _of_resources_with,
    models.Resource: _of_resource,
    models.ResourcePart: lambda row: _cache_keys([row.whole.venue_id], {"parts"}),
    models.ResourceGroup: _of_venue("groups"),
    models.ResourceGroupMember: lambda row: _cache_keys([row.group.venue_id], {"groups"}),
    models.BookingRules: _of_venue("rules"),
    models.CancellationPolicy: _of_venue("policies"),
    models.CancellationTier: lambda row: _cache_keys([row.policy.venue_id], {"policies"}),
    models.OpeningHours: _of_resource_or_venue("hours"),
    models.AvailabilityOverride: _of_resource_or_venue("overrides"),
    models.Question: _of_resource_or_venue("questions"),
    models.PriceRule: _of_price_rule,
}


def note_change(*, sender: type[Model], instance: Model, **kwargs: Any) -> None:
    touch(*CACHE_KEYS_OF[sender](instance))


def note_move(
    *, sender: type[Model], instance: Model, update_fields: Collection[str] | None, **kwargs: Any
) -> None:
    # Before a row is saved elsewhere: the part that it leaves has changed as well.
    fields = [field for field in sender._meta.concrete_fields if field.name in MOVES]
    if instance._state.adding or (update_fields is not None and MOVES.isdisjoint(update_fields)):
        return
    old = sender._base_manager.filter(pk=instance.pk).first()
    if any(getattr(old, field.attname) != getattr(instance, field.attname) for field in fields if old):
        touch(*CACHE_KEYS_OF[sender](old))


def note_new_venue(*, instance: models.Venue, created: bool, **kwargs: Any) -> None:
    if created:
        # A new venue may get the id of a deleted one, of which a process may still know something.
        touch([instance.pk], {EVERYTHING})


def note_deleted_resource(*, instance: models.Resource, **kwargs: Any) -> None:
    # Price rules for it alone apply to the whole venue now, and it leaves its groups.
    touch([instance.venue_id], {"prices", "groups", "parts"})


def note_links(*, instance: Any, action: str, pk_set: set[int] | None, **kwargs: Any) -> None:
    # Resources and their features or price rules, from either side.
    if isinstance(instance, models.Resource):
        keys = resource_keys([instance.pk])
    else:
        current = instance.resources.values_list("pk", flat=True) if action == "pre_clear" else ()
        keys = resource_keys([*current, *(pk_set or ())])
    touch([instance.venue_id], keys)


def note_priced_resources(*, instance: Any, **kwargs: Any) -> None:
    # A rule without resources applies to the whole venue: its first or last one changes that.
    touch([instance.venue_id], {"prices"})


def note_membership(*, instance: models.VenueMembership, **kwargs: Any) -> None:
    touch_part(TEAM.name, [instance.venue_id])


def note_offered_product(*, instance: models.OfferedProduct, **kwargs: Any) -> None:
    touch_part(OFFERED.name, [instance.venue_id])


def note_moved_membership(*, instance: models.VenueMembership, **kwargs: Any) -> None:
    """Before it is saved: the venue that it leaves."""
    if not instance._state.adding:
        old = models.VenueMembership.objects.filter(pk=instance.pk).values_list("venue_id", flat=True)
        touch_part(TEAM.name, set(old) - {instance.venue_id})


def note_person(
    *, instance: User, created: bool, update_fields: Collection[str] | None, **kwargs: Any
) -> None:
    """Members are told by their address and name, as long as their accounts are open."""
    if not created and (update_fields is None or not SHOWN_OF_PEOPLE.isdisjoint(update_fields)):
        roles = models.VenueMembership.objects.filter(user=instance)
        touch_part(TEAM.name, set(roles.values_list("venue_id", flat=True)))


def connect() -> None:
    for model in CACHE_KEYS_OF:
        if model is not models.Venue:
            pre_save.connect(note_move, sender=model)
        post_save.connect(note_change, sender=model)
        post_delete.connect(note_change, sender=model)
    for model in (models.Feature, models.PriceRule):  # afterwards nobody knows which resources it had
        pre_delete.connect(note_change, sender=model)
    post_save.connect(note_new_venue, sender=models.Venue)
    post_delete.connect(note_deleted_resource, sender=models.Resource)
    for through in (models.PriceRule.resources.through, models.Resource.features.through):
        m2m_changed.connect(note_links, sender=through)
    m2m_changed.connect(note_priced_resources, sender=models.PriceRule.resources.through)
    pre_save.connect(note_moved_membership, sender=models.VenueMembership)
    post_save.connect(note_membership, sender=models.VenueMembership)
    post_delete.connect(note_membership, sender=models.VenueMembership)
    post_save.connect(note_offered_product, sender=models.OfferedProduct)
    post_delete.connect(note_offered_product, sender=models.OfferedProduct)
    post_save.connect(note_person, sender=User)
