"""Open pages hear that a waitlist moved; the person and staff also what became of the entry."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from rest_framework import serializers

from common.parsing import parse_uuid
from live.kinds import ChangeKind, Payload, Subscription
from live.models import Change
from live.reading import CommittedChange
from live.recording import record_changes
from waitlist.exceptions import EntryNotFound
from waitlist.models import SUBJECT, WaitlistEntry
from waitlist.permissions import can_view
from waitlist.signals import EntryChange

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser

KIND = "waitlist"


@dataclass(frozen=True, slots=True)
class WatchedQueues:
    """``queues`` are venues and dates at which they wait: any change there may move their position."""

    entry: str
    queues: frozenset[tuple[int, str]]


class WaitlistKind(ChangeKind):
    types = (KIND,)
    parameters = {"entry": "waitlist entry"}
    own_rows = "waitlist entries"

    def fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"date": serializers.DateField(required=False, help_text="Of the waitlist that moved")}

    def parse_filter(self, query: QueryDict, user: "Viewer", *, mine: bool) -> WatchedQueues | None:
        entry = _read_visible_entry(query, user) if "entry" in query else None
        if entry is None and not mine:
            return None
        return WatchedQueues(str(entry.pk) if entry else "", _list_queues(user if mine else None, entry))

    def payloads(self, news: CommittedChange, subscription: Subscription) -> Iterable[Payload]:
        wish: WatchedQueues | None = subscription.filters.get(KIND)
        payload: Payload = {"type": KIND, "venue": news.venue, "date": news.on}
        if subscription.may_know(news) or (wish and wish.entry == news.subject_id):
            yield payload | {"id": news.subject_id, "status": news.status}
        elif wish and (news.venue_id, news.on) in wish.queues:
            yield payload


def _read_visible_entry(query: QueryDict, user: "Viewer") -> WaitlistEntry:
    entry = WaitlistEntry.objects.filter(pk=parse_uuid(query["entry"], "entry")).first()
    if entry is None or not can_view(user, entry, query.get("token", "")):
        raise EntryNotFound
    return entry


def _list_queues(user: "Viewer | None", entry: WaitlistEntry | None) -> frozenset[tuple[int, str]]:
    queues: list[tuple[int, date]] = [(entry.venue_id, entry.preferred_on)] if entry else []
    if user is not None and user.pk:
        own_entries = WaitlistEntry.objects.active().filter(customer_id=user.pk).order_by()
        queues += own_entries.values_list("venue_id", "preferred_on")
    return frozenset((venue_id, on.isoformat()) for venue_id, on in queues)


def note_entries(*, changes: Sequence[EntryChange], **kwargs: Any) -> None:
    record_changes(
        [
            Change(
                kind=KIND,
                venue_id=entry.venue_id,
                subject_type=SUBJECT,
                subject_id=str(entry.pk),
                customer_id=entry.customer_id,
                status=entry.status,
                on=entry.preferred_on,
            )
            for entry, _news, _offer in changes
        ]
    )
