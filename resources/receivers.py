"""A saved or deleted configuration row makes every process read its venue again."""

from typing import Any

from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save

from resources import models
from resources.catalog import touch_venues


def _venue_ids(row: Model) -> list[int]:
    if isinstance(row, models.Venue):
        return [row.pk]
    if isinstance(row, models.Holiday):
        return list(models.Venue.objects.filter(country=row.country).values_list("pk", flat=True))
    if isinstance(row, models.ResourcePart):
        return [row.whole.venue_id]
    if isinstance(row, models.ResourceGroupMember):
        return [row.group.venue_id]
    if isinstance(row, models.CancellationTier):
        return [row.policy.venue_id]
    return [row.venue_id]  # type: ignore[attr-defined]


def configuration_changed(*, instance: Model, **kwargs: Any) -> None:
    touch_venues(_venue_ids(instance))


def connect() -> None:
    watched = (
        models.Venue,
        models.Holiday,
        models.Feature,
        models.Resource,
        models.ResourcePart,
        models.ResourceGroup,
        models.ResourceGroupMember,
        models.BookingRules,
        models.CancellationPolicy,
        models.CancellationTier,
        models.OpeningHours,
        models.AvailabilityOverride,
        models.PriceRule,
        models.Question,
    )
    for model in watched:
        post_save.connect(configuration_changed, sender=model)
        post_delete.connect(configuration_changed, sender=model)
    m2m_changed.connect(configuration_changed, sender=models.PriceRule.resources.through)
    m2m_changed.connect(configuration_changed, sender=models.Resource.features.through)
