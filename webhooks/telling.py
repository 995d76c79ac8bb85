from datetime import datetime

from common.background import enqueue_after_commit
from common.clock import now
from common.venues import directory
from webhooks.environment import sync_endpoints
from webhooks.events import EventReport, Json
from webhooks.listening import LISTENERS, Listener
from webhooks.models import WebhookDelivery
from webhooks.tasks import deliver_webhook


def write_deliveries(event: str, *, venue_id: int, source: str, report: EventReport) -> None:
    """Write a delivery for each listening endpoint; ``source`` is unique per endpoint."""
    sync_endpoints()
    at = now()
    for listener in directory().part(venue_id, LISTENERS):
        if not listener.selects(event):
            continue
        for suffix, body in report.bodies(event, listener.preset):
            full_source = ":".join(filter(None, (source, suffix)))
            _write_delivery(listener, venue_id, event, full_source, body, at)


def _write_delivery(
    listener: Listener, venue_id: int, event: str, source: str, body: Json, at: datetime
) -> None:
    # Told twice, also by two processes at once, it is one delivery.
    delivery, is_new = WebhookDelivery.objects.get_or_create(
        endpoint_id=listener.id,
        source=source,
        defaults={
            "venue_id": venue_id,
            "event": event,
            "payload": body,
            "created_at": at,
            "next_attempt_at": at,
        },
    )
    if is_new:
        enqueue_after_commit(deliver_webhook, str(delivery.pk))
