"""An offered hold changes by another door than the offer's own; staff ask somebody to wait again."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from common.models import SweepFailure
from reservations.domain.values import Actor, Customer
from reservations.exceptions import BookingRefused
from reservations.services import (
    add_to_hold,
    cancel_reservation,
    confirm_hold,
    confirm_holds,
    expire_overdue_holds,
    extend_hold,
    release_hold,
    remove_from_hold,
)
from reservations.tests.api_helpers import post
from tests.factories import GUEST, make_member, make_resource, make_user
from waitlist.exceptions import OfferExpired
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.services import accept_offer, expire_offers, offer_freed_capacity
from waitlist.tests.helpers import join, offer, patch

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def offered(user: User) -> WaitlistOffer:
    """What is held for an account in a week."""
    return offer(join(make_resource(), customer=Customer.from_user(user)))


def state(row: WaitlistOffer) -> tuple[str, str]:
    row = WaitlistOffer.objects.select_related("entry").get(pk=row.pk)
    return row.outcome, row.entry.status


def cancel(row: WaitlistOffer) -> None:
    cancel_reservation(reservation_id=row.reservation_id, actor=Actor())


def release(row: WaitlistOffer) -> None:
    release_hold(reservation_id=row.reservation_id, actor=Actor())


def confirm(row: WaitlistOffer) -> None:
    confirm_hold(reservation_id=row.reservation_id, customer=GUEST, actor=Actor())


def confirm_cart(row: WaitlistOffer) -> None:
    confirm_holds(reservation_ids=[row.reservation_id], customer=GUEST, actor=Actor())


def let_expire(row: WaitlistOffer) -> None:
    assert expire_overdue_holds(now=row.deadline_at) == 1


@pytest.mark.parametrize(
    ("act", "ended"),
    [
        (cancel, ("declined", "waiting")),
        (release, ("declined", "waiting")),
        (confirm, ("accepted", "booked")),
        (confirm_cart, ("accepted", "booked")),
        (let_expire, ("expired", "expired")),
    ],
)
def test_an_offer_is_settled_whoever_changes_its_hold(
    offered: WaitlistOffer, act: Callable[[WaitlistOffer], None], ended: tuple[str, str]
) -> None:
    other = offer(join(make_resource()))

    act(offered)

    assert state(offered) == ended
    assert expire_offers(now=max(offered.deadline_at, other.deadline_at)) == 1  # the other one
    assert state(other) == ("expired", "expired")
    assert not SweepFailure.objects.exists()
    if ended[0] != "accepted":
        with pytest.raises(OfferExpired):
            accept_offer(offer_id=offered.pk, actor=Actor())


def test_by_the_api_too(client: Client, user: User, offered: WaitlistOffer) -> None:
    client.force_login(user)
    second = offer(join(make_resource(), customer=Customer.from_user(user)))
    cancelled = post(client, f"/api/reservations/{offered.reservation_id}/cancel")
    assert (cancelled.status_code, state(offered)) == (200, ("declined", "waiting"))
    confirmed = post(client, f"/api/holds/{second.reservation_id}/confirm")
    assert (confirmed.status_code, state(second)) == (200, ("accepted", "booked"))


def test_what_is_offered_cannot_be_kept_longer(offered: WaitlistOffer) -> None:
    rules = offered.reservation.items.get().resource.rules
    rules.hold_minutes = 300
    rules.save()
    with pytest.raises(BookingRefused) as refusal:
        extend_hold(reservation_id=offered.reservation_id, actor=Actor())
    assert (refusal.value.code, state(offered)) == ("hold_limit", ("open", "waiting"))


def test_an_offered_hold_does_not_become_one_of_something_else(offered: WaitlistOffer) -> None:
    reservation, room = offered.reservation, offered.entry.resource
    assert room is not None
    projector = make_resource(room.venue, rules=room.rules)
    add_to_hold(reservation_id=reservation.pk, resource_id=projector.pk, actor=Actor())

    with pytest.raises(BookingRefused) as refusal:
        remove_from_hold(reservation_id=reservation.pk, resource_id=room.pk, actor=Actor())

    assert refusal.value.code == "last_resource"
    remove_from_hold(reservation_id=reservation.pk, resource_id=projector.pk, actor=Actor())
    assert [item.resource_id for item in reservation.items.all()] == [room.pk]
    assert state(offered) == ("open", "waiting")


def test_it_stands_in_no_list_of_their_own(client: Client, user: User, offered: WaitlistOffer) -> None:
    client.force_login(user)
    day, venue = offered.reservation.local_start.date().isoformat(), offered.venue.slug
    lists = ("/api/reservations", "/api/reservations/my", reverse("my-reservations"), "/calendar/")
    calendars = [f"/calendar/{view}/{day}/?venue={venue}" for view in ("day", "week", "timeline")]
    for address in (*lists, *calendars, f"/api/calendar?venue={venue}&from={day}&to={day}"):
        answer = client.get(address, follow=True)
        assert str(offered.reservation_id) not in answer.content.decode(), address
        assert offered.reservation.code not in answer.content.decode(), address


@pytest.mark.once
def test_staff_see_what_is_held_for_somebody(client: Client, offered: WaitlistOffer) -> None:
    client.force_login(make_member(offered.venue))
    assert client.get("/api/reservations?source=waitlist").json()["count"] == 1


def by_api(client: Client, entry: WaitlistEntry) -> Any:
    return patch(client, entry.pk, {"status": "waiting"})


def by_admin(client: Client, entry: WaitlistEntry) -> Any:
    body = {"action": "mark_waiting", "confirmed": "1", "_selected_action": [str(entry.pk)]}
    return client.post(reverse("admin:waitlist_waitlistentry_changelist"), body, follow=True)


@pytest.mark.parametrize("ask_again", [by_api, by_admin])
def test_whoever_is_to_wait_again_loses_the_offer(
    client: Client, ask_again: Callable[[Client, WaitlistEntry], Any]
) -> None:
    entry = join(make_resource())
    made, *_others = offer_freed_capacity(venue_id=entry.venue_id)
    client.force_login(make_member(entry.venue))

    assert ask_again(client, entry).status_code == 200

    assert state(made) == ("declined", "waiting")
    made.reservation.refresh_from_db()
    assert made.reservation.status == "expired"
    again = offer_freed_capacity(venue_id=entry.venue_id)
    assert [each.entry_id for each in again] == [entry.pk]
    assert again[0].reservation.starts_at != made.reservation.starts_at
    assert not SweepFailure.objects.exists()
