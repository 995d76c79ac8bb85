"""Facilitators see what they lead and nothing else; what is stored about people goes with them."""

from typing import Any

import pytest
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse

from accounts import privacy
from accounts.privacy import Traces, person_of
from classes import services
from classes.models import Facilitator, PassKind, SeatBooking, Session
from classes.permissions import (
    can_create,
    can_manage,
    can_see_pay,
    can_settle_pay,
    can_substitute,
    can_view,
    can_view_booking,
    leads,
)
from classes.services import register_facilitator
from classes.tests.helpers import STAFF, House, make_house, take
from common.clock import now
from reservations.models import Reservation
from reservations.services import make_rule, remove_history
from resources.enums import Role
from resources.models import VenueMembership
from tests.factories import at, make_member, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_house()


def test_each_sees_and_manages_their_own(house: House) -> None:
    john = house.add_facilitator()
    mine, theirs = house.add_session(), house.add_session(at(8), facilitator=john)
    draft = house.add_session(at(9), is_published=False)
    seat, other = take(mine), take(theirs)
    mia, customer = house.mia.user, seat.customer
    assert customer is not None
    pending = register_facilitator(venue=house.venue, user=make_user())
    staff, stranger = make_member(house.venue), make_house().mia.user
    expected: dict[str, tuple[Any, list[bool]]] = {
        "facilitator": (mia, [True, True, False, True, True, False, True]),
        "colleague": (john.user, [False, False, True, False, False, True, False]),
        "unapproved": (pending.user, [False] * 7),
        "customer": (customer, [False, False, False, False, True, False, False]),
        "staff": (staff, [True] * 6 + [False]),
        "manager": (make_member(house.venue, Role.MANAGER), [True] * 7),
        "elsewhere": (stranger, [False] * 7),
    }
    for name, (user, answers) in expected.items():
        found = [
            can_manage(user, mine),
            can_view(user, draft),
            can_manage(user, theirs),
            can_create(user, house.mia),
            can_view_booking(user, seat),
            can_view_booking(user, other),
            can_see_pay(user, house.mia),
        ]
        assert found == answers, name
        assert can_view(user, mine)
    # The same scope holds at the kernel's doors.
    led = set(Reservation.objects.visible_to(mia).values_list("pk", flat=True))
    assert led == {mine.reservation_id, draft.reservation_id, seat.reservation_id}
    assert set(Session.objects.managed_by(mia)) == {mine, draft}
    assert Session.objects.managed_by(staff).count() == 3
    assert not can_substitute(john.user, mine, john)
    payers = [can_settle_pay(user, house.venue.pk) for user in (mia, staff)]
    assert payers == [False, False]
    asked, _colleagues = services.ask_for_substitute(session_id=mine.pk, actor=STAFF)
    assert can_substitute(john.user, asked, john)
    services.substitute(session_id=mine.pk, facilitator=john, actor=STAFF)
    assert not leads(mia, Session.objects.get(pk=mine.pk))
    assert not Reservation.objects.visible_to(mia).filter(pk=seat.reservation_id).exists()


def test_becoming_a_facilitator(house: House) -> None:
    user = make_user()
    profile = register_facilitator(venue=house.venue, user=user, bio="Calm", specialization="Yin")
    assert (profile.is_approved, profile.resource) == (False, None)
    assert register_facilitator(venue=house.venue, user=user, bio="Other") == profile
    approved = services.approve_facilitator(facilitator=profile)
    assert approved.resource is not None
    assert (approved.resource.person, approved.resource.is_listed) == (user, False)
    assert services.approve_facilitator(facilitator=approved).resource == approved.resource
    services.change_profile(facilitator=approved, bio="Calmer", is_public=False)
    assert list(Facilitator.objects.public()) == [house.mia]


def test_what_is_stored_about_somebody_goes_with_them(house: House) -> None:
    session, user = house.add_session(), make_user()
    kind = PassKind.objects.create(venue=house.venue, name="Five", credits=5, price=50)
    services.sell_pass(kind_id=kind.pk, customer=user, actor=STAFF, is_paid=True)
    take(session, user, notes="Bad knee")
    person, part = person_of(user), privacy.parts["classes"]
    document = part.read(person)
    assert [row["notes"] for row in document["classes"]] == ["Bad knee"]
    assert [row["left"] for row in document["passes"]] == [5]
    assert part.losses(person) == ["5 credits of your passes."]
    assert part.obstacles(person_of(house.mia.user)) == [
        "You still lead 1 session. Find a substitute or cancel it first."
    ]
    part.erase(person, Traces(frozenset(), frozenset()))
    part.erase(person_of(house.mia.user), Traces(frozenset(), frozenset()))
    assert list(SeatBooking.objects.values_list("notes", "guest_key")) == [("", "")]
    assert list(Facilitator.objects.values_list("name", "bio")) == [("", "")]


def test_who_has_left_is_offered_to_nobody_and_keeps_their_name(house: House) -> None:
    john = house.add_facilitator("John")
    house.add_facilitator("Anna")
    past = house.add_session(facilitator=john)
    address = reverse("classes-venue", args=[house.venue.slug])
    guest, listed = Client(), "/api/facilitators"

    def read_names() -> set[str]:
        return {row["name"] for row in guest.get(listed).json()["results"]}

    def is_offered() -> bool:
        return f'value="{john.pk}"' in guest.get(address).content.decode()

    assert ("John" in read_names(), is_offered()) == (True, True)
    VenueMembership.objects.filter(user=john.user).delete()
    assert (read_names(), is_offered()) == ({"Mia", "Anna"}, False)
    page = guest.get(reverse("classes-session", args=[house.venue.slug, past.pk])).content.decode()
    assert "John" in page


def test_what_was_over_long_ago_may_go(house: House) -> None:
    session = house.add_session()
    take(session), take(session)
    with pytest.raises(ProtectedError):
        Reservation.objects.all().delete()
    later = now().replace(year=now().year + 2)
    rule = make_rule(house.venue, months=3, paid_months=0, archive=None, now=later)
    Reservation.objects.update(updated_at=session.ends_at)
    for _ in range(2):  # seats first, then what they were in
        remove_history(rule, now=later, limit=100)
    assert (Reservation.objects.count(), SeatBooking.objects.count(), Session.objects.count()) == (0, 0, 0)


def test_whoever_gave_no_name_is_not_shown_by_their_address(house: House) -> None:
    user = make_user(email="ada.lovelace@example.com", first_name="", last_name="")
    profile = register_facilitator(venue=house.venue, user=user, is_approved=True)
    assert profile.name == "ada.lovelace"
    assert profile.resource is not None
    assert profile.resource.name == "ada.lovelace"
