"""Freed time is offered in order, held until a deadline, and moves on."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client

from common.clock import now
from notifications.models import Message
from reservations.domain.values import Actor, Customer, all_units_of
from reservations.enums import Purpose, Source, Status
from reservations.exceptions import SlotTaken
from reservations.models import Allocation, Reservation
from reservations.services import (
    block_time,
    cancel_reservation,
    decline_reservation,
    mark_no_show,
    release_hold,
    reschedule_reservation,
)
from reservations.tests.api_helpers import local, post
from resources.enums import Audience, UnitsBy
from resources.models import AvailabilityOverride, Resource
from tests.factories import book, hold, make_group, make_member, make_resource, make_user, make_venue
from tests.racing import assert_never_overbooked
from waitlist.enums import WaitlistStatus
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.services import accept_offer, decline_offer, expire_entries
from waitlist.tests.helpers import day, join, offer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def room() -> Resource:
    return make_resource()


@pytest.fixture
def booked(room: Resource) -> Reservation:
    """The room from ten to eleven in a week: the one time that everybody waits for."""
    return book(room, local(7, 10))


def person(name: str) -> Customer:
    return Customer(name=name, email=f"{name}@example.com")


def wait(room: Resource, name: str = "bea", **fields: Any) -> WaitlistEntry:
    """Somebody waits for ten o'clock, exactly."""
    window: dict[str, Any] = {"earliest_time": time(10), "latest_time": time(10), "duration": 60}
    return join(room, **(window | {"customer": person(name)} | fields))


def cancel(reservation: Reservation) -> None:
    cancel_reservation(reservation_id=reservation.pk, actor=Actor())


def state(entry: WaitlistEntry) -> str:
    return WaitlistEntry.objects.get(pk=entry.pk).status


def open_offer(entry: WaitlistEntry) -> WaitlistOffer:
    return entry.offers.get(outcome="open")


def test_a_cancelled_time_is_offered_at_once(room: Resource, booked: Reservation) -> None:
    entry = wait(room)

    cancel(booked)

    offer = open_offer(entry)
    held = offer.reservation
    assert (state(entry), held.status, held.starts_at) == ("contacted", Status.HELD, local(7, 10))
    assert held.source == Source.WAITLIST
    assert timedelta(minutes=119) < offer.deadline_at - now() <= timedelta(minutes=120)
    assert held.expires_at == offer.deadline_at
    with pytest.raises(SlotTaken):  # nobody jumps the queue
        book(room, local(7, 10))


def test_an_offer_ends_when_its_time_begins(room: Resource) -> None:
    tomorrow = local(1, 9, 15)
    with time_machine.travel(tomorrow):
        soon = book(room, local(0, 10))
        entry = wait(room, preferred_on=day(0))
        cancel(soon)

        offer = open_offer(entry)
        assert offer.deadline_at == offer.reservation.expires_at == local(0, 10)


def freed_by_declining(booked: Reservation) -> None:
    Reservation.objects.filter(pk=booked.pk).update(status=Status.PENDING)
    decline_reservation(reservation_id=booked.pk, actor=Actor())


def freed_by_moving(booked: Reservation) -> None:
    reschedule_reservation(reservation_id=booked.pk, start=local(8, 10), end=local(8, 11), actor=Actor())


def freed_by_shortening(booked: Reservation) -> None:
    reschedule_reservation(reservation_id=booked.pk, start=local(7, 9), end=local(7, 10), actor=Actor())


def freed_by_more_units(booked: Reservation) -> None:
    room = booked.items.get().resource
    room.units = 2
    room.save()


PATHS = {
    "cancelling": cancel,
    "declining": freed_by_declining,
    "moving": freed_by_moving,
    "shortening": freed_by_shortening,
    "more units": freed_by_more_units,
}


@pytest.mark.parametrize("path", PATHS)
def test_every_path_that_frees(room: Resource, booked: Reservation, path: str) -> None:
    entry = wait(room)
    PATHS[path](booked)
    assert open_offer(entry).reservation.starts_at == local(7, 10)


def test_a_hold_given_back_or_run_out(room: Resource) -> None:
    given_back, run_out = hold(room, local(7, 10)), hold(room, local(8, 10))
    first, second = wait(room, "bea"), wait(room, "cem", preferred_on=day(8))
    release_hold(reservation_id=given_back.pk, actor=Actor())
    past = now() - timedelta(minutes=1)
    Reservation.objects.filter(pk=run_out.pk).update(expires_at=past)
    Allocation.objects.filter(reservation=run_out).update(expires_at=int(past.timestamp()))
    call_command("tick")
    assert (state(first), state(second)) == ("contacted", "contacted")


def test_a_no_show(room: Resource) -> None:
    late = book(room, local(7, 10), minutes=180)
    entry = wait(room, earliest_time=time(0), latest_time=None)
    started = now().replace(second=0, microsecond=0) - timedelta(minutes=5)
    Reservation.objects.filter(pk=late.pk).update(starts_at=started)
    mark_no_show(reservation_id=late.pk, actor=Actor())
    assert state(entry) == "contacted"


def test_a_closure_that_is_gone(room: Resource) -> None:
    closure = AvailabilityOverride.objects.create(venue=room.venue, starts_on=day(), ends_on=day())
    entry = wait(room)
    assert state(entry) == "waiting"
    closure.delete()
    assert state(entry) == "contacted"


def test_a_block_that_is_gone(room: Resource) -> None:
    staff = make_member(room.venue)
    block = block_time(
        venue_id=room.venue_id,
        items=all_units_of([room.pk]),
        start=local(7, 8),
        end=local(7, 20),
        title="Repair",
        purpose=Purpose.BLOCK,
        actor=Actor(staff, Source.STAFF),
    )
    entry = wait(room)
    cancel(block)
    assert state(entry) == "contacted"


def test_priority_then_sign_up_order(room: Resource, booked: Reservation) -> None:
    first, second = wait(room, "bea"), wait(room, "cem")
    important = wait(room, "dan")
    WaitlistEntry.objects.filter(pk=important.pk).update(priority=5)

    cancel(booked)
    assert [state(each) for each in (first, second, important)] == ["waiting", "waiting", "contacted"]
    decline_offer(offer_id=open_offer(important).pk, actor=Actor())
    assert [state(each) for each in (first, second, important)] == ["contacted", "waiting", "waiting"]
    assert WaitlistEntry.objects.get(pk=second.pk).skip_reason == "taken"


def test_who_does_not_fit_is_passed_over_with_a_reason(booked: Reservation, room: Resource) -> None:
    longer = wait(room, "bea", duration=120)
    book(room, local(7, 11))
    fits = wait(room, "cem")
    cancel(booked)
    assert (state(longer), state(fits)) == ("waiting", "contacted")
    assert WaitlistEntry.objects.get(pk=longer.pk).skip_reason == "taken"


def test_a_party_gets_all_its_places_or_none(room: Resource) -> None:
    pool = make_resource(units=10, capacity=10, units_by=UnitsBy.PERSON)
    two, three = (book(pool, local(7, 10), party_size=size) for size in (2, 3))
    book(pool, local(7, 10), party_size=5)
    large = wait(pool, "bea", party_size=5)
    small = wait(pool, "cem", party_size=2)
    cancel(two)
    assert (state(large), state(small)) == ("waiting", "contacted")
    decline_offer(offer_id=open_offer(small).pk, actor=Actor())
    WaitlistEntry.objects.filter(pk=small.pk).update(status="left")
    cancel(three)
    assert open_offer(large).reservation.allocations.get().units == 5


def test_any_of_a_group(room: Resource, booked: Reservation) -> None:
    other = make_resource(room.venue, rules=room.rules)
    taken = book(other, local(7, 10))
    group = make_group([room, other])
    entry = wait(room, resource_id=None, group_id=group.pk)
    cancel(taken)
    assert open_offer(entry).reservation.items.get().resource == other
    cancel(booked)
    assert WaitlistOffer.objects.count() == 1  # has an offer already


def test_members_are_offered_what_only_members_may_book(room: Resource, booked: Reservation) -> None:
    room.rules.audience = Audience.MEMBERS
    room.rules.save()
    member, superuser, anybody = make_member(room.venue), make_user(is_superuser=True), make_user()
    for each in (anybody, member, superuser):
        wait(room, customer=Customer.from_user(each), actor=Actor(member, Source.STAFF))

    cancel(booked)

    for each in (member, superuser):
        offered = WaitlistOffer.objects.get(outcome="open")
        assert offered.entry.customer == each
        decline_offer(offer_id=offered.pk, actor=Actor())
    stranger = WaitlistEntry.objects.get(customer=anybody)
    assert (stranger.status, stranger.skip_reason) == ("waiting", "members_only")


def test_an_offer_to_a_member_is_accepted_by_its_link(room: Resource, booked: Reservation) -> None:
    room.rules.audience = Audience.MEMBERS
    room.rules.save()
    member = make_member(room.venue)
    entry = wait(room, customer=Customer.from_user(member), actor=Actor(member))
    cancel(booked)
    accepted = accept_offer(offer_id=open_offer(entry).pk, actor=Actor())
    assert (accepted.status, accepted.customer) == (Status.CONFIRMED, member)


def test_accepting_books(room: Resource, booked: Reservation) -> None:
    entry = wait(room)
    cancel(booked)
    offer = open_offer(entry)
    accepted = accept_offer(offer_id=offer.pk, actor=Actor())
    again = accept_offer(offer_id=offer.pk, actor=Actor())
    assert (accepted.status, again.pk, state(entry)) == (Status.CONFIRMED, accepted.pk, "booked")
    assert accepted.customer_email == "bea@example.com"
    assert_never_overbooked()


def test_what_was_declined_is_not_offered_again(room: Resource, booked: Reservation) -> None:
    entry = wait(room)
    cancel(booked)
    decline_offer(offer_id=open_offer(entry).pk, actor=Actor())
    call_command("tick")
    assert (state(entry), entry.offers.count()) == ("waiting", 1)
    book(room, local(7, 10))


def test_an_unanswered_offer_moves_on(room: Resource, booked: Reservation) -> None:
    first, second = wait(room, "bea"), wait(room, "cem")
    cancel(booked)
    offer = open_offer(first)
    past = now() - timedelta(seconds=1)
    WaitlistOffer.objects.filter(pk=offer.pk).update(deadline_at=past)
    Reservation.objects.filter(pk=offer.reservation_id).update(expires_at=past)
    Allocation.objects.filter(reservation=offer.reservation_id).update(expires_at=int(past.timestamp()))

    call_command("tick")

    assert (state(first), state(second)) == ("expired", "contacted")
    assert WaitlistOffer.objects.get(pk=offer.pk).outcome == "expired"
    assert_never_overbooked()


def test_over_http(client: Client, room: Resource, booked: Reservation) -> None:
    user = make_user()
    client.force_login(user)
    entry = wait(room, customer=Customer.from_user(user))
    other = wait(room, "cem")
    cancel(booked)
    address = f"/api/waitlist/{entry.pk}"
    shown = client.get(address).json()
    offer = shown["offer"]

    assert (shown["status"], offer["start"]) == ("contacted", local(7, 10).isoformat())
    assert post(client, f"/api/waitlist/{other.pk}/offers/{offer['id']}/accept").status_code == 404
    declined = post(client, f"{address}/offers/{offer['id']}/decline").json()
    assert (declined["status"], declined["offer"]) == ("waiting", None)
    late = post(client, f"{address}/offers/{offer['id']}/accept")
    assert (late.status_code, late.json()["code"]) == (409, "offer_expired")
    client.force_login(make_member(room.venue))
    theirs = client.get(f"/api/waitlist/{other.pk}").json()["offer"]
    accepted = post(client, f"/api/waitlist/{other.pk}/offers/{theirs['id']}/accept").json()
    assert accepted["status"] == "booked"


def test_leaving_gives_the_time_to_the_next(client: Client, room: Resource, booked: Reservation) -> None:
    user = make_user()
    client.force_login(user)
    first, second = wait(room, customer=Customer.from_user(user)), wait(room, "cem")
    cancel(booked)
    assert client.delete(f"/api/waitlist/{first.pk}").json()["status"] == "left"
    assert (state(first), state(second)) == ("left", "contacted")


def test_waiting_ends_with_the_day_at_the_venue() -> None:
    """In Kiritimati it is tomorrow while it is still yesterday in Honolulu."""
    noon = datetime.combine(day(), time(12), UTC)
    ended, waits = (
        join(make_resource(make_venue(time_zone=zone))) for zone in ("Pacific/Kiritimati", "Pacific/Honolulu")
    )
    assert expire_entries(now=noon - timedelta(days=1)) == 0
    assert expire_entries(now=noon + timedelta(hours=1)) == 1
    assert expire_entries(now=noon + timedelta(hours=1)) == 0
    ended.refresh_from_db()
    waits.refresh_from_db()
    assert (ended.status, waits.status) == (WaitlistStatus.EXPIRED, WaitlistStatus.WAITING)
    assert not Message.objects.filter(kind="waitlist_expired", subject_id=str(ended.pk)).exists()


def test_who_has_an_offer_answers_it_whatever_the_date() -> None:
    entry = join(make_resource())
    offer(entry)
    assert expire_entries(now=datetime.combine(day(30), time(12), UTC)) == 0
    entry.refresh_from_db()
    assert entry.status == WaitlistStatus.WAITING
