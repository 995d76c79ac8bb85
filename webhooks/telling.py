"""What happens is written down for every endpoint that selects it, in the transaction of the change."""

from datetime import datetime

from common.background import enqueue_after_commit
from common.clock import now
from common.venues import directory
from webhooks.environment import keep_up
from webhooks.events import Json, Report
from webhooks.listening import LISTENERS, Listener
from webhooks.models import WebhookDelivery
from webhooks.tasks import deliver


def tell(event: str, *, venue_id: int, source: str, report: Report) -> None:
    """Writes a delivery for each listening endpoint; ``source`` names what is told, once per endpoint."""
    keep_up()
    at = now()
    for listener in directory().part(venue_id, LISTENERS):
        if not listener.selects(event):
            continue
        for word, body in report.bodies(event, listener.preset):
            named = ":".join(filter(None, (source, word)))
            _write(listener, venue_id, event, named, body, at)


def _write(listener: Listener, venue_id: int, event: str, source: str, body: Json, at: datetime) -> None:
    made, is_new = WebhookDelivery.objects.get_or_create(
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
        enqueue_after_commit(deliver, str(made.pk))
