from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from accounts import privacy
from accounts.privacy import Person, Traces
from webhooks.models import WebhookDelivery

# Keys under which everything is the customer's.
OWN_WORDS = frozenset(
    {
        *("special_requests", "requests", "reason", "cancel_reason", "answers", "customer_info", "title"),
        *("note", "condition_out", "condition_in"),
    }
)
OWN_BESIDE = {"purpose": "borrower"}
"""Keys that are the person's words only beside another one: of bookings they are of a kind."""


class DeliveriesPart(privacy.Part):
    """Bodies keep their ids and times, so that what still has to be delivered can be."""

    def erase(self, person: Person, traces: Traces) -> None:
        deliveries = _mentioning(traces)
        if person.venue_id:
            deliveries = deliveries.filter(venue=person.venue_id)
        for delivery in deliveries:
            words = traces.words if _is_about(delivery, traces) else traces.contacts
            delivery.payload = erase_words(delivery.payload, words)
            delivery.response_excerpt = ""
            delivery.save(update_fields=["payload", "response_excerpt"])


def _mentioning(traces: Traces) -> QuerySet[WebhookDelivery]:
    mentions = Q(pk__in=())
    for subject in traces.subjects:
        mentions |= Q(body__contains=subject.id)
    for word in traces.contacts:
        mentions |= Q(body__icontains=word)
    return WebhookDelivery.objects.annotate(body=Cast("payload", TextField())).filter(mentions)


def _is_about(delivery: WebhookDelivery, traces: Traces) -> bool:
    body = str(delivery.payload)
    return any(subject.id in body for subject in traces.subjects)


def erase_words(value: Any, words: frozenset[str], *, is_own: bool = False) -> Any:
    """The same JSON with the person's words emptied."""
    if isinstance(value, dict):
        return {
            key: erase_words(
                inner_value,
                words,
                is_own=is_own or key in OWN_WORDS or OWN_BESIDE.get(key, "") in value,
            )
            for key, inner_value in value.items()
        }
    if isinstance(value, list):
        return [erase_words(inner_value, words, is_own=is_own) for inner_value in value]
    if not isinstance(value, str):
        return value
    return "" if is_own or any(word in value for word in words) else value
