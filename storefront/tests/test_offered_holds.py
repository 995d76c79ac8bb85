"""What the waitlist offers is shown as an offer, not as a booking."""

import pytest
from django.test import Client

from accounts.models import User
from calendars.entries import read_own_entries
from calendars.kinds import kinds
from calendars.models import CalendarFeed
from common.clock import epoch_minute, epoch_seconds, now
from reservations.availability import Moment
from reservations.domain.values import Actor, Customer
from reservations.models import Reservation
from storefront.my_bookings.listing import list_bookings
from tests.factories import make_resource, make_user
from waitlist.models import WaitlistOffer
from waitlist.services import accept_offer
from waitlist.tests.helpers import join, offer

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def offered(user: User) -> WaitlistOffer:
    return offer(join(make_resource(), customer=Customer.from_user(user)))


def test_what_is_offered_stands_in_no_list_of_ones_bookings(
    client: Client, user: User, offered: WaitlistOffer
) -> None:
    hold = offered.reservation
    moment = Moment(epoch_minute(now()), epoch_seconds(now()))
    span = (epoch_minute(hold.starts_at), epoch_minute(hold.ends_at))
    feed = kinds["customer"].reservations(CalendarFeed(owner=user, kind="customer"))

    def lists() -> list[int]:
        mine, own = (client.get(f"/api/reservations{path}").json() for path in ("/my", ""))
        return [
            mine["upcoming_count"],
            own["count"],
            len(read_own_entries(user, None, span, moment)),
            Reservation.objects.filter(feed).count(),
            list_bookings(user).count(),
        ]

    client.force_login(user)
    assert lists() == [0, 0, 0, 0, 0]
    accept_offer(offer_id=offered.pk, actor=Actor())
    assert lists() == [1, 1, 1, 1, 1]
