from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from common.background import enqueue_after_commit
from common.clock import now
from common.database import write_connection
from common.venues import directory
from webhooks.environment import sync_endpoints
from webhooks.events import EventReport, Json
from webhooks.listening import LISTENERS, Listener
from webhooks.models import WebhookDelivery, WebhookEndpoint
from webhooks.tasks import deliver_webhook


def write_deliveries(event: str, *, venue_id: int, source: str, report: EventReport) -> None:
    """Write a delivery for each listening endpoint; ``source`` is unique per endpoint."""
    sync_endpoints()
    at = now()
    listeners = [listener for listener in directory().part(venue_id, LISTENERS) if listener.selects(event)]
    for listener in _keep_present(listeners):
        for suffix, body in report.bodies(event, listener.preset):
            full_source = ":".join(filter(None, (source, suffix)))
            _write_delivery(listener, venue_id, event, full_source, body, at)


def _keep_present(listeners: Sequence[Listener]) -> list[Listener]:
    """Those whose endpoints are not deleted in this very moment, nor will be before this is committed."""
    if not listeners:
        return []
    connection = write_connection(WebhookEndpoint)
    endpoints = WebhookEndpoint.objects.filter(pk__in=[listener.id for listener in listeners])
    sql, params = endpoints.order_by().values_list("pk").query.sql_with_params()
    # As a foreign key locks it: many bookings at once, and no deletion. SQLite's writers take turns anyway.
    lock = " FOR KEY SHARE" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(sql + lock, params)
        present_ids = {UUID(str(pk)) for (pk,) in cursor.fetchall()}
    return [listener for listener in listeners if listener.id in present_ids]


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
