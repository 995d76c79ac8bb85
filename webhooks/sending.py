"""Sends what is due: each delivery by one worker at a time, until it has arrived or is given up."""

import json
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.fernet import InvalidToken
from django.db.models import F, Q
from django.utils.translation import gettext as _

from common import outgoing
from common.clock import instant_text
from common.clock import now as clock_now
from common.sweeping import Sweep
from common.transactions import retried_atomic
from webhooks import signing
from webhooks.enums import DeliveryStatus
from webhooks.environment import environment_token
from webhooks.listening import touch_listeners
from webhooks.models import WebhookDelivery, WebhookEndpoint

BACKOFF = (60, 300, 1800, 7200, 28_800, 86_400)
"""Seconds until the next attempt, by attempts made; a fifth more or less."""
LEASE = timedelta(seconds=60)
"""After this a worker that has not said how it went is taken for dead."""
ANSWER_SECONDS = 10.0
PAUSE = timedelta(minutes=1)
"""For an endpoint that does not answer: others must not wait for its timeouts."""
GIVEN_UP_AFTER = timedelta(days=5)
KEPT = timedelta(days=30)
MOST_AT_ONCE = 200
LONGEST_TURN = 20.0  # seconds
MOST_BYTES = 1_048_576
EXCERPT = 500


@dataclass(frozen=True)
class DeliveryOutcome:
    """``status`` None: no answer."""

    status: int | None
    excerpt: str = ""
    error: str = ""
    milliseconds: int = 0

    @property
    def is_sent(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def due_deliveries(now: datetime) -> "Q":
    # Waiting, or claimed by a worker that has died.
    is_waiting = Q(status=DeliveryStatus.WAITING, next_attempt_at__lte=now)
    return is_waiting | Q(status=DeliveryStatus.SENDING, claimed_until__lte=now)


def send_due_deliveries(*, now: datetime) -> int:
    """Send what is due for a limited time; returns how many attempts were made."""
    not_paused = Q(endpoint__paused_until__isnull=True) | Q(endpoint__paused_until__lte=now)
    rows = WebhookDelivery.objects.filter(due_deliveries(now), not_paused, endpoint__is_active=True)
    run = Sweep("webhooks.deliver", now=now)
    ids = run.first(rows.order_by("next_attempt_at", "id").values_list("pk", flat=True), MOST_AT_ONCE)
    endpoint_of = dict(WebhookDelivery.objects.filter(pk__in=ids).values_list("pk", "endpoint_id"))
    ends = time.monotonic() + LONGEST_TURN
    silent: set[UUID] = set()
    attempts = 0
    for pk in ids:
        # An endpoint that did not answer once is left alone for the rest of this turn: its timeouts would
        # keep every other endpoint waiting.
        if endpoint_of.get(pk) in silent or time.monotonic() > ends:
            continue
        outcome = run.attempt(pk, attempt_delivery)
        attempts += outcome is not None
        if outcome is not None and outcome.status is None:
            silent.add(endpoint_of[pk])
    return attempts


def is_spared(delivery_id: UUID) -> bool:
    # Paused, because it did not answer.
    return WebhookDelivery.objects.filter(pk=delivery_id, endpoint__paused_until__gt=clock_now()).exists()


def attempt_delivery(delivery_id: UUID) -> DeliveryOutcome | None:
    """Claim the delivery, send it and record how it went; None when there is nothing to do."""
    until = clock_now() + LEASE
    if not _claim(delivery_id, until):
        return None
    delivery = WebhookDelivery.objects.select_related("endpoint").get(pk=delivery_id)
    outcome = send_delivery(delivery, delivery.endpoint)
    if outcome.is_sent:
        _record_arrival(delivery, outcome, until)
    else:
        _record_failure(delivery, outcome, until)
    return outcome


def _claim(delivery_id: UUID, until: datetime) -> bool:
    rows = WebhookDelivery.objects.filter(due_deliveries(clock_now()), pk=delivery_id)
    if not rows.filter(endpoint__is_active=True).exists():
        return False
    # The conditional update is the claim: of several workers one finds the row due.
    return bool(rows.update(status=DeliveryStatus.SENDING, claimed_until=until, attempts=F("attempts") + 1))


def send_delivery(delivery: WebhookDelivery, endpoint: WebhookEndpoint) -> DeliveryOutcome:
    """One request; never raises."""
    at = clock_now()
    began = time.monotonic()
    try:
        body = message_body(delivery)
        answer = outgoing.send_request(
            "POST",
            endpoint.url,
            headers=request_headers(endpoint, delivery, body, at),
            body=body,
            seconds=ANSWER_SECONDS,
            most_bytes=MOST_BYTES,
            trusted=endpoint.is_trusted,
        )
    except (outgoing.DeliveryFailed, outgoing.AddressRefused) as error:
        return DeliveryOutcome(None, error=str(error)[:EXCERPT], milliseconds=_since(began))
    except InvalidToken:  # sealed under a key that the server has not any more
        return DeliveryOutcome(None, error=_("We can't read the secret any more. Create a new one."))
    excerpt = answer.body.decode("utf-8", "replace").replace("\x00", "")[:EXCERPT]
    return DeliveryOutcome(answer.status, excerpt, milliseconds=_since(began))


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)


def message_body(delivery: WebhookDelivery) -> bytes:
    # The same bytes at every attempt, so that receivers can recognise it.
    message = {"id": str(delivery.pk), "created_at": instant_text(delivery.created_at), **delivery.payload}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def request_headers(
    endpoint: WebhookEndpoint, delivery: WebhookDelivery, body: bytes, at: datetime
) -> dict[str, str]:
    headers = {"Content-Type": "application/json"}
    token = environment_token(endpoint.preset) if endpoint.is_trusted else endpoint.opened("bearer_token")
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return headers | signing.signature_headers(_valid_secrets(endpoint, at), str(delivery.pk), body, at)


def _valid_secrets(endpoint: WebhookEndpoint, at: datetime) -> list[str]:
    secrets = [endpoint.opened("secret")]
    if endpoint.old_secret_until and endpoint.old_secret_until > at:
        secrets.append(endpoint.opened("old_secret"))
    return [secret for secret in secrets if secret]


def _record_arrival(delivery: WebhookDelivery, outcome: DeliveryOutcome, until: datetime) -> None:
    at = clock_now()
    _record_attempt(
        delivery, outcome, until, status=DeliveryStatus.SENT, delivered_at=at, next_attempt_at=None
    )
    failing = WebhookEndpoint.objects.filter(pk=delivery.endpoint_id)
    failing.filter(failing_since__isnull=False).update(failing_since=None, paused_until=None)


def _record_failure(delivery: WebhookDelivery, outcome: DeliveryOutcome, until: datetime) -> None:
    at = clock_now()
    if delivery.attempts > len(BACKOFF):
        _record_attempt(delivery, outcome, until, status=DeliveryStatus.FAILED, next_attempt_at=None)
    else:
        wait = BACKOFF[delivery.attempts - 1] * random.uniform(0.8, 1.2)
        next_attempt_at = at + timedelta(seconds=wait)
        _record_attempt(
            delivery, outcome, until, status=DeliveryStatus.WAITING, next_attempt_at=next_attempt_at
        )
    endpoint = WebhookEndpoint.objects.filter(pk=delivery.endpoint_id)
    endpoint.filter(failing_since=None).update(failing_since=at)
    if outcome.status is None:
        endpoint.update(paused_until=at + PAUSE)
    # Gone for good, or silent for days: switched off, until a manager switches it on again.
    reason = _reason_to_stop(delivery.endpoint, outcome, at)
    if reason:
        _switch_off(delivery.endpoint, reason)


@retried_atomic
def _switch_off(endpoint: WebhookEndpoint, reason: str) -> None:
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(is_active=False, disabled_reason=reason)
    touch_listeners(endpoint.venue_id)


def _reason_to_stop(endpoint: WebhookEndpoint, outcome: DeliveryOutcome, at: datetime) -> str:
    if outcome.status == 410:
        return _("The endpoint is gone (410).")
    if endpoint.failing_since and endpoint.failing_since < at - GIVEN_UP_AFTER:
        return _("Nothing has been delivered for five days.")
    return ""


def _record_attempt(
    delivery: WebhookDelivery, outcome: DeliveryOutcome, until: datetime, **fields: object
) -> None:
    # Only while the lease is ours: if this took too long, another worker has taken over.
    claimed = WebhookDelivery.objects.filter(
        pk=delivery.pk, status=DeliveryStatus.SENDING, claimed_until=until
    )
    claimed.update(
        response_status=outcome.status,
        response_excerpt=outcome.excerpt,
        error=outcome.error,
        duration_ms=outcome.milliseconds,
        claimed_until=None,
        **fields,
    )


def forget_old_deliveries(*, now: datetime) -> int:
    finished = WebhookDelivery.objects.filter(
        status__in=(DeliveryStatus.SENT, DeliveryStatus.FAILED), created_at__lt=now - KEPT
    )
    return finished._raw_delete(finished.db)  # nothing refers to them
