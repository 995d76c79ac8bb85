"""Who waits is not offered a time at which they are elsewhere at the venue, where the rules look at that."""

import pytest

from reservations.domain.values import Actor
from reservations.exceptions import BookingRefused
from reservations.tests.api_helpers import local
from resources.models import Resource
from tests.factories import GUEST, book, make_resource, make_rules, make_venue, open_always
from waitlist.models import WaitlistEntry
from waitlist.services import accept_offer, offer_freed_capacity
from waitlist.tests.helpers import day, join

pytestmark = pytest.mark.django_db


@pytest.fixture
def rooms() -> list[Resource]:
    venue = make_venue()
    open_always(venue)
    rules = make_rules(venue, one_at_a_time=True)
    return [make_resource(venue, rules=rules) for _number in range(2)]


def wait(room: Resource, first: int, last: int) -> WaitlistEntry:
    at = [local(7, hour).time() for hour in (first, last)]
    return join(room, preferred_on=day(), earliest_time=at[0], latest_time=at[1], duration=60)


def test_the_first_time_at_which_they_are_free_is_offered(rooms: list[Resource]) -> None:
    here, there = rooms
    book(here, local(7, 10), 60, customer=GUEST)
    wait(there, 10, 12)
    (made,) = offer_freed_capacity(venue_id=there.venue_id)
    assert made.reservation.starts_at == local(7, 11)


def test_with_none_they_wait_on_and_staff_read_why(rooms: list[Resource]) -> None:
    here, there = rooms
    book(here, local(7, 10), 60, customer=GUEST)
    entry = wait(there, 10, 10)
    assert offer_freed_capacity(venue_id=there.venue_id) == []
    entry.refresh_from_db()
    assert (entry.status, entry.skip_reason) == ("waiting", "already_booked_then")


def test_an_offer_is_not_accepted_beside_what_was_booked_since(rooms: list[Resource]) -> None:
    here, there = rooms
    wait(there, 10, 10)
    (made,) = offer_freed_capacity(venue_id=there.venue_id)
    book(here, local(7, 10), 60, customer=GUEST)
    with pytest.raises(BookingRefused) as refused:
        accept_offer(offer_id=made.pk, actor=Actor())
    assert refused.value.code == "already_booked_then"
