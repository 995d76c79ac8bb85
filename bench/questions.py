"""The engine's five questions, asked our way and by fetching nothing but the rows."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bench.world import CLOSES, OPENS, STEP, World
from common.clock import epoch_minute, epoch_seconds
from reservations.availability import (
    FIRST_HORIZON,
    Moment,
    Probe,
    Wish,
    find_violations,
    first_available,
    free_ranges,
    free_ranges_of_many,
)
from reservations.availability.occupied import busy_rows, rows_touching
from reservations.policies import Booker
from resources.bookables import Bookable
from resources.catalog import catalog
from scheduling.zones import day_span, resolve_local

ZONE = "Europe/Berlin"
MINUTES = 60  # length of the booking that is looked for
HORIZON_DAYS = 60
PROBES = 10_000
WISH = Wish(MINUTES)


Slot = tuple[int, int, int]
"""A resource and the span asked about, in UTC minutes."""


@dataclass(frozen=True, slots=True)
class TimedQuestion:
    """``ours`` is what a request does. ``raw`` fetches the rows that the answer depends on and does nothing
    with them: no engine can be faster. ``slots`` are what asking slot by slot would ask.
    """

    name: str
    ours: Callable[[], object]
    raw: Callable[[], object]
    slots: Callable[[], list[Slot]]


def make_questions(world: World) -> list[TimedQuestion]:
    ask = _Asker(world)
    count = f"{len(world.resource_ids):,}"
    return [
        TimedQuestion("slots of one resource and day", ask.day, ask.raw_day, ask.slots_of_day),
        TimedQuestion("slots of one resource, 31 days", ask.month, ask.raw_month, ask.slots_of_month),
        TimedQuestion(
            f"which of {count} resources are free on a day", ask.many, ask.raw_many, ask.slots_of_many
        ),
        TimedQuestion(
            f"first free slot of {count} resources within {HORIZON_DAYS} days",
            ask.first,
            ask.raw_first,
            ask.slots_until_first,
        ),
        TimedQuestion(f"{PROBES:,} probes in one request", ask.probes, ask.raw_probes, lambda: ask.asked),
    ]


class _Asker:
    def __init__(self, world: World) -> None:
        self.world = world
        self.moment = Moment(epoch_minute(world.now), epoch_seconds(world.now))
        self.day_ahead = world.today + timedelta(days=3)
        self.one = world.resource_ids[7]
        self.asked = self._probes()

    # --- ours -----------------------------------------------------------------------------------
    @property
    def bookables(self) -> dict[int, Bookable]:
        return catalog(self.world.venue_id).bookables

    def day(self) -> list[range]:
        start, end = day_span(self.day_ahead, ZONE)
        return free_ranges(self.bookables[self.one], WISH, start=start, end=end, moment=self.moment)

    def month(self) -> list[range]:
        start, end = self._month_span()
        return free_ranges(self.bookables[self.one], WISH, start=start, end=end, moment=self.moment)

    def many(self) -> dict[int, list[range]]:
        start, end = day_span(self.day_ahead, ZONE)
        all_bookables = list(self.bookables.values())
        return free_ranges_of_many(all_bookables, WISH, start=start, end=end, moment=self.moment)

    def first(self) -> dict[int, int]:
        all_bookables = list(self.bookables.values())
        horizon = HORIZON_DAYS * 1440
        return first_available(
            all_bookables, WISH, start=self.moment.minute, horizon=horizon, moment=self.moment
        )

    def probes(self) -> list[object]:
        bookables = self.bookables
        probes = [Probe(bookables[resource], start, end) for resource, start, end in self.asked]
        return list(find_violations(probes, Booker(), self.moment))

    # --- slot by slot ---------------------------------------------------------------------------
    def slots_of_day(self) -> list[Slot]:
        return _list_slots([self.one], [self.day_ahead])

    def slots_of_month(self) -> list[Slot]:
        return _list_slots([self.one], [self._day(number) for number in range(31)])

    def slots_of_many(self) -> list[Slot]:
        return _list_slots(self.world.resource_ids, [self.day_ahead])

    def slots_until_first(self) -> list[Slot]:
        # Asking stops at each resource's first free slot, as in any application.
        days = [self._day(number) for number in range(HORIZON_DAYS)]
        first = self.first()
        all_slots = _list_slots(self.world.resource_ids, days)
        return [slot for slot in all_slots if slot[1] <= first.get(slot[0], slot[1])]

    # --- only the rows --------------------------------------------------------------------------
    def raw_day(self) -> object:
        return self._rows([self.one], *day_span(self.day_ahead, ZONE))

    def raw_month(self) -> object:
        return self._rows([self.one], *self._month_span())

    def raw_many(self) -> object:
        return self._rows(self.world.resource_ids, *day_span(self.day_ahead, ZONE))

    def raw_first(self) -> object:
        # The first look ahead, which answers for most.
        return self._rows(self.world.resource_ids, self.moment.minute, self.moment.minute + FIRST_HORIZON)

    def raw_probes(self) -> object:
        return rows_touching(self.asked, now_seconds=self.moment.seconds)

    def _rows(self, resources: Sequence[int], start: int, end: int) -> object:
        return busy_rows(resources, start, end, now_seconds=self.moment.seconds)

    # --- what is asked --------------------------------------------------------------------------
    def _day(self, number: int) -> date:
        return self.world.today + timedelta(days=number)

    def _month_span(self) -> tuple[int, int]:
        return day_span(self.world.today, ZONE)[0], day_span(self._day(30), ZONE)[1]

    def _probes(self) -> list[Slot]:
        dice = random.Random(11)
        starts = [start for number in range(1, 31) for start in _list_starts(self._day(number))]
        chosen = [(dice.choice(self.world.resource_ids), dice.choice(starts)) for _ in range(PROBES)]
        return [(resource, start, start + MINUTES) for resource, start in chosen]


def _list_slots(resources: Sequence[int], days: Sequence[date]) -> list[Slot]:
    starts = [start for day in days for start in _list_starts(day)]
    return [(resource, start, start + MINUTES) for resource in resources for start in starts]


def _list_starts(day: date) -> Sequence[int]:
    first = resolve_local(datetime.combine(day, time(OPENS)), ZONE)
    return range(first, first + (CLOSES - OPENS) * 60 - MINUTES + 1, STEP)
