"""Messages to a person: read as one document, and forgotten with the account."""

from typing import Any

from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from accounts import erasure
from accounts.personal_data import Part, Person
from common import clock
from notifications.enums import ON_ITS_WAY, Status
from notifications.links import without_links
from notifications.models import Message
from reservations.personal import of_person as reservations_of
from waitlist.personal import of_person as entries_of


def to_person(person: Person) -> QuerySet[Message]:
    """Sent to the account or to an address of theirs, whatever about."""
    addresses = [each for each in (person.email, str(person.user.phone or "")) if each]
    return Message.objects.filter(Q(user=person.user) | Q(recipient__in=addresses))


def about_person(person: Person) -> QuerySet[Message]:
    """About their bookings and waiting, whoever it went to."""
    theirs = Q(reservation__in=reservations_of(person)) | Q(entry__in=entries_of(person))
    return Message.objects.filter(theirs)


def read(person: Person) -> dict[str, Any]:
    rows = to_person(person).select_related("venue").order_by("created_at", "pk")
    return {"messages": [_message(row) for row in rows]}


def _message(row: Message) -> dict[str, Any]:
    return {
        "venue": row.venue.name,
        "about": row.kind,
        "by": row.channel,
        "to": row.recipient,
        "subject": row.subject,
        "text": without_links(row.text),
        "status": row.status,
        "created_at": row.created_at,
        "sent_at": row.sent_at,
    }


PART = Part(
    read,
    covers=("notifications.Message.user",),
    left_out={"notifications.Message.resent_by": "Which staff sent a message again is the venue's record."},
)
EMPTY = {"subject": "", "text": "", "html": "", "last_error": ""}


class MessagesPart(erasure.Part):
    """Addresses and texts go; that something was sent stays. The last mail says what was cancelled."""

    def erase(self, person: Person) -> None:
        ids = list(to_person(person).values_list("pk", flat=True))
        own_address = Q(recipient=person.user.email)
        ids += (
            about_person(person)
            .filter(own_address | Q(recipient__in=_used(person)))
            .values_list("pk", flat=True)
        )
        _forget_facts(about_person(person))
        about_person(person).update(**EMPTY)
        mine = Message.objects.filter(pk__in=ids)
        on_its_way = mine.filter(status__in=ON_ITS_WAY)
        on_its_way.update(status=Status.CANCELLED, claimed_until=None, ended_at=clock.now())
        mine.update(
            **EMPTY,
            recipient="",
            name="",
            provider_id="",
            language="",
            user=None,
            facts={},
            dedupe_key=Concat(Value("erased:"), Cast("pk", CharField())),
        )


def _used(person: Person) -> list[str]:
    """Addresses and numbers that were given with bookings."""
    rows = reservations_of(person).values_list("customer_email", "customer_phone")
    return [str(each) for row in rows for each in row if each]


def _forget_facts(messages: QuerySet[Message]) -> None:
    """What somebody gave as a reason is theirs; times and amounts are the venue's."""
    for message in messages.exclude(facts={}):
        if message.facts.get("reason"):
            Message.objects.filter(pk=message.pk).update(facts=message.facts | {"reason": ""})
