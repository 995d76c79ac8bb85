from datetime import datetime
from uuid import UUID

from demo.demand import Stay
from demo.hotel import ARRIVAL, stay_span
from reservations.domain.values import Actor, Customer
from reservations.enums import Source
from waitlist.models import WaitlistOffer
from waitlist.services import accept_offer, join_waitlist, leave_waitlist

WAITER = Actor(source=Source.WAITLIST)


class WaitingRoom:
    """The replay's waitlist entries, by the position of their record."""

    def __init__(self, venue_id: int) -> None:
        self.venue_id = venue_id
        self.entries: dict[int, UUID] = {}
        self.numbers: dict[UUID, int] = {}

    def join(self, number: int, stay: Stay, resource_id: int, customer: Customer, now: datetime) -> None:
        start, end = stay_span(stay.arrival_on, stay.nights)
        entry = join_waitlist(
            venue_id=self.venue_id,
            resource_id=resource_id,
            preferred_on=stay.arrival_on,
            earliest_time=ARRIVAL,
            latest_time=ARRIVAL,
            duration=int((end - start).total_seconds()) // 60,
            party_size=stay.party,
            customer=customer,
            actor=WAITER,
            now=now,
        )
        self.entries[number] = entry.pk
        self.numbers[entry.pk] = number

    def leave(self, number: int, now: datetime) -> None:
        if entry_id := self.entries.pop(number, None):
            leave_waitlist(entry_id=entry_id, actor=WAITER, now=now)

    def accept(self) -> dict[int, UUID]:
        """Everybody who has been offered a room takes it at once; returns their bookings."""
        accepted: dict[int, UUID] = {}
        offers = WaitlistOffer.objects.filter(venue=self.venue_id, outcome=WaitlistOffer.Outcome.OPEN)
        for offer_id, entry_id in offers.values_list("pk", "entry_id"):
            number = self.numbers[entry_id]
            accepted[number] = accept_offer(offer_id=offer_id, actor=WAITER).pk
            del self.entries[number]
        return accepted
