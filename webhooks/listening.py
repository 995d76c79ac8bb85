"""Which endpoints listen at a venue, cached beside its configuration."""

from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save

from common.venues import VenuePart, directory
from webhooks.enums import EVERYTHING, TEST
from webhooks.models import WebhookEndpoint


class Listener(NamedTuple):
    id: UUID
    preset: str
    events: frozenset[str]

    def selects(self, event: str) -> bool:
        return bool({EVERYTHING, event} & self.events) or event == TEST


def read_listeners(alias: str, venue_id: int) -> tuple[Listener, ...]:
    """The venue's own and those of the installation."""
    rows = WebhookEndpoint.objects.using(alias).filter(Q(venue=venue_id) | Q(venue=None), is_active=True)
    return tuple(Listener(row.pk, row.preset, frozenset(row.events)) for row in rows)


LISTENERS: VenuePart[tuple[Listener, ...]] = VenuePart("webhooks", read_listeners)


def touch_listeners(venue_id: int | None) -> None:
    """In the transaction that changes an endpoint; None: of the installation, so of every venue."""
    directory().touch(LISTENERS, None if venue_id is None else [venue_id])


def note_endpoint(*, instance: WebhookEndpoint, **kwargs: Any) -> None:
    touch_listeners(instance.venue_id)


def note_moved_endpoint(
    *, instance: WebhookEndpoint, update_fields: Collection[str] | None, **kwargs: Any
) -> None:
    """Before it is saved: the venue that it leaves."""
    if not instance._state.adding and (update_fields is None or "venue" in update_fields):
        for venue_id in WebhookEndpoint.objects.filter(pk=instance.pk).values_list("venue_id", flat=True):
            if venue_id != instance.venue_id:
                touch_listeners(venue_id)


def lock_doomed_endpoint(*, instance: WebhookEndpoint, **kwargs: Any) -> None:
    """Before it is deleted: no booking may write a delivery once the present ones are gone."""
    WebhookEndpoint.objects.select_for_update().filter(pk=instance.pk).first()


def connect() -> None:
    pre_save.connect(note_moved_endpoint, sender=WebhookEndpoint)
    post_save.connect(note_endpoint, sender=WebhookEndpoint)
    pre_delete.connect(lock_doomed_endpoint, sender=WebhookEndpoint)
    post_delete.connect(note_endpoint, sender=WebhookEndpoint)
