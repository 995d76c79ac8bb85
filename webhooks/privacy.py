"""What other programs were told of a person: forgotten with the account, as far as we keep it."""

from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from accounts import privacy
from accounts.privacy import Person, Traces
from webhooks.models import WebhookDelivery

OWN_WORDS = frozenset(
    {"special_requests", "requests", "reason", "cancel_reason", "answers", "customer_info", "title", "note"}
)
"""Keys under which everything is the customer's."""


class DeliveriesPart(privacy.Part):
    """Bodies keep their ids and times, so that what still has to be delivered can be."""

    def erase(self, person: Person, traces: Traces) -> None:
        for delivery in _about(traces):
            delivery.payload = without(delivery.payload, traces.words)
            delivery.response_excerpt = ""
            delivery.save(update_fields=["payload", "response_excerpt"])


def _about(traces: Traces) -> QuerySet[WebhookDelivery]:
    mentions = Q(pk__in=())
    for subject in traces.subjects:
        mentions |= Q(body__contains=subject.id)
    for word in traces.words:
        mentions |= Q(body__icontains=word)
    return WebhookDelivery.objects.annotate(body=Cast("payload", TextField())).filter(mentions)


def without(value: Any, words: frozenset[str], *, is_own: bool = False) -> Any:
    """The same JSON with the person's words emptied."""
    if isinstance(value, dict):
        return {key: without(each, words, is_own=is_own or key in OWN_WORDS) for key, each in value.items()}
    if isinstance(value, list):
        return [without(each, words, is_own=is_own) for each in value]
    if not isinstance(value, str):
        return value
    return "" if is_own or any(word in value for word in words) else value
