"""Holding, approving, moving, cancelling, attending: what is written and what is refused."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from common import clock
from common.errors import IdempotencyMismatch, InvalidInput
from reservations.enums import TRANSITIONS, EventKind, Source, Status
from reservations.exceptions import (
    BookingRefused,
    CapacityReached,
    HoldExpired,
    SlotTaken,
    StaleVersion,
    TransitionNotAllowed,
)
from reservations.models import Allocation, Reservation
from reservations.services import (
    balance,
    cancel_reservation,
    cancellation_preview,
    check_in,
    complete_reservation,
    confirm_hold,
    confirm_reservation,
    decline_reservation,
    expire_overdue_holds,
    mark_no_show,
    record_payment,
    release_no_shows,
    reschedule_reservation,
)
from reservations.services.recording import set_status
from reservations.services.values import Actor, Customer, ItemRequest
from resources.enums import Approval, Audience, ChoiceRule, Period, UnitsBy
from tests.factories import (
    GUEST,
    at,
    book,
    hold,
    make_group,
    make_member,
    make_policy,
    make_resource,
    make_rules,
    make_user,
    make_venue,
    make_whole,
    open_always,
)

pytestmark = pytest.mark.django_db


def venue_with(**rules: Any) -> Any:
    venue = make_venue()
    open_always(venue)
    return venue, make_rules(venue, **rules)


def expire(reservation: Reservation) -> None:
    """Moves the hold's end, not the clock: the database judges it."""
    Reservation.objects.filter(pk=reservation.pk).update(expires_at=at(-1))
    Allocation.objects.filter(reservation=reservation).update(expires_at=1)


def occupied(reservation: Reservation) -> list[tuple[int | None, int | None]]:
    return list(reservation.allocations.values_list("b0", "b1"))


# --- Holds --------------------------------------------------------------------------------------


def test_a_hold_keeps_the_time_as_long_as_the_rules_say() -> None:
    venue, rules = venue_with(hold_minutes=7)
    room = make_resource(venue, rules=rules)

    held = hold(room)

    assert held.expires_at is not None
    assert timedelta(minutes=6) < held.expires_at - clock.now() <= timedelta(minutes=7)
    with pytest.raises(SlotTaken) as refused:
        book(room)
    assert refused.value.code == "held"


def test_an_expired_hold_gives_way_without_any_job() -> None:
    room = make_resource()
    held = hold(room)
    expire(held)

    book(room)

    with pytest.raises(HoldExpired):
        confirm_hold(reservation_id=held.pk, customer=GUEST, actor=Actor())
    held.refresh_from_db()
    assert held.status == Status.HELD
    assert expire_overdue_holds(now=clock.now()) == 1
    held.refresh_from_db()
    assert held.status == Status.EXPIRED


def test_the_sweeper_leaves_bookings_and_live_holds_alone() -> None:
    room = make_resource()
    booked, live = hold(room, at(7, 10)), hold(room, at(7, 12))
    confirm_hold(reservation_id=booked.pk, customer=GUEST, actor=Actor())

    assert expire_overdue_holds(now=clock.now()) == 0
    live.refresh_from_db()
    assert live.status == Status.HELD


# --- Approval -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "party", "minutes", "status"),
    [
        ({"approval": Approval.INSTANT}, 8, 240, Status.CONFIRMED),
        ({"approval": Approval.MANUAL}, 1, 30, Status.PENDING),
        ({"approval": Approval.CONDITIONAL, "approval_party_size": 6}, 5, 240, Status.CONFIRMED),
        ({"approval": Approval.CONDITIONAL, "approval_party_size": 6}, 6, 30, Status.PENDING),
        ({"approval": Approval.CONDITIONAL, "approval_duration": 180}, 8, 150, Status.CONFIRMED),
        ({"approval": Approval.CONDITIONAL, "approval_duration": 180}, 1, 180, Status.PENDING),
    ],
)
def test_approval(rules: dict[str, Any], party: int, minutes: int, status: Status) -> None:
    venue, made = venue_with(**rules)
    room = make_resource(venue, rules=made)

    assert book(room, minutes=minutes, party_size=party).status == status


def test_a_pending_request_keeps_its_time_until_it_is_declined() -> None:
    venue, rules = venue_with(approval=Approval.MANUAL)
    room = make_resource(venue, rules=rules)
    first = book(room)
    with pytest.raises(SlotTaken):
        book(room)
    record_payment(reservation_id=first.pk, amount=Decimal(10), actor=Actor())

    decline_reservation(reservation_id=first.pk, actor=Actor(), reason="Closed party")

    assert balance(first) == 0
    second = book(room)
    assert confirm_reservation(reservation_id=second.pk, actor=Actor()).status == Status.CONFIRMED
    with pytest.raises(TransitionNotAllowed):
        confirm_reservation(reservation_id=first.pk, actor=Actor())


# --- Moving -------------------------------------------------------------------------------------


def test_moving_over_itself_prices_anew_and_writes_history() -> None:
    room = make_resource()
    reservation = book(room, at(7, 10), 60)

    moved = reschedule_reservation(
        reservation_id=reservation.pk, start=at(7, 10, 30), end=at(7, 12), actor=Actor()
    )

    assert moved.total_amount == Decimal("37.50")
    event = moved.events.last()
    assert event is not None
    assert event.kind == EventKind.RESCHEDULED
    assert event.changes["total_amount"] == ["25.00", "37.50"]
    assert occupied(moved) == [(at(7, 10, 30).timestamp() / 60, at(7, 12).timestamp() / 60)]


def test_a_refused_move_keeps_the_old_time_and_names_free_ones() -> None:
    room = make_resource()
    reservation = book(room, at(7, 10))
    book(room, at(7, 12))
    before = occupied(reservation)

    with pytest.raises(SlotTaken) as refused:
        reschedule_reservation(reservation_id=reservation.pk, start=at(7, 12), end=at(7, 13), actor=Actor())

    reservation.refresh_from_db()
    assert (reservation.starts_at, occupied(reservation)) == (at(7, 10), before)
    assert at(7, 11) in refused.value.extra["alternatives"]


def test_a_moved_booking_needs_approval_again_unless_staff_move_it() -> None:
    venue, rules = venue_with(approval=Approval.MANUAL)
    room = make_resource(venue, rules=rules)
    staff = Actor(make_member(venue), Source.STAFF)
    reservation = book(room, at(7, 10))
    confirm_reservation(reservation_id=reservation.pk, actor=staff)

    by_staff = reschedule_reservation(reservation_id=reservation.pk, start=at(8), end=at(8, 11), actor=staff)
    assert by_staff.status == Status.CONFIRMED
    by_customer = reschedule_reservation(
        reservation_id=reservation.pk, start=at(9), end=at(9, 11), actor=Actor()
    )
    assert by_customer.status == Status.PENDING


def test_moving_is_no_way_around_the_cancellation_fee() -> None:
    venue, rules = venue_with()
    room = make_resource(venue, rules=rules, cancellation_policy=make_policy(venue, (9999, "100", "0")))
    reservation = book(room)

    with pytest.raises(BookingRefused) as refused:
        reschedule_reservation(reservation_id=reservation.pk, start=at(9), end=at(9, 11), actor=Actor())
    assert refused.value.code == "too_late_to_change"


def test_stale_versions_are_refused() -> None:
    reservation = book(make_resource())
    reschedule_reservation(
        reservation_id=reservation.pk, start=at(8), end=at(8, 11), actor=Actor(), version=1
    )
    with pytest.raises(StaleVersion):
        cancel_reservation(reservation_id=reservation.pk, actor=Actor(), version=1)


# --- Cancelling and money -----------------------------------------------------------------------

TIERS = ((48, "100", "0"), (24, "33.33", "0"), (2, "50", "12.34"))


@pytest.mark.parametrize(
    ("currency", "rate", "hours_left", "fee"),
    [
        ("EUR", "33.33", 72, "0.00"),
        ("EUR", "33.33", 48, "0.00"),
        ("EUR", "33.33", 47, "22.22"),
        ("EUR", "33.33", 24, "22.22"),
        ("EUR", "33.33", 3, "29.00"),
        ("EUR", "20.00", 3, "20.00"),
        ("EUR", "33.33", 1, "33.33"),
        ("JPY", "1001", 30, "667"),
        ("KWD", "1.005", 30, "0.670"),
    ],
)
def test_fees_and_refunds_are_exact(currency: str, rate: str, hours_left: int, fee: str) -> None:
    venue = make_venue(currency=currency)
    open_always(venue)
    room = make_resource(venue, hourly_rate=Decimal(rate), cancellation_policy=make_policy(venue, *TIERS))
    reservation = book(room)
    record_payment(reservation_id=reservation.pk, amount=reservation.total_amount, actor=Actor())
    now = reservation.starts_at - timedelta(hours=hours_left)

    preview = cancellation_preview(reservation, now=now)
    cancelled, terms = cancel_reservation(reservation_id=reservation.pk, actor=Actor(), now=now)

    assert terms == preview
    assert (str(terms.fee), terms.fee + terms.refund) == (fee, reservation.total_amount)
    assert balance(cancelled) == terms.fee
    again, settled = cancel_reservation(reservation_id=reservation.pk, actor=Actor(), now=now)
    assert (again.payments.count(), settled) == (2 if terms.refund else 1, terms)


def test_unpaid_fees_stay_due_and_nothing_is_returned() -> None:
    venue, rules = venue_with()
    room = make_resource(venue, rules=rules, cancellation_policy=make_policy(venue, (9999, "100", "0")))
    reservation = book(room)

    _, terms = cancel_reservation(reservation_id=reservation.pk, actor=Actor())

    assert [terms.fee, terms.refund, terms.due] == [Decimal(25), Decimal(0), Decimal(25)]
    assert not reservation.payments.exists()


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "25.01"])
def test_odd_payments_are_refused(amount: str) -> None:
    reservation = book(make_resource())
    with pytest.raises(InvalidInput):
        record_payment(reservation_id=reservation.pk, amount=Decimal(amount), actor=Actor())
    assert not reservation.payments.exists()


def test_the_terms_of_booking_day_apply() -> None:
    venue, rules = venue_with()
    policy = make_policy(venue, (1, "100", "0"))
    reservation = book(make_resource(venue, rules=rules, cancellation_policy=policy))
    policy.tiers.update(refund_percentage=0)

    assert cancellation_preview(reservation, now=clock.now()).fee == 0


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
