from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import islice
from uuid import UUID

from django.conf import settings
from django.db.models import OuterRef, Subquery

from common.clock import now as clock_now
from common.money import round_amount
from common.subjects import Subject
from common.sweeping import Sweep
from common.transactions import retried_atomic
from payments.enums import PaymentStatus
from payments.exceptions import NothingDue, PaymentRefused
from payments.models import Payment
from payments.providers import PaymentOutcome, charging_provider, find_checkout_provider
from payments.selectors import find_open_checkout, is_under_way
from payments.services import ask_for_charge, begin_charge, look_up_charges, settle_payment
from reservations.domain.freeing import announcing_freed
from reservations.domain.history import lock_reservation, set_status
from reservations.domain.lines import Span
from reservations.domain.occupancy import free_time
from reservations.domain.values import SYSTEM, Actor
from reservations.domain.writing import booked_lines
from reservations.enums import SUBJECT, EventKind, Status
from reservations.models import Reservation, ReservationEvent
from reservations.selectors import ENDED_EARLY, balance, payments_of
from reservations.services.booking import wants_approval
from reservations.services.paying import bill_of, refund_paid
from resources.catalog import catalog_of
from scheduling.zones import to_minute

PAYABLE = (Status.PENDING, Status.CONFIRMED)
PARTS_PAYABLE = (Status.CONFIRMED, Status.CHECKED_IN, Status.COMPLETED)
"""Instalments may be late, or due once it has begun."""
PAYMENT_WINDOW = timedelta(minutes=30)
"""How long an unpaid deposit keeps its time."""


def deposit_due(reservation: Reservation) -> Decimal:
    due = round_amount(reservation.deposit_amount, reservation.currency) - balance(reservation)
    return max(due, round_amount(Decimal(0), reservation.currency))


def awaits_approval(reservation: Reservation) -> bool:
    """Pending for staff to decide, whatever has been paid."""
    if reservation.status != Status.PENDING:
        return False
    lines = booked_lines(reservation, catalog_of(reservation.venue).bookables)
    span = Span(to_minute(reservation.starts_at), to_minute(reservation.ends_at), reservation.party_size)
    return wants_approval(lines, span)


def awaits_only_payment(reservation: Reservation) -> bool:
    """Pending only for its deposit: paying confirms it without approval."""
    is_pending = reservation.status == Status.PENDING and deposit_due(reservation) > 0
    return is_pending and not awaits_approval(reservation)


def is_pending_for_nothing(reservation: Reservation) -> bool:
    """What was paid covers the deposit since it has become smaller; nobody else would confirm it."""
    is_pending = reservation.status == Status.PENDING and reservation.deposit_amount > 0
    return is_pending and deposit_due(reservation) <= 0 and not awaits_approval(reservation)


def payable_deposit(reservation: Reservation) -> Decimal:
    """What the customer can pay now: nothing before staff have approved it."""
    return deposit_due(reservation) if awaits_only_payment(reservation) else Decimal(0)


def payment_deadline(reservation: Reservation) -> datetime | None:
    """Until when the time is kept for its deposit. None where no deadline runs."""
    if not settings.PAYMENT_PROVIDER or not awaits_only_payment(reservation):
        return None
    events = ReservationEvent.objects.filter(reservation=reservation, new_status=Status.PENDING)
    since = events.exclude(old_status=Status.PENDING).order_by("-id").values_list("at", flat=True).first()
    ends = [since + PAYMENT_WINDOW] if since else []
    # Somebody may be paying on the provider's page until it closes.
    provider, charge = find_checkout_provider(), find_open_checkout(payments_of(reservation))
    if provider and charge:
        ends.append(charge.created_at + provider.checkout_duration)
    return max(ends, default=None)


def pay_deposit(
    *,
    reservation_id: UUID,
    token: str,
    actor: Actor,
    up_to: Decimal | None = None,
    now: datetime | None = None,
) -> Payment:
    """Take the missing deposit with the provider's ``token``; confirms what waited only for it.

    ``up_to``: what is missing of this part of the price instead, as where it is paid in instalments.
    Raises ``PaidAtVenue``, ``PaymentUnavailable``, ``PaymentUnderWay``, ``PaymentRefused``, ``NothingDue``.
    """
    at = now or clock_now()
    provider = charging_provider()
    # An earlier charge whose answer was lost may have been taken: asked first, so that nobody pays twice.
    look_up_charges(Subject(SUBJECT, str(reservation_id)), now=at)
    charge = begin_deposit(reservation_id, provider.name, actor, at, up_to=up_to)
    # The provider is asked outside any transaction: no lock waits for the network.
    outcome = ask_for_charge(charge, token=token)
    payment = settle_deposit(charge.pk, outcome, now=at, actor=actor)
    if payment.status == PaymentStatus.FAILED:
        raise PaymentRefused
    return payment


@retried_atomic
def begin_deposit(
    reservation_id: UUID, provider: str, actor: Actor, now: datetime, *, up_to: Decimal | None = None
) -> Payment:
    reservation = lock_reservation(reservation_id)
    if reservation.status not in (PAYABLE if up_to is None else PARTS_PAYABLE):
        raise NothingDue
    bill = bill_of(reservation, now=now)
    total = reservation.deposit_amount if up_to is None else min(up_to, reservation.total_amount)
    return begin_charge(bill, total=total, provider=provider, actor=actor.user, now=now)


@retried_atomic
def settle_deposit(
    payment_id: UUID, outcome: PaymentOutcome, *, now: datetime, actor: Actor | None = None
) -> Payment:
    paid_for = Reservation.objects.values_list("pk", flat=True).get(bill__payments=payment_id)
    reservation = lock_reservation(paid_for)
    # Asked before the payment is settled: afterwards the deposit is no longer due.
    was_awaited = awaits_only_payment(reservation)
    payment = settle_payment(payment_id, outcome)
    # Recorded before: by the answer that came late, or by the look-up.
    if payment is None:
        return Payment.objects.get(pk=payment_id)
    by_actor = actor or SYSTEM
    # The booking ended while the customer paid: what exceeds the fee goes back at once.
    if reservation.status in ENDED_EARLY and not reservation.refund_declined:
        refund_paid(reservation, actor=by_actor, now=now, keep=reservation.fee_amount)
    elif was_awaited and deposit_due(reservation) <= 0:
        set_status(reservation, Status.CONFIRMED, kind=EventKind.CONFIRMED, actor=by_actor, now=now)
    return payment


def expire_unpaid(*, now: datetime, limit: int = 200) -> int:
    """Free requests whose deposit is missing too long after they became pending; returns how many."""
    # Where nobody can pay online, the venue takes the deposit: no deadline runs.
    if not settings.PAYMENT_PROVIDER:
        return 0
    pending_events = ReservationEvent.objects.filter(reservation=OuterRef("pk"), new_status=Status.PENDING)
    since = pending_events.exclude(old_status=Status.PENDING).order_by("-id").values("at")[:1]
    overdue = Reservation.objects.filter(status=Status.PENDING, deposit_amount__gt=0)
    overdue = overdue.alias(since=Subquery(since)).filter(since__lte=now - PAYMENT_WINDOW)
    run = Sweep("reservations.expire_unpaid", now=now)
    due_ids = run.in_turn(list(overdue.order_by("created_at").values_list("pk", flat=True)))
    # Read together: most wait for staff, stay, and are looked at by every run.
    seen = Reservation.objects.select_related("venue", "bill").prefetch_related("items", "bill__payments")
    seen_by_id = seen.in_bulk(due_ids)
    return sum(
        islice(
            (
                1
                for reservation_id in due_ids
                if run.attempt(reservation_id, partial(_expire_unpaid, seen=seen_by_id, now=now))
            ),
            limit,
        )
    )


def _expire_unpaid(reservation_id: UUID, *, seen: Mapping[UUID, Reservation], now: datetime) -> bool:
    # Before the lock: what staff must decide costs nothing. Under it the question is asked again.
    return awaits_only_payment(seen[reservation_id]) and _expire_reservation(reservation_id, now)


@retried_atomic
@announcing_freed()
def _expire_reservation(reservation_id: UUID, now: datetime) -> bool:
    reservation = lock_reservation(reservation_id)
    # Staff must still decide, or the money has come while this waited for the lock.
    if not awaits_only_payment(reservation):
        return False
    if is_under_way(payments_of(reservation)):
        return False  # its outcome is looked up first
    free_time(reservation)
    # Moving to a time whose deposit is never paid is no way around the fee either.
    fee = reservation.fee_amount = round_amount(reservation.minimum_fee, reservation.currency)
    set_status(
        reservation,
        Status.EXPIRED,
        kind=EventKind.EXPIRED,
        actor=SYSTEM,
        now=now,
        changes={"fee": ["0", str(fee)]} if fee else {},
        fields=("fee_amount",),
    )
    refund_paid(reservation, actor=SYSTEM, now=now, keep=fee)
    return True
