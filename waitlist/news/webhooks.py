from functools import cached_property
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils import translation

from waitlist.api.serializers import render_entries
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.selectors import entries_in_detail
from waitlist.signals import EntryNews
from webhooks.events import Event, EventReport, Json, as_json
from webhooks.events import events as known_events
from webhooks.telling import write_deliveries

TOLD = (
    EntryNews.JOINED,
    EntryNews.OFFERED,
    EntryNews.ACCEPTED,
    EntryNews.DECLINED,
    EntryNews.EXPIRED,
    EntryNews.LEFT,
)
NOBODYS_BUSINESS = ("allowed_actions",)


def register_events() -> None:
    for news in TOLD:
        known_events.register(f"waitlist.{news}", Event())


def tell_of_entry(
    *, entry: WaitlistEntry, news: EntryNews, offer: WaitlistOffer | None, **kwargs: Any
) -> None:
    if news in TOLD:
        source = f"entry:{entry.pk}:{news}:{offer.pk if offer else ''}"
        write_deliveries(
            f"waitlist.{news}", venue_id=entry.venue_id, source=source, report=EntryReport(entry.pk)
        )


class EntryReport(EventReport):
    def __init__(self, entry_id: UUID) -> None:
        self.entry_id = entry_id

    @cached_property
    def data(self) -> Json:
        entries = list(entries_in_detail().filter(pk__in=[self.entry_id]))
        with translation.override(settings.LANGUAGE_CODE):
            body = as_json(render_entries(entries, AnonymousUser())[0])
        return {name: value for name, value in body.items() if name not in NOBODYS_BUSINESS}
