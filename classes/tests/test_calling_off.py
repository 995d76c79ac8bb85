"""Calling off and moving: everybody once, all or none, and nothing is offered that will not take place."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from classes import services
from classes.enums import Attendance, PlaceKind, SessionStatus
from classes.exceptions import HasBegun, SessionNotFound, StillBooked
from classes.models import SeatBooking, Session, Studio
from classes.selectors import count_free
from classes.tests.helpers import STAFF, House, fresh, make_house, take
from classes.tests.test_seating import refused
from common.clock import now
from notifications.models import Message
from payments.models import Payment
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.exceptions import SeriesRefused, SlotTaken, StaleVersion
from reservations.models import Reservation
from reservations.selectors import balance
from reservations.services import hold_reservation, record_payment
from tests.factories import at, hold, make_policy, make_user
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.services import decline_offer, offer_freed_capacity

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_house()


def reread(session: Session) -> Session:
    return Session.objects.select_related("place__seats", "venue", "facilitator").get(pk=session.pk)


def wait(session: Session, quantity: int = 1) -> WaitlistEntry:
    user = make_user()
    return services.wait_for_seat(
        session_id=session.pk, customer=Customer.from_user(user), actor=Actor(user), quantity=quantity
    )


def cancelled_mails() -> list[str]:
    rows = Message.objects.filter(kind="cancelled")
    return sorted(rows.values_list("recipient", flat=True))


def test_everybody_is_told_and_refunded_once(house: House) -> None:
    kind = house.add_type(policy=make_policy(house.venue, (24 * 60, "50", "0")))
    session = house.add_session(class_type=kind, capacity=3)
    paid, unpaid = take(session), take(session)
    held = hold(house.studio.seats, session.starts_at)
    record_payment(reservation_id=paid.reservation_id, amount=Decimal(25), actor=STAFF)
    waits = wait(session)
    preview = services.cancel_session(session_id=session.pk, actor=STAFF, reason="Ill", dry_run=True)
    assert reread(session).is_active
    assert not cancelled_mails()
    done = services.cancel_session(session_id=session.pk, actor=STAFF, reason="Ill")
    figures = (done.bookings, done.people, done.waiting, done.refunded, done.currency)
    assert figures == (2, 2, 1, Decimal(25), "EUR")
    assert figures == (preview.bookings, preview.people, preview.waiting, preview.refunded, preview.currency)
    assert reread(session).status == SessionStatus.CANCELLED
    assert not SeatBooking.objects.active().exists()
    assert {row.status for row in Reservation.objects.all()} == {"cancelled"}
    assert held.pk in set(Reservation.objects.values_list("pk", flat=True))
    assert balance(fresh(paid).reservation) == 0
    mails = sorted(seat.reservation.customer_email for seat in (paid, unpaid))
    assert cancelled_mails() == mails
    waits.refresh_from_db()
    assert (waits.status, waits.end_reason) == ("called_off", "Ill")
    told = Message.objects.filter(subject_id=str(waits.pk)).order_by("pk")
    assert [row.payload["resource"] for row in told] == ["Morning Meditation"] * 2
    # Quiet the second time; nothing is freed or paid twice, nothing offered.
    again = services.cancel_session(session_id=session.pk, actor=STAFF)
    assert (again.bookings, Payment.objects.filter(kind="refund").count()) == (0, 1)
    assert cancelled_mails() == mails
    assert offer_freed_capacity(venue_id=house.venue.pk) == []
    assert refused(lambda: take(session)) == "session_not_available"
    # The room and the teacher are free again, at the same time.
    assert house.add_session().is_active


def test_who_is_checked_in_already_is_told_too(house: House) -> None:
    session = house.add_session(now().replace(second=0, microsecond=0) + timedelta(minutes=20))
    seat = take(session)
    services.record_attendance(session_id=session.pk, marks={seat.pk: Attendance.PRESENT}, actor=STAFF)
    assert services.cancel_session(session_id=session.pk, actor=STAFF).bookings == 1
    assert not fresh(seat).is_active


def test_what_has_begun_is_not_called_off(house: House) -> None:
    session = house.add_session(now().replace(second=0, microsecond=0) + timedelta(minutes=1))
    late = session.starts_at + timedelta(minutes=1)
    with pytest.raises(HasBegun):
        services.cancel_session(session_id=session.pk, actor=STAFF, now=late)
    with pytest.raises(HasBegun):
        services.change_session(
            session_id=session.pk,
            changes={"starts_at": late + timedelta(hours=1), "ends_at": late + timedelta(hours=2)},
            actor=STAFF,
            now=late,
        )
    with pytest.raises(SessionNotFound):
        services.cancel_session(session_id=10**9, actor=STAFF)


def test_a_day_of_somebody_who_is_ill(house: House) -> None:
    john = house.add_facilitator()
    first, second = house.add_session(at(7, 8)), house.add_session(at(7, 17))
    others = house.add_session(at(7, 12), facilitator=john), house.add_session(at(8, 8))
    take(first), take(second), take(others[0])
    on = first.starts_at.astimezone(house.venue.zone).date()
    done = services.call_off_day(on=on, facilitator=house.mia, actor=STAFF, reason="Ill")
    assert ({row.pk for row in done.sessions}, done.bookings) == ({first.pk, second.pk}, 2)
    assert all(reread(row).is_active for row in others)


def test_seats_move_with_their_session(house: House) -> None:
    kind = house.add_type(policy=make_policy(house.venue, (24 * 60, "50", "0")))
    session = house.add_session(class_type=kind, capacity=10)
    loft = house.add_studio(12)
    seats = [take(session), take(session, quantity=3)]
    later = session.starts_at + timedelta(hours=2)
    moved = services.change_session(
        session_id=session.pk,
        changes={"starts_at": later, "ends_at": later + timedelta(hours=1), "place": loft, "title": "Yin"},
        actor=STAFF,
    )
    assert (moved.version, count_free([reread(session)])[session.pk]) == (2, 6)
    for seat in seats:
        reservation = Reservation.objects.prefetch_related("items").get(pk=seat.reservation_id)
        assert (reservation.starts_at, reservation.title) == (later, "Yin")
        assert [item.resource_id for item in reservation.items.all()] == [loft.seats_id]
        assert reservation.total_amount == seat.reservation.total_amount
    told = Message.objects.filter(kind="changed").values_list("recipient", flat=True)
    assert sorted(told) == sorted(seat.reservation.customer_email for seat in seats)
    # Whoever does not like it leaves without a fee for two days, then pays as agreed.
    _cancelled, terms = services.cancel_booking(booking_id=seats[0].pk, actor=Actor())
    assert terms.fee == 0
    after = now() + timedelta(hours=49)
    _cancelled, terms = services.cancel_booking(booking_id=seats[1].pk, actor=Actor(), now=after)
    assert terms.fee == 75
    # The old time and place are free.
    assert house.add_session().is_active


def test_a_move_is_all_or_none(house: House) -> None:
    session, other = house.add_session(), house.add_session(at(7, 14))
    seat = take(session)
    onto = {"starts_at": other.starts_at, "ends_at": other.ends_at}
    with pytest.raises(SeriesRefused) as refusal:
        services.change_session(session_id=session.pk, changes=onto, actor=STAFF)  # type: ignore[arg-type]
    assert refusal.value.extra["refused"][0]["reason"] == "taken"
    assert reread(session).starts_at == session.starts_at
    assert fresh(seat).reservation.starts_at == session.starts_at
    with pytest.raises(StaleVersion):
        services.change_session(session_id=session.pk, changes={"title": "B"}, actor=STAFF, version=9)
    with pytest.raises(SlotTaken) as conflict:
        house.add_session(facilitator=house.add_facilitator())
    assert conflict.value.extra["taken"] == "place"
    with pytest.raises(SlotTaken) as conflict:
        house.add_session(place=house.add_studio())
    assert conflict.value.extra["taken"] == "facilitator"


def test_what_takes_place_online_moves_to_another_lane(house: House) -> None:
    """Several run there at once; a copied week finds lanes, too, and looking makes none."""
    john, kind = house.add_facilitator(), PlaceKind.ONLINE
    online: dict[str, Any] = {"place": None, "place_kind": kind, "capacity": 30}
    mine, other = house.add_session(**online), house.add_session(at(7, 14), facilitator=john, **online)
    assert mine.place == other.place
    seat = take(mine)
    onto: dict[str, Any] = {"starts_at": other.starts_at, "ends_at": other.ends_at}
    move: dict[str, Any] = {"session_id": mine.pk, "changes": onto, "actor": STAFF}
    services.change_session(**move, dry_run=True)
    assert Studio.objects.filter(kind=kind).count() == 1
    services.change_session(**move)
    moved = reread(mine)
    assert (moved.starts_at, moved.place.kind, moved.place != other.place) == (other.starts_at, kind, True)
    items = Reservation.objects.get(pk=seat.reservation_id).items.values_list("resource", flat=True)
    assert list(items) == [moved.place.seats_id]
    # It stays where it is while it can, and a teacher who has something else is still in the way.
    services.change_session(session_id=mine.pk, changes={"ends_at": at(7, 16)}, actor=STAFF)
    assert reread(mine).place == moved.place
    busy = house.add_session(at(8), place=house.add_studio())
    with pytest.raises(SeriesRefused):
        services.change_session(
            session_id=mine.pk, changes={"starts_at": busy.starts_at, "ends_at": busy.ends_at}, actor=STAFF
        )
    monday = moved.local_start.date() - timedelta(days=moved.local_start.weekday())
    week: dict[str, Any] = {"venue": house.venue, "monday": monday, "to": monday + timedelta(days=7)}
    house.add_session(at(14, 14), facilitator=house.add_facilitator(), **online)
    assert all(copy.is_free for copy in services.plan_copies(**week, actor=STAFF))
    assert Studio.objects.filter(kind=kind).count() == 2
    copies = services.copy_week(**week, actor=STAFF)
    assert len({copy.place_id for copy in copies if copy.place.kind == kind}) == 2
    assert Studio.objects.filter(kind=kind).count() == 3


def test_capacity_follows_what_is_sold(house: House) -> None:
    session = house.add_session(capacity=10)
    take(session, quantity=4)
    change = {"session_id": session.pk, "actor": STAFF}
    with pytest.raises(StillBooked) as refusal:
        services.change_session(changes={"capacity": 3}, **change)  # type: ignore[arg-type]
    assert refusal.value.extra == {"booked": 4}
    for capacity in (4, 20, 12):  # twenty: nothing is held back
        services.change_session(changes={"capacity": capacity}, **change)  # type: ignore[arg-type]
        found = reread(session)
        assert (found.capacity, count_free([found])[found.pk]) == (capacity, capacity - 4)
    items = Reservation.objects.get(pk=session.reservation_id).items.values_list("resource", "units")
    assert sorted(items) == sorted(
        [(house.mia.resource_id, 1), (house.studio.room_id, 1), (house.studio.seats_id, 8)]
    )


def test_offers_and_holds_are_let_go_when_it_moves(house: House) -> None:
    session = house.add_session(capacity=1)
    seat = take(session)
    waits = wait(session)
    services.cancel_booking(booking_id=seat.pk, actor=Actor())
    [offer] = offer_freed_capacity(venue_id=house.venue.pk) or WaitlistOffer.objects.all()
    assert offer.entry_id == waits.pk
    services.change_session(
        session_id=session.pk,
        changes={"starts_at": at(7, 12), "ends_at": at(7, 13)},
        actor=STAFF,
    )
    assert not SeatBooking.objects.active().exists()
    # They keep their place in line: it is offered to them at its new time.
    [offer] = offer_freed_capacity(venue_id=house.venue.pk)
    assert (offer.entry_id, offer.reservation.starts_at) == (waits.pk, at(7, 12))
    decline_offer(offer_id=offer.pk, actor=Actor())
    held = hold_reservation(
        venue_id=house.venue.pk,
        items=[ItemRequest(house.studio.seats_id)],
        start=at(7, 12),
        end=at(7, 13),
        actor=Actor(),
    )
    assert held.title == "Morning Meditation"
