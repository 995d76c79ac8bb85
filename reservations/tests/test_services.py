"""Holding, approving, moving, cancelling: what is written and what is refused."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from common import clock
from common.errors import InvalidInput
from reservations.domain.values import Actor
from reservations.enums import EventKind, Source, Status
from reservations.exceptions import (
    BookingRefused,
    HoldExpired,
    SlotTaken,
    StaleVersion,
    TransitionNotAllowed,
)
from reservations.models import Allocation, Reservation
from reservations.selectors import balance
from reservations.services import (
    cancel_reservation,
    cancellation_preview,
    confirm_hold,
    confirm_reservation,
    decline_reservation,
    expire_overdue_holds,
    record_payment,
    reschedule_reservation,
)
from reservations.tests.service_helpers import occupied, venue_with
from resources.enums import Approval
from tests.factories import (
    GUEST,
    at,
    book,
    hold,
    make_member,
    make_policy,
    make_resource,
    make_venue,
    open_always,
    payments_for,
)

pytestmark = pytest.mark.django_db


def expire(reservation: Reservation) -> None:
    """Moves the hold's end, not the clock: the database judges it."""
    Reservation.objects.filter(pk=reservation.pk).update(expires_at=at(-1))
    Allocation.objects.filter(reservation=reservation).update(expires_at=1)


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

    first.refresh_from_db()
    assert balance(first) == 0
    assert payments_for(first).filter(kind="refund").count() == 1
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


def test_whoever_would_get_nothing_back_cannot_move() -> None:
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
    reservation.refresh_from_db()
    now = reservation.starts_at - timedelta(hours=hours_left)

    preview = cancellation_preview(reservation, now=now)
    cancelled, terms = cancel_reservation(reservation_id=reservation.pk, actor=Actor(), now=now)

    assert terms == preview
    assert (str(terms.fee), terms.fee + terms.refund) == (fee, reservation.total_amount)
    assert balance(cancelled) == terms.fee
    again, settled = cancel_reservation(reservation_id=reservation.pk, actor=Actor(), now=now)
    assert (payments_for(again).count(), settled) == (2 if terms.refund else 1, terms)


def test_unpaid_fees_stay_due_and_nothing_is_returned() -> None:
    venue, rules = venue_with()
    room = make_resource(venue, rules=rules, cancellation_policy=make_policy(venue, (9999, "100", "0")))
    reservation = book(room)

    _, terms = cancel_reservation(reservation_id=reservation.pk, actor=Actor())

    assert [terms.fee, terms.refund, terms.due] == [Decimal(25), Decimal(0), Decimal(25)]
    assert not payments_for(reservation).exists()


@pytest.mark.once
@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "25.01"])
def test_odd_payments_are_refused(amount: str) -> None:
    reservation = book(make_resource())
    with pytest.raises(InvalidInput):
        record_payment(reservation_id=reservation.pk, amount=Decimal(amount), actor=Actor())
    assert not payments_for(reservation).exists()


def test_the_terms_of_booking_day_apply() -> None:
    venue, rules = venue_with()
    policy = make_policy(venue, (1, "100", "0"))
    reservation = book(make_resource(venue, rules=rules, cancellation_policy=policy))
    policy.tiers.update(refund_percentage=0)

    assert cancellation_preview(reservation, now=clock.now()).fee == 0
