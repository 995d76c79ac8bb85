"""Deposits: money that must have come before a booking is confirmed, through a payment provider.

The provider is asked between two transactions, never while a lock is held. A crash in between leaves a
pending payment, which ``settle_payments`` looks up by its key.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import islice
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.errors import Conflict
from common.sweeping import Sweep, sweep
from common.transactions import retried_atomic
from payments.providers import Outcome, online_provider
from reservations.domain.history import locked_reservation, set_status
from reservations.domain.lines import Span
from reservations.domain.occupancy import release
from reservations.domain.values import Actor
from reservations.domain.writing import booked_lines
from reservations.enums import EventKind, PaymentKind, PaymentStatus, Status
from reservations.exceptions import BookingRefused
from reservations.models import Payment, Reservation, ReservationEvent
from reservations.selectors import balance
from reservations.services.booking import wants_approval
from reservations.services.paying import refund_paid, send_refund
from reservations.signals import payment_recorded
from resources.pricing import rounded
from scheduling.zones import to_minute

UNDER_WAY = timedelta(minutes=5)
"""How long a payment may take before its outcome is looked up; until that is known, no other is tried."""
PAYMENT_WINDOW = timedelta(minutes=30)
"""How long an unpaid deposit keeps its time."""


class PaymentUnderWay(Conflict):
    code = "payment_under_way"
    message = _("A payment for this reservation is under way. Please wait a moment.")


def deposit_due(reservation: Reservation) -> Decimal:
    """What is still missing of the deposit."""
    due = rounded(reservation.deposit_amount, reservation.currency) - balance(reservation)
    return max(due, rounded(Decimal(0), reservation.currency))


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

    Raises ``PaymentUnavailable``, ``PaymentUnderWay``, ``BookingRefused`` (``payment_failed``,
    ``nothing_due``), ``ReservationNotFound``.
    """
    at = now or clock_now()
    provider = online_provider()
    for stale in _stale(at).filter(reservation_id=reservation_id, kind=PaymentKind.CHARGE):
        _look_up(stale.pk, now=at)  # it may have been taken after all
    payment = _begin(reservation_id, provider.name, actor, at)
    outcome = provider.charge(payment.amount, payment.currency, token=token, key=str(payment.pk))
    settled = _settle(payment.pk, outcome, actor, at)
    if settled.status == PaymentStatus.FAILED:
        raise BookingRefused(_("The payment was not accepted."), code="payment_failed")
    return settled


@retried_atomic
def _begin(reservation_id: UUID, provider: str, actor: Actor, now: datetime) -> Payment:
    reservation = locked_reservation(reservation_id)
    amount = deposit_due(reservation)
    if amount <= 0 or reservation.status not in (Status.PENDING, Status.CONFIRMED):
        raise BookingRefused(_("There is nothing to pay now."), code="nothing_due")
    if reservation.payments.filter(kind=PaymentKind.CHARGE, status=PaymentStatus.PENDING).exists():
        raise PaymentUnderWay
    return Payment.objects.create(
        reservation=reservation,
        kind=PaymentKind.CHARGE,
        amount=amount,
        currency=reservation.currency,
        provider=provider,
        status=PaymentStatus.PENDING,
        actor=actor.user,
        created_at=now,
    )


@retried_atomic
def _settle(payment_id: UUID, outcome: Outcome, actor: Actor, now: datetime) -> Payment:
    """Writes down what became of a charge, once, and what follows from it."""
    payment = Payment.objects.get(pk=payment_id)
    reservation = locked_reservation(payment.reservation_id)
    payment.refresh_from_db()
    if payment.status != PaymentStatus.PENDING:
        return payment
    payment.status = PaymentStatus.SUCCEEDED if outcome.succeeded else PaymentStatus.FAILED
    payment.provider_reference = outcome.reference
    was_awaited = awaits_only_payment(reservation)
    payment.save(update_fields=["status", "provider_reference"])
    payment_recorded.send(Payment, payment=payment)
    if reservation.status in (Status.CANCELLED, Status.DECLINED, Status.EXPIRED):
        refund_paid(reservation, actor=actor, now=now, keep=reservation.fee_amount)
    elif was_awaited and deposit_due(reservation) <= 0:
        set_status(reservation, Status.CONFIRMED, kind=EventKind.CONFIRMED, actor=actor, now=now)
    return payment


def settle_payments(*, now: datetime, limit: int = 200) -> int:
    """Looks up payments whose outcome is not known; returns how many were settled. Safe to repeat."""
    stale = _stale(now).order_by("created_at").values_list("pk", flat=True)
    return sweep("reservations.settle_payments", stale, partial(_look_up, now=now), now=now, limit=limit)


def _stale(now: datetime) -> QuerySet[Payment]:
    """Payments of which nothing was heard for too long."""
    return Payment.objects.filter(status=PaymentStatus.PENDING, created_at__lte=now - UNDER_WAY)


def _look_up(payment_id: UUID, *, now: datetime) -> bool:
    """Settles a stale payment by what the provider knows of it. Raises ``PaymentUnavailable``."""
    payment = Payment.objects.get(pk=payment_id)
    outcome = online_provider().lookup(str(payment_id))
    if payment.kind == PaymentKind.REFUND:
        send_refund(payment_id)  # its key keeps it from happening twice
    else:
        _settle(payment_id, outcome or Outcome(succeeded=False), Actor(), now)
    return True


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
    if reservation.payments.filter(status=PaymentStatus.PENDING).exists():
        return False  # its outcome is looked up first
    release(reservation)
    set_status(reservation, Status.EXPIRED, kind=EventKind.EXPIRED, actor=Actor(), now=now)
    refund_paid(reservation, actor=Actor(), now=now)
    return True
