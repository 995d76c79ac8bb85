"""Who leads a session, and where, when that changes: nobody is asked, told or named who should not be."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from accounts.services.closing import close_account
from classes import services
from classes.enums import PlaceKind
from classes.exceptions import LeftTheTeam
from classes.messages import reminders
from classes.messages.names import ClassMessage
from classes.models import Facilitator
from classes.services.people import LONGEST_NAME
from classes.tests.helpers import STAFF, House, after, make_house, take
from classes.tests.test_calling_off import wait
from common.clock import now
from common.errors import InvalidInput
from notifications.models import Message
from notifications.services.delivering import deliver_due
from reservations.domain.values import Actor
from reservations.exceptions import TransitionNotAllowed
from resources.models import Resource, VenueMembership
from tests.factories import at, make_user
from waitlist.models import WaitlistEntry
from waitlist.services import offer_freed_capacity

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def house() -> House:
    return make_house()


def test_who_is_given_a_session_is_asked_for_no_substitute(house: House) -> None:
    session, john = house.add_session(at(3)), house.add_facilitator("John")
    anna = house.add_facilitator("Anna")
    services.ask_for_substitute(session_id=session.pk, actor=Actor(house.mia.user))
    services.change_session(session_id=session.pk, changes={"facilitator": john}, actor=STAFF)
    with pytest.raises(TransitionNotAllowed):
        services.accept_to_substitute(session_id=session.pk, facilitator=anna, actor=Actor(anna.user))
    services.substitute(session_id=session.pk, facilitator=anna, actor=STAFF)
    session.refresh_from_db()
    assert (session.facilitator, session.substitute_for) == (anna, john)
    # Back to whose it was, by the form.
    services.change_session(session_id=session.pk, changes={"facilitator": john}, actor=STAFF)
    session.refresh_from_db()
    assert (session.facilitator, session.substitute_for) == (john, None)


def test_who_has_left_the_team_teaches_nothing_new(house: House) -> None:
    john = house.add_facilitator("John")
    own, session = house.add_session(at(1), facilitator=john), house.add_session(at(3))
    VenueMembership.objects.filter(user=john.user).delete()
    _session, asked = services.ask_for_substitute(session_id=session.pk, actor=Actor(house.mia.user))
    assert asked == []
    acts: tuple[Callable[[], object], ...] = (
        lambda: services.substitute(session_id=session.pk, facilitator=john, actor=STAFF),
        lambda: services.change_session(session_id=session.pk, changes={"facilitator": john}, actor=STAFF),
        lambda: house.add_session(at(5), facilitator=john),
    )
    for act in acts:
        with pytest.raises(LeftTheTeam):
            act()
    # Nor is told who comes to what was theirs.
    take(own)
    with time_machine.travel(own.starts_at - timedelta(hours=1)):
        reminders.tell_of_tomorrow(now=now(), venue_id=house.venue.pk)
        deliver_due(now=now())
    told = Message.objects.filter(user=john.user_id)
    assert set(told.values_list("kind", "status")) == {
        (ClassMessage.BOOKED, "cancelled"),
        (ClassMessage.PEOPLE_TOMORROW, "cancelled"),
    }


def test_names_of_accounts_may_be_longer_than_those_of_teachers(house: House) -> None:
    for fields in ({"first_name": "x" * 150, "last_name": "y" * 150}, {"email": f"{'a' * 240}@example.com"}):
        profile = services.register_facilitator(venue=house.venue, user=make_user(**fields), is_approved=True)
        assert len(profile.name) == LONGEST_NAME


def test_who_closes_their_account_leaves_no_name(house: House) -> None:
    john, user = house.add_facilitator("John Unique"), make_user()
    asking = services.register_facilitator(venue=house.venue, user=user, name="Unique, too")
    for each in (john.user, user):
        close_account(user=each)
    assert not Facilitator.objects.filter(pk=asking.pk).exists()
    assert Facilitator.objects.get(pk=john.pk).name == ""
    now_and_before = [*Resource.objects.values("name", "slug"), *Resource.history.values("name", "slug")]
    assert len(now_and_before) > 2
    assert "unique" not in str(now_and_before).lower()


def test_a_lane_is_found_whatever_other_places_are_called(house: House) -> None:
    services.add_studio(venue=house.venue, name="Online 1", seats=5)
    session = house.add_session(at(1), place=None, place_kind=PlaceKind.ONLINE)
    assert (session.place.name, session.place.kind) == ("Online 2", PlaceKind.ONLINE)


def test_a_week_is_not_copied_into_a_studio_that_is_too_small(house: House) -> None:
    session = house.add_session(at(2), capacity=20)
    with after(session):
        services.resize_studio(studio=house.studio, seats=10)
        monday = session.local_start.date() - timedelta(days=session.local_start.weekday())
        week: Any = {
            "venue": house.venue,
            "monday": monday,
            "to": monday + timedelta(days=14),
            "actor": STAFF,
        }
        assert [(copy.is_free, copy.code) for copy in services.plan_copies(**week)] == [(False, "invalid")]
        with pytest.raises(InvalidInput):
            services.copy_week(**week)


def test_the_line_follows_the_clock_of_the_venue(house: House) -> None:
    session = house.add_session(at(20), capacity=1)
    seat, waiting = take(session), [wait(session) for _two in range(2)]
    assert house.venue.zone_name != "America/New_York"
    house.venue.time_zone = "America/New_York"
    house.venue.save()
    services.cancel_booking(booking_id=seat.pk, actor=STAFF)
    [offer] = offer_freed_capacity(venue_id=house.venue.pk)
    assert offer.entry == waiting[0]
    services.cancel_session(session_id=session.pk, actor=STAFF)
    statuses = WaitlistEntry.objects.order_by("created_at").values_list("status", flat=True)
    assert list(statuses) == ["called_off", "called_off"]
