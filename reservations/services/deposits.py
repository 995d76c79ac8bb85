"""Deposits: money that must have come before a booking is confirmed, through a payment provider.

The provider is asked between two transactions, never while a lock is held. A crash in between leaves a
pending payment, which ``settle_payments`` looks up by its key.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.errors import Conflict
from common.transactions import retried_atomic
from reservations.enums import EventKind, PaymentKind, PaymentStatus, Status
from reservations.exceptions import BookingRefused
from reservations.models import Payment, Reservation
from reservations.payments import Outcome, PaymentUnavailable, online_provider
from reservations.services.booking import wants_approval
from reservations.services.choosing import Span
from reservations.services.occupying import release
from reservations.services.paying import balance, refund_paid, send_refund
from reservations.services.recording import locked_reservation, set_status
from reservations.services.values import Actor
from reservations.services.writing import booked_lines
from resources.pricing import rounded
from scheduling.zones import to_minute

UNDER_WAY = timedelta(minutes=5)
"""How long one payment keeps another from being tried, and before its outcome is looked up."""
PAYMENT_WINDOW = timedelta(minutes=30)
"""How long an unpaid deposit keeps its time."""


class PaymentUnderWay(Conflict):
    code = "payment_under_way"
    message = _("A payment for this reservation is under way. Please wait a moment.")


def deposit_due(reservation: Reservation) -> Decimal:
    """What is still missing of the deposit."""
    due = rounded(reservation.deposit_amount, reservation.currency) - balance(reservation)
    return max(due, rounded(Decimal(0), reservation.currency))


def awaits_only_payment(reservation: Reservation) -> bool:
    """Pending for its deposit alone: paying confirms it, without anybody's approval."""
    span = Span(to_minute(reservation.starts_at), to_minute(reservation.ends_at), reservation.party_size)
    is_pending = reservation.status == Status.PENDING and deposit_due(reservation) > 0
    return is_pending and not wants_approval(booked_lines(reservation), span)


def pay_deposit(*, reservation_id: UUID, token: str, actor: Actor, now: datetime | None = None) -> Payment:
    """Takes what is missing of the deposit with the provider's ``token``; confirms what only awaited it.

    Raises ``PaymentUnavailable``, ``PaymentUnderWay``, ``BookingRefused`` (``payment_failed``,
    ``nothing_due``), ``ReservationNotFound``.
    """
    at = now or clock_now()
    provider = online_provider()
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
    under_way = reservation.payments.filter(
        kind=PaymentKind.CHARGE, status=PaymentStatus.PENDING, created_at__gt=now - UNDER_WAY
    )
    if under_way.exists():
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
    if reservation.status in (Status.CANCELLED, Status.DECLINED, Status.EXPIRED):
        refund_paid(reservation, actor=actor, now=now, keep=reservation.fee_amount)
    elif was_awaited and deposit_due(reservation) <= 0:
        set_status(reservation, Status.CONFIRMED, kind=EventKind.CONFIRMED, actor=actor, now=now)
    return payment


def settle_payments(*, now: datetime, limit: int = 200) -> int:
    """Looks up payments whose outcome is not known; returns how many were settled. Safe to repeat."""
    stale = Payment.objects.filter(status=PaymentStatus.PENDING, created_at__lte=now - UNDER_WAY)
    settled = 0
    for payment in stale.order_by("created_at")[:limit]:
        try:
            outcome = online_provider().lookup(str(payment.pk))
        except PaymentUnavailable:
            continue
        if payment.kind == PaymentKind.REFUND:
            send_refund(payment.pk)  # its key keeps it from happening twice
        else:
            _settle(payment.pk, outcome or Outcome(succeeded=False), Actor(), now)
        settled += 1
    return settled


def expire_unpaid(*, now: datetime, limit: int = 200) -> int:
    """Frees requests whose deposit did not come in time; returns how many."""
    late = Reservation.objects.filter(
        status=Status.PENDING, deposit_amount__gt=0, created_at__lte=now - PAYMENT_WINDOW
    )
    ids = list(late.order_by("created_at").values_list("pk", flat=True)[:limit])
    return sum(_expire(reservation_id, now) for reservation_id in ids)


@retried_atomic
def _expire(reservation_id: UUID, now: datetime) -> bool:
    reservation = locked_reservation(reservation_id)
    if not awaits_only_payment(reservation):
        return False
    if reservation.payments.filter(status=PaymentStatus.PENDING).exists():
        return False  # its outcome is looked up first
    release(reservation)
    set_status(reservation, Status.EXPIRED, kind=EventKind.EXPIRED, actor=Actor(), now=now)
    return True
