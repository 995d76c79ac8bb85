"""What follows from news of the rooms below: rows of the same transaction."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import Model
from django.db.models.signals import post_delete, post_save

from classes.configuration import RULES
from classes.models import ClassType
from classes.services.following import follow_events, follow_payments
from common.venues import directory
from reservations.models import ReservationEvent
from reservations.signals import reservations_paid, reservations_recorded
from resources.models import CancellationPolicy, CancellationTier


def note_events(*, events: Sequence[ReservationEvent], **kwargs: Any) -> None:
    follow_events(events)


def note_payments(*, paid: Sequence[Any], **kwargs: Any) -> None:
    follow_payments(paid)


def note_rules(*, instance: Any, **kwargs: Any) -> None:
    directory().touch(RULES, _venues_of(instance))


def _venues_of(instance: Any) -> Collection[int]:
    policy = instance.policy if isinstance(instance, CancellationTier) else instance
    return [policy.venue_id]


def connect() -> None:
    reservations_recorded.connect(note_events, dispatch_uid="classes.events")
    reservations_paid.connect(note_payments, dispatch_uid="classes.payments")
    models: tuple[type[Model], ...] = (ClassType, CancellationPolicy, CancellationTier)
    for model in models:
        post_save.connect(note_rules, sender=model, dispatch_uid=f"classes.saved.{model.__name__}")
        post_delete.connect(note_rules, sender=model, dispatch_uid=f"classes.gone.{model.__name__}")
