"""Promise 2: what is offered can be booked. Every answer agrees with what booking then accepts."""

import random
from collections import Counter
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import transaction

from common.errors import DomainError
from reservations.availability import (
    DAY,
    Moment,
    Probe,
    Wish,
    find_violations,
    first_available,
    free_ranges,
    free_ranges_of_many,
    slots_with_reasons,
)
from reservations.domain.values import Actor, ItemRequest, ReservationChanges
from reservations.enums import EventKind, Purpose, Source, Status
from reservations.exceptions import BookingRefused, CapacityReached, SlotTaken
from reservations.models import Allocation, Reservation
from reservations.policies import Booker
from reservations.services import (
    block_time,
    book_reservation,
    change_reservation,
    check_in,
    complete_reservation,
    hold_reservation,
)
from resources.catalog import bookable
from resources.models import AvailabilityOverride, OpeningHours, Resource
from scheduling.zones import day_span, from_minute
from tests.effort import often
from tests.factories import GUEST, make_member, make_resource, make_rules, make_venue, make_whole

pytestmark = pytest.mark.django_db
# Days on which the clocks change, and a leap day, in zones of every awkward kind.
DAYS = [
    ("Europe/Berlin", date(2027, 3, 28)),
    ("Europe/Berlin", date(2027, 10, 31)),
    ("America/New_York", date(2027, 3, 14)),
    ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("Australia/Lord_Howe", date(2027, 10, 3)),
    ("Africa/Cairo", date(2027, 4, 30)),
    ("Asia/Beirut", date(2027, 3, 28)),
    ("Asia/Kathmandu", date(2028, 2, 29)),
    ("America/St_Johns", date(2027, 11, 7)),
]
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
REFUSED = (BookingRefused, SlotTaken, CapacityReached)


class World:
    """A venue with random hours, closures, rules and bookings on one day; the same for the same seed."""

    def __init__(self, seed: int, zone: str, day: date) -> None:
        self.chance, self.zone, self.day = random.Random(seed), zone, day
        self.venue = make_venue(time_zone=zone)
        self.staff = Actor(make_member(self.venue), Source.STAFF)
        self.resources = [self.resource() for _ in range(2)]
        self.hours()
        if self.chance.random() < 0.4:
            self.resources.append(make_whole(self.resources))
        self.start, self.end = day_span(day, zone)
        for _ in range(24):
            self.occupy()

    def resource(self) -> Resource:
        pick = self.chance.choice
        step = pick([15, 20, 30])
        rules = make_rules(
            self.venue,
            slot_step=step,
            min_duration=pick([15, 30]),
            max_duration=600,
            buffer_before=pick([0, 10]),
            buffer_after=pick([0, 15]),
            max_advance_days=None,
            default_duration=pick([15, 30]) + step * 4,
            hold_minutes=10,
            occupies_first=pick([None, None, 15, 25]),
        )
        units = pick([1, 1, 3])
        return make_resource(self.venue, rules=rules, units=units, overbooking_percent=pick([0, 40]))

    def time(self) -> time:
        return time(self.chance.randrange(24), self.chance.choice([0, 15, 30]))

    def hours(self) -> None:
        for weekday in range(7):
            for _ in range(self.chance.choice([1, 2])):
                OpeningHours.objects.create(
                    venue=self.venue,
                    resource=self.chance.choice([None, None, self.resources[0]]),
                    weekday=weekday,
                    start_time=self.time(),
                    end_time=self.time(),
                    is_available=self.chance.random() < 0.85,
                    max_duration=self.chance.choice([None, None, 90]),
                )
        AvailabilityOverride.objects.create(
            venue=self.venue,
            starts_on=self.day,
            ends_on=self.day,
            start_time=self.time(),
            end_time=self.time(),
            is_available=self.chance.random() < 0.5,
        )

    def occupy(self) -> None:
        resource = self.chance.choice(self.resources)
        start = from_minute(self.start + 5 * self.chance.randrange(DAY // 5))
        if self.chance.random() < 0.15:
            self.block(resource, start)
            return
        act: Any = self.chance.choice([book_reservation, hold_reservation])
        try:
            with transaction.atomic():
                made = act(
                    venue_id=self.venue.pk,
                    items=[ItemRequest(resource.pk)],
                    start=start,
                    end=start + timedelta(minutes=resource.rules.min_duration),
                    customer=GUEST,
                    actor=self.chance.choice([Actor(), self.staff]),
                    now=NOW,
                )
        except REFUSED:
            return
        if self.chance.random() < 0.2:  # some holds have run out
            Allocation.objects.filter(reservation=made, expires_at__isnull=False).update(expires_at=1)
        elif act is book_reservation:
            self.let_run(made)

    def block(self, resource: Resource, start: datetime) -> None:
        """One unit, or all there are."""
        with suppress(*REFUSED), transaction.atomic():
            block_time(
                venue_id=self.venue.pk,
                items=[ItemRequest(resource.pk, takes_all=self.chance.random() < 0.5)],
                start=start,
                end=start + timedelta(minutes=50),
                title="Repair",
                purpose=Purpose.BLOCK,
                actor=self.staff,
                now=NOW,
            )

    def let_run(self, made: Reservation) -> None:
        """Some have come: of those some stay longer, as far as there is room, and some leave early."""
        fate, begun = (
            self.chance.choice(["longer", "early", "as planned"]),
            made.starts_at + timedelta(minutes=5),
        )
        with suppress(*REFUSED), transaction.atomic():
            if fate == "longer":
                check_in(reservation_id=made.pk, actor=self.staff, now=made.starts_at)
                longer = ReservationChanges(end=made.ends_at + timedelta(minutes=35))
                change_reservation(reservation_id=made.pk, changes=longer, actor=self.staff, now=begun)
            elif fate == "early":
                complete_reservation(reservation_id=made.pk, actor=self.staff, now=begun)

    def accepts(self, resource: Resource, start: int, duration: int) -> str | None:
        """Books it for real, then undoes it; the refusal's code, or None."""
        try:
            with transaction.atomic():
                book_reservation(
                    venue_id=self.venue.pk,
                    items=[ItemRequest(resource.pk)],
                    start=from_minute(start),
                    end=from_minute(start + duration),
                    customer=GUEST,
                    actor=Actor(),
                    now=NOW,
                )
                transaction.set_rollback(True)
        except DomainError as refused:
            return str(refused.code)
        return None


@pytest.mark.parametrize(("zone", "day"), DAYS, ids=[f"{zone}-{day}" for zone, day in DAYS])
@pytest.mark.parametrize("seed", range(often(1)))
def test_offers_and_bookings_agree(seed: int, zone: str, day: date) -> None:
    world = World(seed * 100 + day.toordinal(), zone, day)
    moment = Moment(int(NOW.timestamp()) // 60, int(datetime.now(tz=UTC).timestamp()))
    start, end = world.start, world.end
    for resource in world.resources:
        facts = bookable(resource)
        duration = resource.rules.min_duration + resource.rules.slot_step * world.chance.randrange(4)
        wish = Wish(duration)
        offered = {
            at for free in free_ranges(facts, wish, start=start, end=end, moment=moment) for at in free
        }
        listed = {
            slot.start: slot.reason
            for slot in slots_with_reasons(facts, wish, start=start, end=end, moment=moment)
        }
        starts = sorted({*offered, *listed, *range(start, end, 45)})
        probed = find_violations([Probe(facts, at, at + duration) for at in starts], Booker(), moment)
        reasons = {at: found.reason if found else None for at, found in zip(starts, probed, strict=True)}

        assert {at for at, reason in reasons.items() if reason is None} == offered
        assert {at for at, reason in listed.items() if reason is None} == offered
        assert {at: reasons[at] for at in listed} == listed
        for at in world.chance.sample(starts, min(len(starts), 25)):
            assert world.accepts(resource, at, duration) == reasons[at], (resource.pk, at)

        many = free_ranges_of_many([facts], wish, start=start, end=end, moment=moment)
        assert {at for free in many.get(resource.pk, []) for at in free} == offered
        first = first_available([facts], wish, start=start, horizon=end - start, moment=moment)
        assert first.get(resource.pk) == min(offered, default=None)


def test_some_worlds_offer_something_and_refuse_something() -> None:
    """The agreement above is not one of empty sets."""
    offered = refused = paced = 0
    moment = Moment(int(NOW.timestamp()) // 60, int(datetime.now(tz=UTC).timestamp()))
    for zone, day in DAYS:
        world = World(day.toordinal(), zone, day)
        for resource in world.resources:
            slots = slots_with_reasons(
                bookable(resource), Wish(30), start=world.start, end=world.end, moment=moment
            )
            paced += resource.rules.occupies_first is not None
            offered += sum(slot.reason is None for slot in slots)
            refused += sum(slot.reason in ("taken", "held", "capacity", "part_taken") for slot in slots)
    assert offered > 50
    assert refused > 10
    assert paced
    lived = Counter(Reservation.objects.values_list("purpose", "status"))
    assert lived[Purpose.BLOCK, Status.CONFIRMED] > 1
    assert lived[Purpose.BOOKING, Status.CHECKED_IN] > 1
    assert lived[Purpose.BOOKING, Status.COMPLETED] > 1
    longer = Reservation.objects.filter(status=Status.CHECKED_IN, events__kind=EventKind.RESCHEDULED)
    assert longer.exists()
