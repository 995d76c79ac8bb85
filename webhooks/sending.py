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
from common.clock import now as clock_now
from common.sweeping import Sweep
from common.transactions import retried_atomic
from webhooks import signing
from webhooks.enums import Status
from webhooks.environment import token_for
from webhooks.listening import touch_listeners
from webhooks.models import WebhookDelivery, WebhookEndpoint

BACKOFF = (60, 300, 1800, 7200, 28_800, 86_400)
"""Seconds until the next attempt, by attempts made; a fifth more or less."""
LEASE = timedelta(seconds=60)
"""After so long a worker that has not said how it went is taken for dead."""
PATIENCE = 10.0
PAUSE = timedelta(minutes=1)
"""For an endpoint that does not answer: others' deliveries must not wait for its timeouts."""
GIVEN_UP_AFTER = timedelta(days=5)
KEPT = timedelta(days=30)
MOST_AT_ONCE = 200
LONGEST_TURN = 20.0
"""Seconds of one run."""
MOST_BYTES = 1_048_576
EXCERPT = 500


@dataclass(frozen=True)
class Outcome:
    """What came of one attempt; ``status`` None: no answer."""

    status: int | None
    excerpt: str = ""
    error: str = ""
    milliseconds: int = 0

    @property
    def is_sent(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def due(now: datetime) -> "Q":
    """What may be tried: it waits, or whoever was at it has died."""
    waits = Q(status=Status.WAITING, next_attempt_at__lte=now)
    return waits | Q(status=Status.SENDING, claimed_until__lte=now)


def send_due(*, now: datetime) -> int:
    """One turn; how many attempts were made."""
    awake = Q(endpoint__paused_until__isnull=True) | Q(endpoint__paused_until__lte=now)
    rows = WebhookDelivery.objects.filter(due(now), awake, endpoint__is_active=True)
    run = Sweep("webhooks.deliver", now=now)
    ids = run.first(rows.order_by("next_attempt_at", "id").values_list("pk", flat=True), MOST_AT_ONCE)
    endpoint_of = dict(WebhookDelivery.objects.filter(pk__in=ids).values_list("pk", "endpoint_id"))
    ends = time.monotonic() + LONGEST_TURN
    silent: set[UUID] = set()
    made = 0
    for pk in ids:
        if endpoint_of.get(pk) in silent or time.monotonic() > ends:
            continue
        outcome = run.attempt(pk, attempt)
        made += outcome is not None
        if outcome is not None and outcome.status is None:
            silent.add(endpoint_of[pk])
    return made


def is_spared(delivery_id: UUID) -> bool:
    """Whether its endpoint is paused, because it did not answer."""
    return WebhookDelivery.objects.filter(pk=delivery_id, endpoint__paused_until__gt=clock_now()).exists()


def attempt(delivery_id: UUID) -> Outcome | None:
    """Claims the delivery, sends it and writes down how it went; None when there is nothing to do."""
    until = clock_now() + LEASE
    if not _claimed(delivery_id, until):
        return None
    delivery = WebhookDelivery.objects.select_related("endpoint").get(pk=delivery_id)
    outcome = send(delivery, delivery.endpoint)
    if outcome.is_sent:
        _arrived(delivery, outcome, until)
    else:
        _missed(delivery, outcome, until)
    return outcome


def _claimed(delivery_id: UUID, until: datetime) -> bool:
    rows = WebhookDelivery.objects.filter(due(clock_now()), pk=delivery_id)
    if not rows.filter(endpoint__is_active=True).exists():
        return False
    return bool(rows.update(status=Status.SENDING, claimed_until=until, attempts=F("attempts") + 1))


def send(delivery: WebhookDelivery, endpoint: WebhookEndpoint) -> Outcome:
    """One request; whatever happens is an outcome."""
    at = clock_now()
    began = time.monotonic()
    try:
        body = message(delivery)
        answer = outgoing.send_request(
            "POST",
            endpoint.url,
            headers=headers(endpoint, delivery, body, at),
            body=body,
            seconds=PATIENCE,
            most_bytes=MOST_BYTES,
            trusted=endpoint.is_trusted,
        )
    except (outgoing.DeliveryFailed, outgoing.AddressRefused) as error:
        return Outcome(None, error=str(error)[:EXCERPT], milliseconds=_since(began))
    except InvalidToken:  # sealed under a key that the server has not any more
        return Outcome(None, error=_("The secret cannot be read any more: make a new one."))
    excerpt = answer.body.decode("utf-8", "replace").replace("\x00", "")[:EXCERPT]
    return Outcome(answer.status, excerpt, milliseconds=_since(began))


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)


def message(delivery: WebhookDelivery) -> bytes:
    """The body, the same at every attempt."""
    said = {"id": str(delivery.pk), "created_at": delivery.created_at.isoformat(), **delivery.payload}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def headers(
    endpoint: WebhookEndpoint, delivery: WebhookDelivery, body: bytes, at: datetime
) -> dict[str, str]:
    found = {"Content-Type": "application/json"}
    token = token_for(endpoint.preset) if endpoint.is_trusted else endpoint.opened("bearer_token")
    if token:
        found["Authorization"] = f"Bearer {token}"
    return found | signing.headers(_secrets(endpoint, at), str(delivery.pk), body, at)


def _secrets(endpoint: WebhookEndpoint, at: datetime) -> list[str]:
    found = [endpoint.opened("secret")]
    if endpoint.old_secret_until and endpoint.old_secret_until > at:
        found.append(endpoint.opened("old_secret"))
    return [each for each in found if each]


def _arrived(delivery: WebhookDelivery, outcome: Outcome, until: datetime) -> None:
    at = clock_now()
    _note(delivery, outcome, until, status=Status.SENT, delivered_at=at, next_attempt_at=None)
    failing = WebhookEndpoint.objects.filter(pk=delivery.endpoint_id)
    failing.filter(failing_since__isnull=False).update(failing_since=None, paused_until=None)


def _missed(delivery: WebhookDelivery, outcome: Outcome, until: datetime) -> None:
    at = clock_now()
    if delivery.attempts > len(BACKOFF):
        _note(delivery, outcome, until, status=Status.FAILED, next_attempt_at=None)
    else:
        wait = BACKOFF[delivery.attempts - 1] * random.uniform(0.8, 1.2)
        again = at + timedelta(seconds=wait)
        _note(delivery, outcome, until, status=Status.WAITING, next_attempt_at=again)
    endpoint = WebhookEndpoint.objects.filter(pk=delivery.endpoint_id)
    endpoint.filter(failing_since=None).update(failing_since=at)
    if outcome.status is None:
        endpoint.update(paused_until=at + PAUSE)
    reason = _reason_to_stop(delivery.endpoint, outcome, at)
    if reason:
        _switch_off(delivery.endpoint, reason)


@retried_atomic
def _switch_off(endpoint: WebhookEndpoint, reason: str) -> None:
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(is_active=False, disabled_reason=reason)
    touch_listeners(endpoint.venue_id)


def _reason_to_stop(endpoint: WebhookEndpoint, outcome: Outcome, at: datetime) -> str:
    if outcome.status == 410:
        return _("It answered that it is gone for good (410).")
    if endpoint.failing_since and endpoint.failing_since < at - GIVEN_UP_AFTER:
        return _("Nothing has arrived for five days.")
    return ""


def _note(delivery: WebhookDelivery, outcome: Outcome, until: datetime, **fields: object) -> None:
    """Unless somebody else has taken over meanwhile, because this took longer than the lease."""
    mine = WebhookDelivery.objects.filter(pk=delivery.pk, status=Status.SENDING, claimed_until=until)
    mine.update(
        response_status=outcome.status,
        response_excerpt=outcome.excerpt,
        error=outcome.error,
        duration_ms=outcome.milliseconds,
        claimed_until=None,
        **fields,
    )


def forget_old(*, now: datetime) -> int:
    """Deletes what was sent or given up a month ago."""
    done = WebhookDelivery.objects.filter(status__in=(Status.SENT, Status.FAILED), created_at__lt=now - KEPT)
    return done._raw_delete(done.db)  # nothing refers to them
