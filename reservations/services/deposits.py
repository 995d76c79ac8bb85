"""Deposits: money that must have come before a booking is confirmed, through a payment provider."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import islice
from uuid import UUID

from django.db.models import OuterRef, Subquery

from common.clock import now as clock_now
from common.money import round_amount
from common.subjects import Subject
from common.sweeping import Sweep
from common.transactions import retried_atomic
from payments.enums import PaymentStatus
from payments.exceptions import NothingDue, PaymentRefused
from payments.models import Payment
from payments.providers import PaymentOutcome, online_provider
from payments.selectors import is_under_way
from payments.services import ask_for_charge, begin_charge, look_up_charges, settle_payment
from reservations.domain.history import locked_reservation, set_status
from reservations.domain.lines import Span
from reservations.domain.occupancy import release
from reservations.domain.values import Actor
from reservations.domain.writing import booked_lines
from reservations.enums import SUBJECT, EventKind, Status
from reservations.models import Reservation, ReservationEvent
from reservations.selectors import balance, payments_of
from reservations.services.booking import wants_approval
from reservations.services.paying import bill_of, refund_paid
from scheduling.zones import to_minute

PAYMENT_WINDOW = timedelta(minutes=30)
"""How long an unpaid deposit keeps its time."""


def deposit_due(reservation: Reservation) -> Decimal:
    """What is still missing of the deposit."""
    due = round_amount(reservation.deposit_amount, reservation.currency) - balance(reservation)
    return max(due, round_amount(Decimal(0), reservation.currency))


def awaits_approval(reservation: Reservation) -> bool:
    """Pending for staff to decide, whatever has been paid."""
    span = Span(to_minute(reservation.starts_at), to_minute(reservation.ends_at), reservation.party_size)
    return reservation.status == Status.PENDING and wants_approval(booked_lines(reservation), span)


def awaits_only_payment(reservation: Reservation) -> bool:
    """Pending for its deposit alone: paying confirms it, without anybody's approval."""
    is_pending = reservation.status == Status.PENDING and deposit_due(reservation) > 0
    return is_pending and not awaits_approval(reservation)


def pay_deposit(*, reservation_id: UUID, token: str, actor: Actor, now: datetime | None = None) -> Payment:
    """Takes what is missing of the deposit with the provider's ``token``; confirms what only awaited it.

    Raises ``PaymentUnavailable``, ``PaymentUnderWay``, ``PaymentRefused``, ``NothingDue``,
    ``ReservationNotFound``.
    """
    at = now or clock_now()
    provider = online_provider()
    look_up_charges(Subject(SUBJECT, str(reservation_id)), now=at)  # one may have been taken after all
    charge = begin_deposit(reservation_id, provider.name, actor, at)
    outcome = ask_for_charge(charge, token=token)
    settled = settle_deposit(charge.pk, outcome, now=at, actor=actor)
    if settled.status == PaymentStatus.FAILED:
        raise PaymentRefused
    return settled


@retried_atomic
def begin_deposit(reservation_id: UUID, provider: str, actor: Actor, now: datetime) -> Payment:
    reservation = locked_reservation(reservation_id)
    if reservation.status not in (Status.PENDING, Status.CONFIRMED):
        raise NothingDue
    bill = bill_of(reservation, now=now)
    total = reservation.deposit_amount
    return begin_charge(bill, total=total, provider=provider, actor=actor.user, now=now)


@retried_atomic
def settle_deposit(
    payment_id: UUID, outcome: PaymentOutcome, *, now: datetime, actor: Actor | None = None
) -> Payment:
    """Writes down what became of a charge, once, and what follows from it."""
    paid_for = Reservation.objects.values_list("pk", flat=True).get(bill__payments=payment_id)
    reservation = locked_reservation(paid_for)
    was_awaited = awaits_only_payment(reservation)
    payment = settle_payment(payment_id, outcome)
    if payment is None:
        return Payment.objects.get(pk=payment_id)
    by = actor or Actor()
    if reservation.status in (Status.CANCELLED, Status.DECLINED, Status.EXPIRED):
        refund_paid(reservation, actor=by, now=now, keep=reservation.fee_amount)
    elif was_awaited and deposit_due(reservation) <= 0:
        set_status(reservation, Status.CONFIRMED, kind=EventKind.CONFIRMED, actor=by, now=now)
    return payment


def expire_unpaid(*, now: datetime, limit: int = 200) -> int:
    """Frees requests whose deposit did not come in time; returns how many, ``limit`` at most.

    The time counts from when it became pending: a hold was confirmed, or its customer moved it.
    """
    became = ReservationEvent.objects.filter(reservation=OuterRef("pk"), new_status=Status.PENDING)
    since = became.exclude(old_status=Status.PENDING).order_by("-id").values("at")[:1]
    late = Reservation.objects.filter(status=Status.PENDING, deposit_amount__gt=0)
    late = late.alias(since=Subquery(since)).filter(since__lte=now - PAYMENT_WINDOW)
    # Those that wait for staff stay, so it is what was freed that is counted.
    run = Sweep("reservations.expire_unpaid", now=now)
    ids = run.in_turn(list(late.order_by("created_at").values_list("pk", flat=True)))
    return sum(islice((1 for each in ids if run.attempt(each, partial(_expire, now=now))), limit))


@retried_atomic
def _expire(reservation_id: UUID, now: datetime) -> bool:
    reservation = locked_reservation(reservation_id)
    if not awaits_only_payment(reservation):
        return False
    if is_under_way(payments_of(reservation)):
        return False  # its outcome is looked up first
    release(reservation)
    set_status(reservation, Status.EXPIRED, kind=EventKind.EXPIRED, actor=Actor(), now=now)
    refund_paid(reservation, actor=Actor(), now=now)
    return True
