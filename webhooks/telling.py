"""What happens is written down for every endpoint that selects it, in the transaction of the change."""

from datetime import datetime

from django.db.models import Q

from common.background import enqueue_after_commit
from common.clock import now
from webhooks.environment import keep_up
from webhooks.events import Json, Report
from webhooks.models import WebhookDelivery, WebhookEndpoint
from webhooks.tasks import deliver


def tell(event: str, *, venue_id: int, source: str, report: Report) -> None:
    """Writes a delivery for each listening endpoint; ``source`` names what is told, once per endpoint."""
    keep_up()
    endpoints = WebhookEndpoint.objects.filter(Q(venue=venue_id) | Q(venue=None), is_active=True)
    at = now()
    for endpoint in endpoints:
        if not endpoint.selects(event):
            continue
        for word, body in report.bodies(event, endpoint.preset):
            named = ":".join(filter(None, (source, word)))
            _write(endpoint, venue_id, event, named, body, at)


def _write(
    endpoint: WebhookEndpoint, venue_id: int, event: str, source: str, body: Json, at: datetime
) -> None:
    made, is_new = WebhookDelivery.objects.get_or_create(
        endpoint=endpoint,
        source=source,
        defaults={
            "venue_id": venue_id,
            "event": event,
            "payload": body,
            "created_at": at,
            "next_attempt_at": at,
        },
    )
    if is_new and endpoint.paused_until is None:
        enqueue_after_commit(deliver, str(made.pk))
