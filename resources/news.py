"""Open pages hear that a venue's configuration has changed, and look at the free times again."""

from collections.abc import Iterable
from typing import Any

from live.kinds import ChangeKind, Payload, Subscription, kinds
from live.models import Change
from live.reading import CommittedChange
from live.recording import record_changes
from resources.signals import configuration_changed

KIND = "configuration"


class ConfigurationKind(ChangeKind):
    types = (KIND,)

    def payloads(self, news: CommittedChange, subscription: Subscription) -> Iterable[Payload]:
        if news.venue_id in subscription.venues | subscription.resource_venues:
            yield {"type": KIND, "venue": news.venue}


def note_configuration(*, venue_id: int, **kwargs: Any) -> None:
    record_changes([Change(kind=KIND, venue_id=venue_id, is_occupancy=True)])


def connect() -> None:
    kinds.register(KIND, ConfigurationKind())
    configuration_changed.connect(note_configuration, dispatch_uid="resources.note_configuration")
