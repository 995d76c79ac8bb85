"""Replays recorded demand through the ordinary services."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from datetime import time as clock_time
from uuid import UUID

from tqdm import tqdm

from common.errors import DomainError
from demo.demand import Stay
from demo.hotel import stay_span
from demo.waiting import WaitingRoom
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.enums import Source
from reservations.services import book_reservation, cancel_reservation, mark_no_show
from resources.models import Resource, Venue

IMPORTER = Actor(source=Source.IMPORT)
# When bookings and cancellations of a date are made: before any arrival of that date.
NOON = clock_time(12, tzinfo=UTC)


@dataclass(slots=True)
class ReplayReport:
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    cancelled: int = 0
    no_shows: int = 0
    served_later: int = 0
    seconds: float = 0.0

    @property
    def bookings_per_second(self) -> float:
        # Requests for a room that were answered, yes or no.
        return (self.accepted + self.refused.total()) / self.seconds if self.seconds else 0.0


def replay_stays(
    venue: Venue, stays: Sequence[Stay], *, waitlist: bool = False, quiet: bool = True
) -> ReplayReport:
    """Book, cancel and miss everything in the order of the dates on which it happened.

    With ``waitlist``, whoever is refused waits until they would have cancelled or arrived; the stays must
    then lie in the future.
    """
    run = _Replay(venue, WaitingRoom(venue.pk) if waitlist else None)
    started = time.perf_counter()
    events = sorted(_list_events(stays), key=lambda event: event[:3])
    # None: no bar where nobody looks, in a pipe or a log.
    for on, _, number, act in tqdm(events, unit="event", leave=False, disable=quiet or None):
        act(run, number, stays[number], datetime.combine(on, NOON))
    run.report.seconds = time.perf_counter() - started
    return run.report


class _Replay:
    def __init__(self, venue: Venue, waiting: WaitingRoom | None = None) -> None:
        self.waiting = waiting
        self.venue_id = venue.pk
        rooms = Resource.objects.filter(venue=venue).values_list("slug", "pk")
        self.rooms = {slug.removeprefix("type-").upper(): pk for slug, pk in rooms}
        self.booked: dict[int, UUID] = {}
        self.report = ReplayReport()

    def book(self, number: int, stay: Stay, now: datetime) -> None:
        start, end = stay_span(stay.arrival_on, stay.nights)
        room = self.rooms[stay.room_type.upper()]
        customer = Customer(name=f"Guest {number + 1}", email=f"guest{number + 1}@example.com")
        try:
            reservation = book_reservation(
                venue_id=self.venue_id,
                items=[ItemRequest(room)],
                start=start,
                end=end,
                party_size=stay.party,
                customer=customer,
                actor=IMPORTER,
                now=now,
            )
        except DomainError as refused:
            self.report.refused[str(refused.code)] += 1
            if self.waiting:
                self.waiting.join(number, stay, room, customer, now)
            return
        self.booked[number] = reservation.pk
        self.report.accepted += 1

    def cancel(self, number: int, stay: Stay, now: datetime) -> None:
        if number in self.booked:
            cancel_reservation(reservation_id=self.booked[number], actor=IMPORTER, now=now)
            self.report.cancelled += 1
            self.serve()
        elif self.waiting:
            self.waiting.leave(number, now)

    def serve(self) -> None:
        # The room that became free has been offered to whoever waits; they take it.
        if self.waiting:
            served = self.waiting.accept()
            self.booked |= served
            self.report.served_later += len(served)

    def give_up(self, number: int, stay: Stay, now: datetime) -> None:
        if self.waiting:
            self.waiting.leave(number, now)

    def miss(self, number: int, stay: Stay, now: datetime) -> None:
        # A guest who does not come is noticed on the evening of the arrival.
        if number in self.booked:
            start, _ = stay_span(stay.arrival_on, stay.nights)
            mark_no_show(reservation_id=self.booked[number], actor=IMPORTER, now=start)
            self.report.no_shows += 1


_Event = tuple[date, int, int, Callable[[_Replay, int, Stay, datetime], None]]
"""Date, order within the date, position of the record, what happens."""


def _list_events(stays: Sequence[Stay]) -> Iterator[_Event]:
    # On one date all bookings come first: what is cancelled the same day was booked before.
    for number, stay in enumerate(stays):
        yield stay.booked_on, 0, number, _Replay.book
        yield stay.arrival_on, 3, number, _Replay.give_up
        if stay.outcome == "cancelled" and stay.ended_on:
            yield max(stay.ended_on, stay.booked_on), 1, number, _Replay.cancel
        elif stay.outcome == "no_show":
            yield stay.arrival_on, 2, number, _Replay.miss
