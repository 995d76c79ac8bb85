from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from accounts import privacy
from accounts.privacy import Person, Traces
from common import clock
from common.subjects import Subject
from notifications.enums import ON_ITS_WAY, MessageStatus
from notifications.links import hide_links
from notifications.models import Message


def to_person(person: Person) -> QuerySet[Message]:
    addresses = [address for address in (person.email, str(person.user.phone or "")) if address]
    whose = Q(user=person.user) | Q(recipient__in=addresses)
    if person.account is None:  # others may have the same phone number in their account
        whose = Q(user=None, recipient__in=addresses)
    messages = Message.objects.filter(whose)
    return messages.filter(venue=person.venue_id) if person.venue_id else messages


def about_subjects(subjects: Iterable[Subject]) -> QuerySet[Message]:
    """About any of these, whoever it went to."""
    ids: dict[str, list[str]] = defaultdict(list)
    for type, id in subjects:
        ids[type].append(id)
    wanted = Q(pk__in=())
    for type, subject_ids in ids.items():
        wanted |= Q(subject_type=type, subject_id__in=subject_ids)
    return Message.objects.filter(wanted)


def _message_row(row: Message) -> dict[str, Any]:
    return {
        "venue": row.venue.name,
        "about": row.kind,
        "by": row.channel,
        "to": row.recipient,
        "subject": row.subject,
        "text": hide_links(row.text),
        "status": row.status,
        "created_at": row.created_at,
        "sent_at": row.sent_at,
    }


EMPTY = {"subject": "", "text": "", "html": "", "last_error": ""}


class MessagesPart(privacy.Part):
    """Erases addresses and texts; that something was sent stays in the log."""

    sections = {"messages": ""}
    covers = ("notifications.Message.user",)
    left_out = {"notifications.Message.resent_by": "Which staff sent a message again is the venue's record."}

    def read(self, person: Person) -> dict[str, Any]:
        rows = to_person(person).select_related("venue").order_by("created_at", "pk")
        return {"messages": [_message_row(row) for row in rows]}

    def erase(self, person: Person, traces: Traces) -> None:
        about = about_subjects(traces.subjects)
        ids = list(to_person(person).values_list("pk", flat=True))
        ids += about.filter(recipient__in=traces.words).values_list("pk", flat=True)
        _erase_reasons(about)
        about.update(**EMPTY)
        messages = Message.objects.filter(pk__in=ids)
        # What has not gone out is not needed any more; the farewell mail names what was cancelled.
        on_its_way = messages.filter(status__in=ON_ITS_WAY)
        on_its_way.update(status=MessageStatus.CANCELLED, claimed_until=None, ended_at=clock.now())
        messages.update(
            **EMPTY,
            recipient="",
            name="",
            provider_id="",
            language="",
            user=None,
            payload={},
            dedupe_key=Concat(Value("erased:"), Cast("pk", CharField())),
        )


def _erase_reasons(messages: QuerySet[Message]) -> None:
    # The reason somebody gave is theirs; times and amounts are the venue's.
    for message in messages.exclude(payload={}):
        if message.payload.get("reason"):
            Message.objects.filter(pk=message.pk).update(payload=message.payload | {"reason": ""})
