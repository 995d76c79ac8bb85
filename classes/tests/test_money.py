"""Money: instalments, passes, revenue and pay, all from the ledger."""

from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from classes import services
from classes.dashboard import read_metrics, recent_bookings
from classes.drafts import TierDraft
from classes.enums import Attendance, Heads, RevenueBy, TierPays
from classes.exceptions import PayoutSettled
from classes.models import ClassType, Course, Pass, PassKind, PassUse, Payout, PayRate, SeatBooking, Session
from classes.policies.plans import Term
from classes.revenue import add_up, list_lines, sum_by_day, sum_by_session, total_revenue
from classes.services.passes import balance_of
from classes.services.sweeping import complete_sessions
from classes.tests.helpers import STAFF, House, fresh, make_house, take
from classes.tests.test_seating import refused
from common.clock import now
from common.money import round_amount
from payments.models import Payment
from reservations.domain.values import Actor
from reservations.services import record_payment, refund_payment
from tests.effort import LONG
from tests.factories import at, make_policy, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_house()


def make_kind(house: House, **fields: Any) -> PassKind:
    values = {"venue": house.venue, "name": "Five", "credits": 5, "price": Decimal("88.88")}
    return PassKind.objects.create(**(values | fields))


def pay(seat: SeatBooking, amount: str | Decimal) -> None:
    record_payment(reservation_id=seat.reservation_id, amount=Decimal(amount), actor=STAFF)


def test_instalments_are_paid_in_order(house: House) -> None:
    plan = (
        Term(Decimal(20), days_before=40),
        Term(Decimal(30), days_before=20),
        Term(Decimal(50), days_before=1),
    )
    tiers = (TierDraft("Room", Decimal("199.99"), 3, Decimal(50), TierPays.PLAN),)
    retreat = house.add_session(at(60), 2880, session_type="retreat", tiers=tiers, plan=plan)
    seat = take(retreat, tier_id=retreat.tiers.get().pk)
    parts = list(seat.instalments.all())
    assert [part.amount for part in parts] == [Decimal("40.00"), Decimal("60.00"), Decimal("99.99")]
    assert [(retreat.local_start.date() - part.due_on).days for part in parts] == [40, 20, 1]
    pay(seat, "50")  # the deposit confirms it, and covers the first
    assert fresh(seat).reservation.status == "confirmed"
    assert [part.status for part in seat.instalments.all()] == ["paid", "open", "open"]
    services.record_instalment(instalment_id=parts[2].pk, actor=STAFF)
    assert [part.status for part in seat.instalments.all()] == ["paid", "paid", "open"]
    pay(seat, "50")
    statuses = [part.status for part in seat.instalments.all()]
    assert statuses == ["paid", "paid", "paid"]
    assert (
        refused(lambda: services.record_instalment(instalment_id=parts[0].pk, actor=STAFF)) == "nothing_due"
    )
    refund_payment(reservation_id=seat.reservation_id, amount=Decimal(100), actor=STAFF)
    assert [part.status for part in seat.instalments.all()] == ["paid", "open", "open"]


def test_more_people_pay_more_in_the_same_parts(house: House) -> None:
    plan = (Term(Decimal(50), days_before=40), Term(Decimal(50), days_before=1))
    session = house.add_session(at(60), plan=plan, price=Decimal("33.33"))
    seat = take(session, pays_plan=True)
    pay(seat, "16.67")
    services.resize_booking(booking_id=seat.pk, quantity=3, actor=STAFF)
    parts = list(seat.instalments.all())
    assert (fresh(seat).seats, sum(part.amount for part in parts)) == (3, Decimal("99.99"))
    assert [part.status for part in parts] == ["paid", "open"]


def test_a_pass_pays_and_gets_its_credit_back_in_time(house: House) -> None:
    kind = make_kind(house)
    only = house.add_type(late_cancel_hours=24)
    kind.class_types.add(only)
    user = make_user()
    sold = services.sell_pass(kind_id=kind.pk, customer=user, actor=STAFF, is_paid=True)
    session, late = house.add_session(class_type=only), house.add_session(at(8), class_type=only)
    seat = take(session, user, pass_id=sold.pk, quantity=2)
    paid = seat.reservation
    assert (int(paid.total_amount), paid.price_lines) == (0, [{"label": "Pass", "amount": "0.00"}])
    assert balance_of(sold) == 3
    services.resize_booking(booking_id=seat.pk, quantity=3, actor=STAFF)
    assert balance_of(sold) == 2
    assert refused(lambda: take(house.add_session(at(9)), user, pass_id=sold.pk)) == "pass_not_valid"
    assert refused(lambda: take(late, make_user(), pass_id=sold.pk)) == "pass_not_valid"
    assert refused(lambda: take(late, user, pass_id=sold.pk, quantity=3)) == "pass_used_up"
    services.cancel_booking(booking_id=seat.pk, actor=Actor(user))
    assert balance_of(sold) == 5
    second = take(late, user, pass_id=sold.pk)
    almost = late.starts_at - timedelta(hours=1)
    services.cancel_booking(booking_id=second.pk, actor=Actor(user), now=almost)
    assert balance_of(sold) == 4
    services.return_credit(use_id=second.pass_use.pk)
    assert balance_of(sold) == 5
    third = take(late, user, pass_id=sold.pk)
    services.cancel_session(session_id=late.pk, actor=STAFF, now=almost)  # never their fault
    assert (balance_of(sold), fresh(third).is_active) == (5, False)
    unpaid = services.sell_pass(kind_id=kind.pk, customer=user, actor=Actor(user))
    assert refused(lambda: take(session, user, pass_id=unpaid.pk)) == "pass_not_valid"
    services.record_pass_payment(pass_id=unpaid.pk, actor=STAFF)
    assert take(session, user, pass_id=unpaid.pk).is_active
    _ended, returned = services.end_pass(pass_id=unpaid.pk, actor=STAFF)
    assert returned == Decimal("88.88") - Decimal("17.77")
    assert services.end_pass(pass_id=unpaid.pk, actor=STAFF)[1] == 0


def test_more_or_fewer_people_move_only_the_difference(house: House) -> None:
    """Whatever became of the pass: it was ended, gave credits back, or ran out."""
    user, kind = make_user(), make_kind(house, price=Decimal(50))

    def sell() -> Pass:
        return services.sell_pass(kind_id=kind.pk, customer=user, actor=STAFF, is_paid=True)

    def resize(seat: SeatBooking, quantity: int) -> tuple[int, int]:
        services.resize_booking(booking_id=seat.pk, quantity=quantity, actor=STAFF)
        changed = fresh(seat)
        return changed.seats, int(changed.reservation.total_amount)

    def refunded(sold: Pass) -> Decimal:
        assert sold.bill
        return sum((row.amount for row in sold.bill.payments.filter(kind="refund")), Decimal(0))

    ended = sell()
    seat = take(house.add_session(), user, pass_id=ended.pk, quantity=3)
    services.end_pass(pass_id=ended.pk, actor=STAFF)
    assert refunded(ended) == 20
    assert resize(seat, 1) == (1, 0)
    assert (balance_of(ended), refunded(ended)) == (4, Decimal(40))
    assert refused(lambda: resize(seat, 2)) == "pass_not_valid"
    given = sell()
    seat = take(house.add_session(at(8)), user, pass_id=given.pk, quantity=2)
    services.return_credit(use_id=seat.pass_use.pk)
    assert (resize(seat, 3), balance_of(given)) == ((3, 0), 4)
    assert (resize(seat, 2), balance_of(given)) == ((2, 0), 5)
    assert (resize(seat, 1), balance_of(given)) == ((1, 0), 5)
    assert (resize(seat, 4), balance_of(given)) == ((4, 0), 2)
    assert refused(lambda: resize(seat, 7)) == "pass_used_up"
    services.cancel_booking(booking_id=seat.pk, actor=Actor(user))
    assert balance_of(given) == 5
    # One that has run out by the day of the class, and one that no longer is for it.
    seat = take(house.add_session(at(9)), user, pass_id=given.pk, quantity=2)
    Pass.objects.filter(pk=given.pk).update(expires_on=at(1).date())
    kind.class_types.add(house.add_type())
    assert (resize(seat, 1), balance_of(given)) == ((1, 0), 4)
    assert refused(lambda: resize(seat, 2)) == "pass_not_valid"


def test_revenue_is_what_the_ledger_says() -> None:
    """Against a plain sum over the payments, and each credit of a pass by itself; 10,000 bookings if long."""
    (number, people), house = (190, 107) if LONG else (3, 10), make_house(seats=60)
    random, sessions = Random(7), [house.add_session(at(3 + day), capacity=60) for day in range(number)]
    users = [make_user() for _ in range(people)]
    # More credits than are used: the last one would get what dividing leaves over.
    price = Decimal("17.77") * (number + 2) + Decimal("0.03")
    kind = make_kind(house, credits=number + 2, price=price, valid_days=900)
    sold = services.sell_pass(kind_id=kind.pk, customer=users[0], actor=STAFF, is_paid=True)
    for session in sessions:
        for user in users[:1] + random.sample(users[1:], len(users) // 2):
            seat = take(session, user, pass_id=sold.pk if user == users[0] else None)
            if random.random() < 0.7 and user != users[0]:
                pay(seat, Decimal(random.randint(1, 2500)) / 100)
            if random.random() < 0.3:
                services.cancel_booking(booking_id=seat.pk, actor=STAFF)
    of_bookings = Payment.objects.filter(bill__subject_type="reservation", status="succeeded")
    charged, refunded = (
        sum(of_bookings.filter(kind=kind).values_list("amount", flat=True), Decimal(0))
        for kind in ("charge", "refund")
    )
    used = PassUse.objects.filter(returned_at=None).count()
    expected = charged - refunded + Decimal("17.77") * used
    ids = [session.pk for session in sessions]
    assert total_revenue(Session.objects.all(), "EUR") == expected
    assert sum(line.amount for line in list_lines(ids)) == expected
    sums = sum_by_session(ids, "EUR")
    zone = house.venue.zone
    by_day = sum_by_day(Session.objects.all(), RevenueBy.SESSION, zone)
    assert {session.local_start.date(): sums[session.pk] for session in sessions} == by_day
    assert sum(sum_by_day(Session.objects.all(), RevenueBy.PAYMENT, zone).values()) == expected
    metrics = read_metrics(house.mia, now=now())
    parts = metrics.revenue
    assert (parts.payments, parts.refunds, parts.passes) == (charged, -refunded, Decimal("17.77") * used)
    assert add_up(list_lines(ids), "EUR") == parts
    assert (metrics.total_revenue, metrics.total_sessions, metrics.upcoming_sessions) == (
        expected,
        number,
        number,
    )
    assert metrics.total_bookings == SeatBooking.objects.active().count()
    assert len(recent_bookings(house.mia)) == 10
    Session.objects.filter(pk=ids[0]).update(status="cancelled")
    assert read_metrics(house.mia, now=now()).kept_sessions == number - 1


def test_who_taught_is_paid_once(house: House) -> None:
    rate = PayRate.objects.create(
        venue=house.venue, name="Usual", base=20, per_head=3, percent=Decimal("12.5"), counts=Heads.PRESENT
    )
    john = house.add_facilitator()
    for teacher in (house.mia, john):
        services.set_pay_rate(facilitator=teacher, pay_rate=rate)
    start = now().replace(second=0, microsecond=0) + timedelta(minutes=30)
    session = house.add_session(start)
    seats = [take(session) for _ in range(3)]
    pay(seats[0], "25")
    pay(seats[1], "20.01")
    over = session.ends_at + timedelta(minutes=5)
    came = (Attendance.PRESENT, Attendance.LATE, Attendance.ABSENT)
    marks = dict(zip([seat.pk for seat in seats], came, strict=True))
    services.substitute(session_id=session.pk, facilitator=john, actor=STAFF)
    services.record_attendance(
        session_id=session.pk,
        marks={pk: Attendance(mark) for pk, mark in marks.items()},
        actor=STAFF,
        now=over,
    )
    assert complete_sessions(now=over) == 1
    payout = Payout.objects.get()
    assert (payout.facilitator, payout.amount) == (john, Decimal("31.63"))  # 20 + 2 x 3 + 12.5 % of 45.01
    assert [line["kind"] for line in payout.lines] == ["base", "heads", "percent"]
    pay(seats[1], "4.99")
    assert Payout.objects.get().amount == Decimal("32.25")  # by itself
    for mark, amount in ((Attendance.LATE, "35.25"), (Attendance.ABSENT, "32.25")):
        marks_now = {seats[2].pk: mark}
        services.record_attendance(session_id=session.pk, marks=marks_now, actor=STAFF, now=over)
        assert Payout.objects.get().amount == Decimal(amount)
    again = services.work_out_payouts(session_ids=[session.pk])
    assert [row.amount for row in again] == [Decimal("32.25")]
    assert services.work_out_payouts(session_ids=[session.pk])[0].pk == payout.pk
    services.settle_payouts(payout_ids=[payout.pk], actor=Actor(make_user()))
    rate.base = Decimal(99)
    rate.save()
    assert services.work_out_payouts(session_ids=[session.pk]) == []
    with pytest.raises(PayoutSettled):
        services.settle_payouts(payout_ids=[payout.pk], actor=STAFF)
    assert Payout.objects.get().amount == Decimal("32.25")
    assert read_metrics(john, now=over).payout == Decimal("32.25")


def test_tiers_plans_and_refunds_add_up(house: House) -> None:
    """What was paid less what goes back is the fee that was kept, to the cent, whatever was agreed."""
    random = Random(11)
    kind = house.add_type(policy=make_policy(house.venue, (24 * 60, "37.5", "3.33"), (0, "12.5", "0")))
    plan = (Term(Decimal("33.33"), days_before=30), Term(Decimal("66.67"), days_before=2))
    tiers = tuple(
        TierDraft(f"T{number}", Decimal(random.randint(100, 99999)) / 100, 9, pays=TierPays.BOTH)
        for number in range(3)
    )
    retreat = house.add_session(at(40), 2880, session_type="retreat", tiers=tiers, plan=plan, class_type=kind)
    for tier in retreat.tiers.all():
        for pays_plan in (False, True):
            seat = take(retreat, quantity=random.randint(1, 2), tier_id=tier.pk, pays_plan=pays_plan)
            total = seat.reservation.total_amount
            assert total == tier.price * seat.seats
            assert sum(part.amount for part in seat.instalments.all()) == (total if pays_plan else 0)
            pay(seat, total)
            _reservation, terms = services.cancel_booking(booking_id=seat.pk, actor=Actor())
            assert terms.fee + terms.refund == terms.paid == total
            assert sum_by_session([retreat.pk], "EUR")[retreat.pk] == sum(
                row.reservation.fee_amount for row in SeatBooking.objects.select_related("reservation")
            )


def test_the_largest_pay_and_price_can_be_stored_and_read() -> None:
    house, most = make_house(seats=2000), Decimal("99999999.9999")
    rate = PayRate.objects.create(venue=house.venue, name="Dear", base=most, per_head=most, percent=100)
    services.set_pay_rate(facilitator=house.mia, pay_rate=rate)
    start = now().replace(second=0, microsecond=0) + timedelta(minutes=30)
    session = house.add_session(start, capacity=2000)
    pay(take(session, quantity=2000), "50000")
    over = session.ends_at + timedelta(minutes=5)
    assert complete_sessions(now=over) == 1
    expected = round_amount(2001 * most, "EUR") + 50_000
    assert Payout.objects.get().amount == read_metrics(house.mia, now=over).payout == expected
    for model in (ClassType, Course, PassKind):
        with pytest.raises(ValidationError):
            model._meta.get_field("price").run_validators(most)
    cheaper = Decimal("9999999.9999")  # which is rounded up
    dear = make_kind(house, price=cheaper)
    sold = services.sell_pass(kind_id=dear.pk, customer=make_user(), actor=STAFF, is_paid=True)
    assert Pass.objects.get(pk=sold.pk).price == 10**7
