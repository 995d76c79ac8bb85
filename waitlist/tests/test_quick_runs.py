"""A run asks only those whom something that came free concerns, and offers what asking everybody would."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import partial

import pytest
from django.db import transaction

from common.errors import DomainError
from reservations.domain.values import Actor, Customer, ReservationChanges
from reservations.enums import Source
from reservations.models import Reservation
from reservations.services import change_many, reschedule_reservation
from reservations.tests.api_helpers import local
from resources.enums import Audience
from resources.models import AvailabilityOverride, Resource, VenueMembership
from tests.effort import often
from tests.factories import book, hold, make_group, make_resource, make_rules, make_user, make_whole
from tests.racing import assert_never_overbooked
from waitlist.models import FreedTime, WaitlistEntry, WaitlistOffer
from waitlist.services import change_entry, looks, offer_freed_capacity, offer_what_came_free
from waitlist.tests.helpers import day, join
from waitlist.tests.test_sequences import Life, let_run_out

pytestmark = pytest.mark.django_db
LIVES = often(12)
STEPS = 16
HOURS = range(8, 14)
Offered = list[tuple[object, int, datetime]]


class WideLife(Life):
    """Two courts that make a hall, a group of both and a pool; rules about people, a horizon, closures."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.now = local(0, 7)  # so that much of the day in a week is too far ahead for some
        pool, venue = self.resource, self.resource.venue
        rules = make_rules(
            venue,
            one_at_a_time=self.random.random() < 0.5,
            max_active_per_customer=self.random.choice([None, 1, 2]),
            max_advance_days=self.random.choice([None, 7]),
            buffer_after=self.random.choice([0, 15]),
        )
        courts = [make_resource(venue, rules=rules) for _number in range(2)]
        self.places: list[Resource] = [pool, *courts, make_whole(courts)]
        self.group = make_group(courts)
        self.regulars = [Customer.from_user(make_user()) for _number in range(2)]
        for place in self.places[:3]:
            for hour in HOURS:
                self.do(partial(self.fill, place, hour))
        for _number in range(4):
            self.do(self.wait)

    def step(self) -> None:
        acts: list[Callable[[], None]] = [self.book, self.cancel, self.wait, self.wait, self.time_passes] * 4
        acts += [self.accept, self.decline, self.expire, self.leave, self.move, self.want_other] * 2
        acts += [self.hold, self.run_out, self.run_out, self.trade_places] * 2
        acts += [self.change_configuration, self.raise_priority]
        self.do(self.random.choice(acts))

    def do(self, act: Callable[[], None]) -> None:
        try:
            with transaction.atomic():
                act()
        except DomainError:
            pass  # of whoever books; what it began is undone

    def person(self) -> Customer:
        return self.random.choice(self.regulars) if self.random.random() < 0.8 else super().person()

    def at(self) -> datetime:
        return local(7, self.random.choice(HOURS))

    def book(self) -> None:
        place, minutes = self.random.choice(self.places), self.random.choice([60, 60, 180])
        party_size, later = self.random.randint(1, 2), local(1, 0)  # when all of that day can be booked
        book(place, self.at(), minutes, party_size=party_size, customer=self.person(), now=later)

    def fill(self, place: Resource, hour: int) -> None:
        """At first all is taken, a third of it only held, by people whom nobody knows."""
        make = self.random.choice([book, book, hold])
        size = self.resource.units if place == self.resource else 1
        customer, later = Life.person(self), local(1, 0)
        make(place, local(7, hour), party_size=size, customer=customer, now=later)

    def move(self) -> None:
        if found := self.any_of(Reservation.objects.filter(status="confirmed").order_by("created_at")):
            start = self.at()
            end = start + timedelta(minutes=self.random.choice([60, 120]))
            reschedule_reservation(reservation_id=found.pk, start=start, end=end, actor=Actor())

    def hold(self) -> None:
        hold(self.random.choice(self.places), self.at(), now=local(1, 0))

    def run_out(self) -> None:
        """Of somebody at the counter, or of whom it was offered to: nobody tidies it up so soon."""
        if held := self.any_of(Reservation.objects.filter(status="held").order_by("created_at")):
            past = let_run_out(held.pk)
            WaitlistOffer.objects.filter(reservation=held).update(deadline_at=past)

    def trade_places(self) -> None:
        """Several bookings move at once, some to where others were."""
        booked = list(Reservation.objects.filter(status="confirmed").order_by("created_at"))
        start_by_id = {made.pk: self.at() for made in self.random.sample(booked, min(3, len(booked)))}

        def move(made: Reservation) -> ReservationChanges:
            start = start_by_id[made.pk]
            return ReservationChanges(start=start, end=start + timedelta(hours=1))

        if start_by_id:
            staff = Actor(source=Source.STAFF)
            change_many(changes=move, ids=list(start_by_id), actor=staff, now=local(1, 0))

    def wait(self) -> None:
        hour = self.random.choice(HOURS)
        place = self.random.choice([*self.places, None])
        entry = join(
            self.resource,
            resource_id=place and place.pk,
            group_id=None if place else self.group.pk,
            customer=self.person(),
            earliest_time=self.random.choice([None, time(hour)]),
            latest_time=self.random.choice([None, time(min(hour + 2, 23))]),
            duration=self.random.choice([60, 60, 120]),
            party_size=self.random.randint(1, 3),
        )
        entry.priority = self.random.choice([0, 0, 0, 1, 2])
        entry.save()

    def any_entry(self) -> WaitlistEntry | None:
        return self.any_of(WaitlistEntry.objects.waiting().order_by("created_at"))

    def want_other(self) -> None:
        if entry := self.any_entry():
            changes = {"earliest_time": None, "latest_time": time(self.random.choice(HOURS))}
            change_entry(entry_id=entry.pk, actor=Actor(), changes=changes)  # type: ignore[arg-type]

    def raise_priority(self) -> None:
        if entry := self.any_entry():
            change_entry(entry_id=entry.pk, actor=Actor(), changes={"priority": 3})

    def time_passes(self) -> None:
        self.now += timedelta(minutes=self.random.choice([1, 30, 60]))

    def change_configuration(self) -> None:
        """Rarely: the next run then asks everybody."""
        self.random.choice([self.resize, self.close, self.open, self.admit])()

    def close(self) -> None:
        place = self.random.choice([*self.places, None])
        AvailabilityOverride.objects.create(
            venue=self.resource.venue, resource=place, starts_on=day(), ends_on=day()
        )

    def open(self) -> None:
        for closure in AvailabilityOverride.objects.all()[:2]:
            closure.delete()

    def admit(self) -> None:
        """Only members may book, and somebody becomes one."""
        rules = self.resource.rules
        rules.audience = Audience.MEMBERS if rules.audience == Audience.EVERYONE else Audience.EVERYONE
        rules.save()
        user = self.random.choice(self.regulars).user
        VenueMembership.objects.get_or_create(venue=self.resource.venue, user=user)

    def ask_all(self) -> Offered:
        """What asking everybody would offer; undone."""
        with transaction.atomic():
            offered = describe(offer_freed_capacity(venue_id=self.resource.venue_id, now=self.now))
            transaction.set_rollback(True)
        return offered

    def ask_few(self) -> Offered:
        return describe(offer_what_came_free(venue_id=self.resource.venue_id, now=self.now))


def describe(offers: list[WaitlistOffer]) -> Offered:
    return [
        (offer.entry_id, offer.reservation.items.get().resource_id, offer.reservation.starts_at)
        for offer in offers
    ]


# Every fourth of them on PostgreSQL, too.
@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=[pytest.mark.once] if seed % 4 else []) for seed in range(LIVES)]
)
def test_a_run_offers_what_asking_everybody_would(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without the look that finds what nobody was told of.
    monkeypatch.setattr(looks, "LOOK_AGAIN_AFTER", timedelta(days=1))
    life = WideLife(seed)
    for _number in range(STEPS):
        for _each in range(life.random.randint(1, 3)):  # several things may happen before a worker comes
            life.step()
        expected = life.ask_all()
        assert life.ask_few() == expected
        assert life.ask_all() == []
        assert not FreedTime.objects.exists()
    assert_never_overbooked()
