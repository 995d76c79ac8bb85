"""Random lives of a waitlist: whatever happens, nobody is stuck, passed over or placed twice.

``WAITLIST_SEQUENCES`` asks for more of them; ten thousand take a while.
"""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from random import Random
from typing import TypeVar
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.models import Model, QuerySet

from common.clock import now
from reservations.domain.values import Actor, Customer
from reservations.exceptions import CapacityReached, SlotTaken
from reservations.models import Allocation, Reservation
from reservations.services import cancel_reservation
from reservations.tests.api_helpers import local
from resources.enums import UnitsBy
from resources.models import Resource
from tests.effort import often
from tests.factories import book, make_resource
from tests.racing import assert_never_overbooked
from waitlist.enums import WaitlistStatus
from waitlist.matching import FreeTime, find_free_time
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.services import accept_offer, decline_offer, expire_offers, leave_waitlist, offer_freed_capacity
from waitlist.services.offering import read_declined_times
from waitlist.tests.helpers import join

pytestmark = pytest.mark.django_db
SEQUENCES = often(24 if connection.vendor == "sqlite" else 20)  # races have tests of their own
STEPS = 12
HOURS = range(9, 13)
Found = TypeVar("Found", bound=Model)


def let_run_out(held_id: UUID) -> datetime:
    past = now() - timedelta(seconds=1)
    Reservation.objects.filter(pk=held_id).update(expires_at=past)
    Allocation.objects.filter(reservation=held_id).update(expires_at=int(past.timestamp()))
    return past


class Life:
    """One venue with a few places and many who want them. Offers are made as after every commit."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.resource: Resource = make_resource(units=self.random.randint(1, 4), units_by=UnitsBy.PERSON)
        self.people = 0

    def step(self) -> None:
        often = [self.book, self.cancel, self.wait] * 2
        acts = [*often, self.accept, self.decline, self.expire, self.leave, self.resize]
        act: Callable[[], None] = self.random.choice(acts)
        try:
            with transaction.atomic():
                act()
        except (CapacityReached, SlotTaken):
            assert act == self.book  # whoever walks up may find it full; everything else is always allowed
        offer_freed_capacity(venue_id=self.resource.venue_id)

    def person(self) -> Customer:
        self.people += 1
        return Customer(name=f"P{self.people}", email=f"p{self.people}@example.com")

    def any_of(self, rows: QuerySet[Found]) -> Found | None:
        return self.random.choice(rows) if rows else None

    def at(self) -> datetime:
        return local(7, self.random.choice(HOURS))

    def book(self) -> None:
        size = self.random.randint(1, 2)
        book(self.resource, self.at(), party_size=size, customer=self.person())

    def cancel(self) -> None:
        if found := self.any_of(Reservation.objects.filter(status="confirmed").order_by("created_at")):
            cancel_reservation(reservation_id=found.pk, actor=Actor())

    def wait(self) -> None:
        hour = self.random.choice(HOURS)
        entry = join(
            self.resource,
            customer=self.person(),
            earliest_time=time(hour),
            latest_time=time(min(hour + self.random.randint(0, 2), 12)),
            duration=60,
            party_size=self.random.randint(1, 3),
        )
        entry.priority = self.random.choice([0, 0, 0, 1, 2])
        entry.save()

    def an_offer(self) -> WaitlistOffer | None:
        return self.any_of(WaitlistOffer.objects.filter(outcome="open").order_by("created_at"))

    def accept(self) -> None:
        if offer := self.an_offer():
            accept_offer(offer_id=offer.pk, actor=Actor())

    def decline(self) -> None:
        if offer := self.an_offer():
            decline_offer(offer_id=offer.pk, actor=Actor())

    def expire(self) -> None:
        if offer := self.an_offer():
            past = let_run_out(offer.reservation_id)
            WaitlistOffer.objects.filter(pk=offer.pk).update(deadline_at=past)
            expire_offers(now=now())

    def leave(self) -> None:
        if entry := self.any_of(WaitlistEntry.objects.active().order_by("created_at")):
            leave_waitlist(entry_id=entry.pk, actor=Actor())

    def resize(self) -> None:
        """Only up: what is booked stays booked when units are taken away, and would count as too much."""
        self.resource.units += 1
        self.resource.save()

    def check(self) -> None:
        """Nobody waits for what they could have: the queue is not stuck."""
        for entry in WaitlistEntry.objects.waiting():
            found = find_free_time(
                entry, now=now(), declined=read_declined_times([entry]).get(entry.pk, frozenset())
            )
            assert not isinstance(found, FreeTime), (entry, found)
        for offer in WaitlistOffer.objects.filter(outcome="open").select_related("entry", "reservation"):
            assert (offer.entry.status, offer.reservation.status) == ("contacted", "held")
            assert offer.reservation.allocations.get().units == offer.entry.party_size
        contacted = WaitlistEntry.objects.filter(status=WaitlistStatus.CONTACTED).count()
        assert contacted == WaitlistOffer.objects.filter(outcome="open").count()


# Every third of them on PostgreSQL, too.
@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=[pytest.mark.once] if seed % 3 else []) for seed in range(SEQUENCES)]
)
def test_a_random_life(seed: int) -> None:
    life = Life(seed)
    for _number in range(STEPS):
        before = {
            entry.pk: (-entry.priority, entry.created_at, entry.pk)
            for entry in WaitlistEntry.objects.waiting()
        }
        offered = set(WaitlistOffer.objects.values_list("pk", flat=True))
        life.step()
        life.check()
        new = WaitlistOffer.objects.exclude(pk__in=offered).select_related("entry")
        places = [before[each.entry_id] for each in new.order_by("created_at") if each.entry_id in before]
        assert places == sorted(places)  # offers of one step go down the queue
    assert_never_overbooked()
