"""What follows from news of the rooms below: rows of the same transaction."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import Model
from django.db.models.signals import post_delete, post_save, pre_save

from classes.choosing import seen_session
from classes.configuration import RULES
from classes.finding import SessionFacts
from classes.messages import leaving, telling
from classes.models import ClassType, SeatBooking
from classes.news import webhooks
from classes.services.following import follow_events, follow_payments
from classes.services.sweeping import look_at_waits
from classes.services.telling import tell_of_freed_seats
from classes.signals import facilitators_changed, instalments_due, passes_expiring, sessions_changed
from classes.waiting import follow_clock
from common.clock import epoch_minute, now
from common.transactions import after_commit
from common.venues import directory
from reservations.enums import EventKind
from reservations.models import ReservationEvent
from reservations.signals import capacity_released, reservations_paid, reservations_recorded
from resources.models import CancellationPolicy, CancellationTier, Venue


def note_events(*, events: Sequence[ReservationEvent], **kwargs: Any) -> None:
    leaving.tell_of_cancelled(follow_events(events))


def end_other_waits(*, events: Sequence[ReservationEvent], **kwargs: Any) -> None:
    """After the commit: the venue's queue is locked before any booking, not after it."""
    seen = seen_session()
    if isinstance(seen, SessionFacts) and not seen.has_line:
        return  # whoever joins in this very moment is found by the next run
    for event in events:
        seat = event.reservation._state.fields_cache.get("seat_booking")
        if event.kind == EventKind.BOOKED and isinstance(seat, SeatBooking):
            after_commit(look_at_waits, seat, event.at)


def tell_of_open_seats(
    *, venue_id: int, spans: Sequence[tuple[int, int, int]], end: int, **kwargs: Any
) -> None:
    if end > epoch_minute(now()):
        tell_of_freed_seats(venue_id, spans)


def note_payments(*, paid: Sequence[Any], **kwargs: Any) -> None:
    follow_payments(paid)


def note_clock(*, instance: Venue, **kwargs: Any) -> None:
    before = Venue.objects.filter(pk=instance.pk).first() if instance.pk else None
    if before is not None and before.zone_name != instance.zone_name:
        follow_clock(before, instance)


def note_rules(*, instance: Any, **kwargs: Any) -> None:
    directory().touch(RULES, _venues_of(instance))


def _venues_of(instance: Any) -> Collection[int]:
    policy = instance.policy if isinstance(instance, CancellationTier) else instance
    return [policy.venue_id]


def connect() -> None:
    sessions_changed.connect(telling.tell_of_sessions, dispatch_uid="classes.messages")
    sessions_changed.connect(webhooks.tell_of_sessions, dispatch_uid="classes.webhooks")
    instalments_due.connect(telling.tell_of_instalments, dispatch_uid="classes.messages_of_instalments")
    facilitators_changed.connect(telling.tell_of_facilitator, dispatch_uid="classes.messages_of_people")
    passes_expiring.connect(telling.tell_of_passes, dispatch_uid="classes.messages_of_passes")
    reservations_recorded.connect(telling.tell_of_bookings, dispatch_uid="classes.messages_of_bookings")
    reservations_recorded.connect(note_events, dispatch_uid="classes.events")
    reservations_recorded.connect(end_other_waits, dispatch_uid="classes.waits")
    capacity_released.connect(tell_of_open_seats, dispatch_uid="classes.open_seats")
    reservations_paid.connect(note_payments, dispatch_uid="classes.payments")
    pre_save.connect(note_clock, sender=Venue, dispatch_uid="classes.clock")
    models: tuple[type[Model], ...] = (ClassType, CancellationPolicy, CancellationTier)
    for model in models:
        post_save.connect(note_rules, sender=model, dispatch_uid=f"classes.saved.{model.__name__}")
        post_delete.connect(note_rules, sender=model, dispatch_uid=f"classes.gone.{model.__name__}")
