"""What other programs and open pages hear."""

from collections.abc import Iterable
from functools import cached_property

from live.kinds import ChangeKind, Payload, Subscription
from live.kinds import kinds as change_kinds
from live.models import Change
from live.reading import CommittedChange
from live.recording import record_changes
from tests.example_product.models import SUBJECT, Umbrella
from webhooks.events import Event, EventReport, Json, events
from webhooks.telling import News, write_deliveries

LENT = "umbrella.lent"


class UmbrellaReport(EventReport):
    def __init__(self, umbrella: Umbrella) -> None:
        self.umbrella = umbrella

    @cached_property
    def data(self) -> Json:
        return self.umbrella.payload


class UmbrellaKind(ChangeKind):
    types = (SUBJECT,)

    def payloads(self, news: CommittedChange, subscription: Subscription) -> Iterable[Payload]:
        if subscription.may_know(news):
            yield {"type": SUBJECT, "venue": news.venue, "id": news.subject_id}


def register() -> None:
    events.register(LENT, Event())
    change_kinds.register(SUBJECT, UmbrellaKind())


def announce(umbrella: Umbrella) -> None:
    report, source = UmbrellaReport(umbrella), f"umbrella:{umbrella.pk}"
    write_deliveries([News(LENT, umbrella.venue_id, source, report)])
    record_changes(
        [
            Change(
                kind=SUBJECT,
                venue_id=umbrella.venue_id,
                subject_type=SUBJECT,
                subject_id=str(umbrella.pk),
                customer_id=umbrella.customer_id,
            )
        ]
    )
