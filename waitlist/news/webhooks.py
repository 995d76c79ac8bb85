from collections.abc import Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils import translation

from waitlist.api.serializers import WaitlistEntrySerializer, make_context
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.selectors import entries_in_detail
from waitlist.signals import EntryChange, EntryNews
from webhooks.events import Event, EventReport, Json, as_json, without_actions
from webhooks.events import events as known_events
from webhooks.telling import News, write_deliveries

ABOUT = {
    EntryNews.JOINED: "A person has joined the waitlist.",
    EntryNews.OFFERED: "A time is held for a person on the waitlist.",
    EntryNews.ACCEPTED: "An offered time was accepted.",
    EntryNews.DECLINED: "An offered time was declined.",
    EntryNews.EXPIRED: "An entry or an offer has expired.",
    EntryNews.LEFT: "A person has left the waitlist.",
    EntryNews.CALLED_OFF: "What a person waited for is no longer offered.",
}


class ToldEntry(WaitlistEntrySerializer):
    """A waitlist entry as staff read it, at that moment."""

    class Meta(WaitlistEntrySerializer.Meta):
        fields = without_actions(WaitlistEntrySerializer.Meta.fields)  # type: ignore[assignment]


def register_events() -> None:
    for news, about in ABOUT.items():
        known_events.register(f"waitlist.{news}", Event(shape=ToldEntry, about=about))


def tell_of_entries(*, changes: Sequence[EntryChange], **kwargs: Any) -> None:
    write_deliveries([_make_news(*change) for change in changes if change.news in ABOUT])


def _make_news(entry: WaitlistEntry, news: EntryNews, offer: WaitlistOffer | None) -> News:
    source = f"entry:{entry.pk}:{news}:{offer.pk if offer else ''}"
    return News(f"waitlist.{news}", entry.venue_id, source, EntryReport(entry.pk))


class EntryReport(EventReport):
    def __init__(self, entry_id: UUID) -> None:
        self.entry_id = entry_id

    @cached_property
    def data(self) -> Json:
        entries = list(entries_in_detail().filter(pk__in=[self.entry_id]))
        with translation.override(settings.LANGUAGE_CODE):
            return as_json(ToldEntry(entries[0], context=make_context(entries, AnonymousUser())).data)
