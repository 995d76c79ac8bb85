from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from common.background import enqueue_after_commit
from common.clock import now
from common.errors import Conflict, invalid_input
from common.parsing import refuse, split_address
from common.sealing import seal
from common.transactions import atomic_change, retried_atomic
from webhooks import signing
from webhooks.enums import TEST, DeliveryStatus, Preset
from webhooks.events import usual_events
from webhooks.models import WebhookDelivery, WebhookEndpoint
from webhooks.tasks import deliver_webhook

if TYPE_CHECKING:
    from resources.models import Venue

TOKEN_AGAIN = _("The address is on another server. Enter the token it expects.")
OLD_SECRET_VALID = timedelta(hours=24)


def create_endpoint(
    *,
    venue: "Venue",
    url: str,
    preset: str = Preset.GENERIC,
    events: Sequence[str] | None = None,
    description: str = "",
    bearer_token: str = "",
    is_active: bool = True,
) -> tuple[WebhookEndpoint, str]:
    """Returns the endpoint and its secret, which is not shown again. Raises ``InvalidInput``."""
    secret = signing.new_secret()
    endpoint = WebhookEndpoint(
        venue=venue,
        url=url,
        preset=preset,
        events=usual_events(preset) if events is None else list(events),
        description=description,
        bearer_token=seal(bearer_token) if bearer_token else "",
        secret=seal(secret),
        is_active=is_active,
    )
    _save_valid(endpoint)
    return endpoint, secret


@retried_atomic
def change_endpoint(*, endpoint: WebhookEndpoint, values: Mapping[str, Any]) -> WebhookEndpoint:
    """Change what ``values`` name; one that is switched on or moved starts anew. Raises ``InvalidInput``."""
    current = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    if "bearer_token" not in values and must_ask_token_again(current, str(values.get("url", current.url))):
        refuse("bearer_token", TOKEN_AGAIN)
    for name, value in values.items():
        setattr(current, name, seal(value) if name == "bearer_token" and value else value)
    if "url" in values or values.get("is_active"):
        current.failing_since = current.paused_until = None
        current.disabled_reason = ""
    _save_valid(current)
    return current


def must_ask_token_again(endpoint: WebhookEndpoint, url: str) -> bool:
    """Whoever may change the address need not know the token, and must not have it sent to themselves."""
    return bool(endpoint.bearer_token) and _origin_of(url) != _origin_of(endpoint.url)


def _origin_of(url: str) -> tuple[str, str]:
    parts = split_address(url)
    return parts.scheme.lower(), parts.netloc.lower()


def _save_valid(endpoint: WebhookEndpoint) -> None:
    try:
        endpoint.full_clean()
    except ValidationError as error:
        raise invalid_input(error) from error
    with atomic_change():
        endpoint.save()


@retried_atomic
def delete_endpoint(*, endpoint: WebhookEndpoint) -> None:
    endpoint.delete()


@retried_atomic
def rotate_secret(*, endpoint: WebhookEndpoint) -> tuple[WebhookEndpoint, str]:
    """A new secret; for a day messages are signed with both."""
    secret = signing.new_secret()
    until = now() + OLD_SECRET_VALID
    rows = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    rows.update(old_secret=F("secret"), old_secret_until=until, secret=seal(secret))
    endpoint.refresh_from_db()
    return endpoint, secret


@retried_atomic
def send_test(*, endpoint: WebhookEndpoint) -> WebhookDelivery:
    at = now()
    delivery = WebhookDelivery.objects.create(
        venue_id=endpoint.venue_id,
        endpoint=endpoint,
        event=TEST,
        source=f"test:{uuid4()}",
        payload={"type": TEST, "data": {}},
        created_at=at,
        next_attempt_at=at,
    )
    enqueue_after_commit(deliver_webhook, str(delivery.pk), is_urgent=True)
    return delivery


@retried_atomic
def replay_delivery(*, delivery: WebhookDelivery) -> WebhookDelivery:
    """Send it again with the same id and body. Raises ``Conflict`` while it is being sent."""
    rows = WebhookDelivery.objects.filter(pk=delivery.pk).exclude(status=DeliveryStatus.SENDING)
    if not rows.update(status=DeliveryStatus.WAITING, attempts=0, next_attempt_at=now(), delivered_at=None):
        raise Conflict(_("It's being sent right now."))
    enqueue_after_commit(deliver_webhook, str(delivery.pk), is_urgent=True)
    delivery.refresh_from_db()
    return delivery
