"""Attending, several things at once, limits, repeated requests: what is written and what is refused."""

from datetime import timedelta

import pytest

from common import clock
from common.errors import IdempotencyMismatch
from reservations.domain.history import set_status
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.enums import TRANSITIONS, EventKind, Source, Status
from reservations.exceptions import (
    BookingRefused,
    CapacityReached,
    SlotTaken,
    TransitionNotAllowed,
)
from reservations.models import Reservation
from reservations.services import (
    cancel_reservation,
    check_in,
    complete_reservation,
    mark_no_show,
    release_no_shows,
)
from reservations.tests.service_helpers import occupied, venue_with
from resources.enums import Audience, ChoiceRule, Period, UnitsBy
from tests.factories import (
    GUEST,
    at,
    book,
    make_group,
    make_member,
    make_resource,
    make_user,
    make_whole,
)

pytestmark = pytest.mark.django_db


# --- On the day ---------------------------------------------------------------------------------


def test_check_in_opens_in_time_and_a_visit_completes() -> None:
    reservation = book(make_resource())
    start = reservation.starts_at
    with pytest.raises(BookingRefused) as refused:
        check_in(reservation_id=reservation.pk, actor=Actor(), now=start - timedelta(minutes=31))
    assert refused.value.code == "check_in_closed"

    check_in(reservation_id=reservation.pk, actor=Actor(), now=start - timedelta(minutes=30))
    done = complete_reservation(reservation_id=reservation.pk, actor=Actor(), now=start)

    assert done.status == Status.COMPLETED
    assert occupied(done)[0][0] is not None
    with pytest.raises(TransitionNotAllowed):
        cancel_reservation(reservation_id=reservation.pk, actor=Actor())


def test_a_no_show_frees_the_time_and_may_still_come_while_it_is_free() -> None:
    room = make_resource()
    reservation = book(room)
    late = reservation.starts_at + timedelta(minutes=20)
    with pytest.raises(BookingRefused):
        mark_no_show(reservation_id=reservation.pk, actor=Actor(), now=at(6))
    mark_no_show(reservation_id=reservation.pk, actor=Actor(), now=late)
    assert occupied(reservation) == [(None, None)]

    came = check_in(reservation_id=reservation.pk, actor=Actor(), now=late)
    assert came.status == Status.CHECKED_IN
    assert occupied(came)[0][0] is not None


def test_a_late_guest_finds_the_table_given_away() -> None:
    room = make_resource()
    reservation = book(room)
    late = reservation.starts_at + timedelta(minutes=20)
    mark_no_show(reservation_id=reservation.pk, actor=Actor(), now=late)
    book(room)

    with pytest.raises(SlotTaken):
        check_in(reservation_id=reservation.pk, actor=Actor(), now=late)
    reservation.refresh_from_db()
    assert reservation.status == Status.NO_SHOW


def test_ghost_bookings_are_released_by_themselves() -> None:
    venue, rules = venue_with(release_after=15)
    ghost, here = (book(make_resource(venue, rules=rules)) for _ in range(2))
    start = ghost.starts_at
    check_in(reservation_id=here.pk, actor=Actor(), now=start)

    assert release_no_shows(now=start + timedelta(minutes=14)) == 0
    assert release_no_shows(now=start + timedelta(minutes=15)) == 1
    ghost.refresh_from_db()
    assert ghost.status == Status.NO_SHOW


@pytest.mark.once
@pytest.mark.parametrize("old", list(Status))
@pytest.mark.parametrize("new", list(Status))
def test_only_listed_transitions_happen(old: Status, new: Status) -> None:
    reservation = Reservation(status=old)
    if new not in TRANSITIONS[old]:
        with pytest.raises(TransitionNotAllowed):
            set_status(reservation, new, kind=EventKind.EDITED, actor=Actor(), now=clock.now())
        assert reservation.status == old
        return
    saved = book(make_resource())
    saved.status = old
    set_status(saved, new, kind=EventKind.EDITED, actor=Actor(), now=clock.now())
    last = saved.events.last()
    assert last is not None
    assert (last.old_status, last.new_status) == (old, new)


# --- Several resources, groups, units, limits ----------------------------------------------------


def test_several_resources_are_booked_together_or_not_at_all() -> None:
    venue, rules = venue_with()
    rooms = [make_resource(venue, rules=rules) for _ in range(3)]
    book(rooms[2])
    items = [ItemRequest(room.pk) for room in rooms]

    with pytest.raises(SlotTaken):
        book(rooms[0], items=items)
    assert Reservation.objects.count() == 1

    both = book(rooms[0], items=items[:2])
    assert both.total_amount == 50
    assert both.allocations.count() == 2


def test_a_whole_takes_its_leaves_and_only_them() -> None:
    venue, rules = venue_with()
    courts = [make_resource(venue, rules=rules) for _ in range(2)]
    hall = make_whole(courts)
    house = make_whole([hall])

    everything = book(house)

    assert {each.resource_id for each in everything.allocations.all()} == {court.pk for court in courts}
    with pytest.raises(SlotTaken) as refused:
        book(hall)
    assert refused.value.code == "part_taken"
    with pytest.raises(SlotTaken):
        book(courts[0])


@pytest.mark.parametrize(
    ("rule", "party", "chosen"),
    [(ChoiceRule.IN_ORDER, 2, 0), (ChoiceRule.BEST_FIT, 2, 2), (ChoiceRule.BEST_FIT, 5, 0)],
)
def test_any_available_by_the_stated_rule(rule: ChoiceRule, party: int, chosen: int) -> None:
    venue, rules = venue_with()
    rooms = [make_resource(venue, rules=rules, capacity=capacity) for capacity in (8, 20, 4)]
    group = make_group(rooms, rule)

    booked = book(rooms[0], items=[ItemRequest(group_id=group.pk)], party_size=party)

    assert booked.items.get().resource == rooms[chosen]
    assert booked.items.get().group == group


def test_any_available_spreads_by_booked_minutes_and_ends_with_a_refusal() -> None:
    venue, rules = venue_with()
    rooms = [make_resource(venue, rules=rules) for _ in range(2)]
    group = make_group(rooms, ChoiceRule.LEAST_BOOKED)
    book(rooms[0], at(7, 8), 90)
    item = [ItemRequest(group_id=group.pk)]

    assert [book(rooms[0], items=item).items.get().resource for _ in range(2)] == [rooms[1], rooms[0]]
    with pytest.raises(SlotTaken):
        book(rooms[0], items=item)


def test_units_by_person_and_by_quantity() -> None:
    venue, rules = venue_with()
    studio = make_resource(venue, rules=rules, units=10, units_by=UnitsBy.PERSON, capacity=10)
    bikes = make_resource(venue, rules=rules, units=10)

    book(studio, party_size=7)
    book(bikes, items=[ItemRequest(bikes.pk, quantity=7)])

    for resource, wish in (
        (studio, {"party_size": 4}),
        (bikes, {"items": [ItemRequest(bikes.pk, quantity=4)]}),
    ):
        with pytest.raises(CapacityReached):
            book(resource, **wish)
    assert book(studio, party_size=3).total_amount == 75


def test_a_customer_keeps_to_the_limits_with_and_without_account() -> None:
    venue, rules = venue_with(max_active_per_customer=2)
    room = make_resource(venue, rules=rules)
    user = make_user(GUEST.email)
    book(room, at(7, 8))
    book(room, at(7, 10), customer=Customer.from_user(user))

    for customer in (GUEST, Customer.from_user(user)):
        with pytest.raises(BookingRefused) as refused:
            book(room, at(7, 12), customer=customer)
        assert refused.value.code == "limit_reached"
    book(room, at(7, 12), customer=Customer(name="Other", email="other@example.com"))


def test_limits_per_period_count_by_the_venues_calendar() -> None:
    venue, rules = venue_with(max_per_period=1, limit_period=Period.DAY)
    room = make_resource(venue, rules=rules)
    book(room, at(7, 21))  # still that day in Berlin

    with pytest.raises(BookingRefused):
        book(room, at(7, 8))
    book(room, at(7, 23))  # past midnight in Berlin


@pytest.mark.once
@pytest.mark.parametrize(
    ("audience", "who", "code"),
    [
        (Audience.SIGNED_IN, "guest", "sign_in_required"),
        (Audience.SIGNED_IN, "customer", None),
        (Audience.MEMBERS, "customer", "members_only"),
        (Audience.MEMBERS, "member", None),
    ],
)
def test_who_may_book(audience: Audience, who: str, code: str | None) -> None:
    venue, rules = venue_with(audience=audience)
    room = make_resource(venue, rules=rules)
    user = {"guest": None, "customer": make_user(), "member": make_member(venue)}[who]
    if code is None:
        assert book(room, actor=Actor(user)).status == Status.CONFIRMED
        return
    with pytest.raises(BookingRefused) as refused:
        book(room, actor=Actor(user))
    assert refused.value.code == code


def test_staff_may_book_at_short_notice_but_not_over_others() -> None:
    venue, rules = venue_with(min_notice=100_000)
    room = make_resource(venue, rules=rules)
    staff = Actor(make_member(venue), Source.STAFF)
    with pytest.raises(BookingRefused):
        book(room)

    book(room, actor=staff)
    with pytest.raises(SlotTaken):
        book(room, actor=staff)


# --- Idempotency --------------------------------------------------------------------------------


def test_a_repeated_request_gets_the_same_answer_and_another_one_is_refused() -> None:
    room = make_resource()
    first = book(room, idempotency_key="once")

    assert book(room, idempotency_key="once") == first
    with pytest.raises(IdempotencyMismatch):
        book(room, at(8), idempotency_key="once")
    assert Reservation.objects.count() == 1


def test_a_refused_request_does_not_use_up_its_key() -> None:
    room = make_resource()
    rival = book(room)
    with pytest.raises(SlotTaken):
        book(room, idempotency_key="again")
    cancel_reservation(reservation_id=rival.pk, actor=Actor())

    assert book(room, idempotency_key="again").status == Status.CONFIRMED
