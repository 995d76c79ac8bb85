"""What happens is written down for every endpoint that selects it, in the transaction of the change."""

from datetime import datetime
from typing import Any

from django.db.models import Q

from common.background import soon
from common.clock import now
from reservations.models import Payment, ReservationEvent
from reservations.signals import payment_recorded, reservation_recorded
from waitlist.models import WaitlistEntry
from waitlist.signals import News, entry_changed
from webhooks.environment import keep_up
from webhooks.models import WebhookDelivery, WebhookEndpoint
from webhooks.payloads import BODIES, Subject, payment_event, reservation_event, waitlist_event
from webhooks.sending import forget_old, send_due
from webhooks.tasks import deliver


def tell_of_reservation(*, event: ReservationEvent, **kwargs: Any) -> None:
    name = reservation_event(event)
    if name:
        reservation = event.reservation
        _tell(name, reservation.venue_id, f"event:{event.pk}", Subject(reservation_id=reservation.pk))


def tell_of_payment(*, payment: Payment, **kwargs: Any) -> None:
    name, reservation = payment_event(payment), payment.reservation
    subject = Subject(reservation_id=reservation.pk, payment=payment)
    _tell(name, reservation.venue_id, f"payment:{payment.pk}:{payment.status}", subject)


def tell_of_entry(*, entry: WaitlistEntry, news: News, offer: Any, **kwargs: Any) -> None:
    name = waitlist_event(news)
    if name:
        source = f"entry:{entry.pk}:{news}:{offer.pk if offer else ''}"
        _tell(name, entry.venue_id, source, Subject(entry_id=entry.pk))


def _tell(event: str, venue_id: int, source: str, subject: Subject) -> None:
    keep_up()
    endpoints = WebhookEndpoint.objects.filter(Q(venue=venue_id) | Q(venue=None), is_active=True)
    at = now()
    for endpoint in endpoints:
        if not endpoint.selects(event):
            continue
        for word, body in BODIES[endpoint.preset](event, subject):
            named = ":".join(filter(None, (source, word)))
            _write(endpoint, event, named, body, at)


def _write(endpoint: WebhookEndpoint, event: str, source: str, body: dict[str, Any], at: datetime) -> None:
    made, is_new = WebhookDelivery.objects.get_or_create(
        endpoint=endpoint,
        source=source,
        defaults={"event": event, "payload": body, "created_at": at, "next_attempt_at": at},
    )
    if is_new and endpoint.paused_until is None:
        soon(deliver, str(made.pk))


def tick(at: datetime) -> dict[str, int]:
    keep_up()
    return {"webhooks sent": send_due(now=at), "webhooks forgotten": forget_old(now=at)}


def connect() -> None:
    reservation_recorded.connect(tell_of_reservation, dispatch_uid="webhooks.reservation_recorded")
    payment_recorded.connect(tell_of_payment, dispatch_uid="webhooks.payment_recorded")
    entry_changed.connect(tell_of_entry, dispatch_uid="webhooks.entry_changed")
