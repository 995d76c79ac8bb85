from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from common.background import Queue, enqueue_after_commit, enqueue_or_run_after_commit
from common.clock import epoch_minute, now
from common.selecting import written_once
from common.transactions import after_commit
from live.kinds import kinds as change_kinds
from reservations.enums import Source
from reservations.models import ReservationEvent
from reservations.offered import offered_holds
from reservations.signals import capacity_released, reservations_recorded
from resources.signals import configuration_changed
from waitlist.messages import kinds as message_kinds
from waitlist.messages import telling
from waitlist.models import FreedTime, WaitlistEntry
from waitlist.news import live, webhooks
from waitlist.services import settle_offer_of
from waitlist.signals import entries_changed
from waitlist.tasks import offer_to_those_waiting


def note_freed_time(*, venue_id: int, end: int, spans: Sequence[tuple[int, int, int]], **kwargs: Any) -> None:
    # Most venues have no waitlist at most times: asked here, before anything is written.
    if end > epoch_minute(now()) and has_queue(venue_id):
        FreedTime.objects.create(venue_id=venue_id, spans=spans)
        # Nobody else should find it first: what would lie in a queue for a while is done here.
        offer_at_once = enqueue_or_run_after_commit if Queue.is_prompt() else after_commit
        offer_at_once(offer_to_those_waiting, venue_id)


def offer_opened_time(*, venue_id: int, **kwargs: Any) -> None:
    """More units, longer hours or a removed closure may free any time: that takes long, and can wait."""
    if has_queue(venue_id):
        offer_soon = enqueue_after_commit if Queue.is_served() else after_commit
        offer_soon(offer_to_those_waiting, venue_id)


def settle_offers(*, events: Sequence[ReservationEvent], **kwargs: Any) -> None:
    for event in events:
        settle_offer_of(event)


def has_queue(venue_id: int) -> bool:
    return bool(_find_waiting(venue_id))


@written_once
def _find_waiting(venue_id: int) -> QuerySet[WaitlistEntry, UUID]:
    return WaitlistEntry.objects.waiting().filter(venue=venue_id).order_by().values_list("pk", flat=True)[:1]


def connect() -> None:
    offered_holds.register("waitlist", Q(source=Source.WAITLIST))
    change_kinds.register(live.KIND, live.WaitlistKind())
    webhooks.register_events()
    message_kinds.register()
    entries_changed.connect(telling.tell_of_entries, dispatch_uid="waitlist.messages")
    entries_changed.connect(live.note_entries, dispatch_uid="waitlist.note_entries")
    entries_changed.connect(webhooks.tell_of_entries, dispatch_uid="waitlist.webhooks")
    reservations_recorded.connect(settle_offers, dispatch_uid="waitlist.settle_offers")
    capacity_released.connect(note_freed_time, dispatch_uid="waitlist.capacity_released")
    configuration_changed.connect(offer_opened_time, dispatch_uid="waitlist.configuration_changed")
