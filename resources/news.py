"""Open pages hear that a venue's configuration is another now: look at the free times again."""

from collections.abc import Iterable
from typing import Any

from live.kinds import ChangeKind, Payload, Subscription, kinds
from live.models import Change
from live.news import News
from live.noting import note
from resources.signals import configuration_changed

KIND = "configuration"


class ConfigurationKind(ChangeKind):
    types = (KIND,)

    def payloads(self, news: News, subscription: Subscription) -> Iterable[Payload]:
        """To everybody who looks at the venue, or at something of it."""
        if news.venue_id in subscription.venues | subscription.resource_venues:
            yield {"type": KIND, "venue": news.venue}


def note_configuration(*, venue_id: int, **kwargs: Any) -> None:
    note(Change(kind=KIND, venue_id=venue_id, is_occupancy=True))


def connect() -> None:
    kinds.register(KIND, ConfigurationKind())
    configuration_changed.connect(note_configuration, dispatch_uid="resources.note_configuration")
