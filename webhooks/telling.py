from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from common.background import enqueue_after_commit
from common.clock import now
from common.database import write_connection
from common.venues import directory
from webhooks.environment import sync_endpoints
from webhooks.events import EventReport
from webhooks.listening import LISTENERS, Listener
from webhooks.models import WebhookDelivery, WebhookEndpoint
from webhooks.tasks import deliver_webhook


@dataclass(frozen=True, slots=True)
class News:
    """``source`` tells it apart: told twice, also by two processes at once, it is one delivery."""

    event: str
    venue_id: int
    source: str
    report: EventReport


def write_deliveries(news: Sequence[News]) -> None:
    """Write deliveries for each listening endpoint."""
    sync_endpoints()
    heard = [
        (listener, each)
        for each in news
        for listener in directory().part(each.venue_id, LISTENERS)
        if listener.selects(each.event)
    ]
    present_ids = _find_present({listener.id for listener, _each in heard})
    at = now()
    _save_new(
        [
            delivery
            for listener, each in heard
            if listener.id in present_ids
            for delivery in _make_deliveries(listener, each, at)
        ]
    )


def _find_present(ids: Collection[UUID]) -> set[UUID]:
    """Those of endpoints that are not deleted in this very moment, nor will be before this is committed."""
    if not ids:
        return set()
    connection = write_connection(WebhookEndpoint)
    endpoints = WebhookEndpoint.objects.filter(pk__in=ids)
    sql, params = endpoints.order_by().values_list("pk").query.sql_with_params()
    # As a foreign key locks it: many bookings at once, and no deletion. SQLite's writers take turns anyway.
    lock = " FOR KEY SHARE" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(sql + lock, params)
        return {UUID(str(pk)) for (pk,) in cursor.fetchall()}


def _make_deliveries(listener: Listener, news: News, at: datetime) -> Iterator[WebhookDelivery]:
    for suffix, body in news.report.bodies(news.event, listener.preset):
        yield WebhookDelivery(
            endpoint_id=listener.id,
            source=":".join(filter(None, (news.source, suffix))),
            venue_id=news.venue_id,
            event=news.event,
            payload=body,
            created_at=at,
            next_attempt_at=at,
        )


def _save_new(deliveries: Sequence[WebhookDelivery]) -> None:
    if not deliveries:
        return
    known = WebhookDelivery.objects.filter(source__in={delivery.source for delivery in deliveries})
    known_keys = set(known.values_list("endpoint", "source"))
    fresh = [each for each in deliveries if (each.endpoint_id, each.source) not in known_keys]
    WebhookDelivery.objects.bulk_create(fresh, ignore_conflicts=True)
    for delivery in fresh:
        enqueue_after_commit(deliver_webhook, str(delivery.pk))
