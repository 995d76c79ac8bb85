"""What other programs were told of a person: forgotten with the account, as far as we keep it."""

from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from accounts import erasure
from accounts.personal_data import Person
from reservations.personal import of_person as reservations_of
from waitlist.personal import of_person as entries_of
from webhooks.models import WebhookDelivery

OWN_WORDS = frozenset(
    {"special_requests", "requests", "reason", "cancel_reason", "answers", "customer_info", "title", "note"}
)
"""Keys under which everything is the customer's."""


class DeliveriesPart(erasure.Part):
    """Bodies keep their ids and times, so that what still has to be delivered can be."""

    def erase(self, person: Person) -> None:
        words = _words(person)
        for delivery in _about(person, words):
            delivery.payload = without(delivery.payload, words)
            delivery.response_excerpt = ""
            delivery.save(update_fields=["payload", "response_excerpt"])


def _words(person: Person) -> frozenset[str]:
    """Names and addresses by which the person may be called in a body."""
    found = set(person.words)
    for rows in (reservations_of(person), entries_of(person)):
        for row in rows.values_list("customer_name", "customer_email", "customer_phone"):
            found |= {str(each) for each in row if each}
    return frozenset(found)


def _about(person: Person, words: frozenset[str]) -> QuerySet[WebhookDelivery]:
    mentions = Q(pk__in=())
    for rows in (reservations_of(person), entries_of(person)):
        for key in rows.values_list("pk", flat=True):
            mentions |= Q(body__contains=str(key))
    for word in words:
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
