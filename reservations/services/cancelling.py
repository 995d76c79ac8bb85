from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import prefetch_related_objects

from common.clock import epoch_minute
from common.clock import now as clock_now
from common.money import round_amount
from common.transactions import retried_atomic
from payments.enums import PaymentKind
from reservations.domain.deadlines import fee_by_tiers
from reservations.domain.freeing import announcing_freed
from reservations.domain.history import (
    lock_reservation,
    lock_reservations,
    require_transition,
    set_status,
    set_statuses,
)
from reservations.domain.occupancy import free_time
from reservations.domain.values import Actor
from reservations.enums import EventKind, Status
from reservations.models import Reservation
from reservations.selectors import balance, payments_of
from reservations.services.paying import refund_all_paid, refund_paid


@dataclass(frozen=True, slots=True)
class CancellationTerms:
    fee: Decimal
    paid: Decimal
    refund: Decimal
    currency: str

    @property
    def due(self) -> Decimal:
        return max(self.fee - self.paid, Decimal(0))

    @property
    def credit(self) -> Decimal:
        """Paid beyond the fee and not returned."""
        return max(self.paid - self.fee, Decimal(0)) - self.refund


def cancellation_preview(
    reservation: Reservation, *, now: datetime, waive_fee: bool = False, wants_refund: bool = True
) -> CancellationTerms:
    """What ``cancel_reservation`` would do at ``now``; only staff may ``waive_fee``."""
    fee = (
        round_amount(Decimal(0), reservation.currency)
        if waive_fee
        else _find_fee(reservation, epoch_minute(now))
    )
    paid = balance(reservation)
    refund = max(paid - fee, Decimal(0)) if wants_refund else round_amount(Decimal(0), reservation.currency)
    return CancellationTerms(fee, paid, refund, reservation.currency)


def _find_fee(reservation: Reservation, now: int) -> Decimal:
    # A move keeps what the old time would have cost, also while the new one awaits approval.
    return max(fee_by_tiers(reservation, now), round_amount(reservation.minimum_fee, reservation.currency))


@retried_atomic
@announcing_freed()
def cancel_reservation(
    *,
    reservation_id: UUID,
    actor: Actor,
    reason: str = "",
    waive_fee: bool = False,
    wants_refund: bool = True,
    version: int | None = None,
    seen: Reservation | None = None,
    now: datetime | None = None,
) -> tuple[Reservation, CancellationTerms]:
    """Cancel, free the time, keep the fee and return the rest; no error if cancelled already.

    Without ``wants_refund`` nothing is returned by itself: staff may still do it.
    """
    at = now or clock_now()
    reservation = lock_reservation(reservation_id, version=version, seen=seen)
    if reservation.status == Status.CANCELLED:
        return reservation, _read_settled_terms(reservation)
    require_transition(reservation, Status.CANCELLED)
    # The fee is worked out before the status changes: a request that was never approved costs nothing.
    terms = cancellation_preview(reservation, now=at, waive_fee=waive_fee, wants_refund=wants_refund)
    free_time(reservation)
    set_status(
        reservation,
        Status.CANCELLED,
        kind=EventKind.CANCELLED,
        actor=actor,
        now=at,
        changes=_end_on(reservation, terms, reason, wants_refund=wants_refund),
        fields=OF_CANCELLATION,
    )
    # The money comes last: a refund that fails is tried again later, and the cancellation stands.
    if wants_refund:
        refund_paid(reservation, actor=actor, now=at, keep=terms.fee)
    return reservation, terms


@retried_atomic
@announcing_freed()
def cancel_many(
    *,
    ids: Sequence[UUID],
    actor: Actor,
    reason: str = "",
    waive_fee: bool = False,
    wants_refund: bool = True,
    now: datetime | None = None,
) -> list[tuple[Reservation, CancellationTerms]]:
    """``cancel_reservation`` for several, all or none, each on its own terms; in the order of their ids.

    What is cancelled already stays as it is. A few statements for all of them together.
    """
    at = now or clock_now()
    reservations = lock_reservations(ids)
    prefetch_related_objects(reservations, "bill__payments")
    ending = [reservation for reservation in reservations if reservation.status != Status.CANCELLED]
    terms = {
        reservation: _read_settled_terms(reservation)
        if reservation.status == Status.CANCELLED
        else cancellation_preview(reservation, now=at, waive_fee=waive_fee, wants_refund=wants_refund)
        for reservation in reservations
    }
    free_time(*ending)
    set_statuses(
        [(each, _end_on(each, terms[each], reason, wants_refund=wants_refund)) for each in ending],
        Status.CANCELLED,
        kind=EventKind.CANCELLED,
        actor=actor,
        now=at,
        fields=OF_CANCELLATION,
    )
    if wants_refund:
        refund_all_paid([(each, terms[each].fee) for each in ending], actor=actor, now=at)
    return list(terms.items())


OF_CANCELLATION = ("fee_amount", "cancel_reason", "refund_declined")


def _end_on(
    reservation: Reservation, terms: CancellationTerms, reason: str, *, wants_refund: bool
) -> dict[str, list[str]]:
    """Sets ``OF_CANCELLATION``; returns what the history says of it."""
    reservation.fee_amount, reservation.cancel_reason = terms.fee, reason
    reservation.refund_declined = not wants_refund
    changes = {"fee": ["0", str(terms.fee)], "refund": ["0", str(terms.refund)], "reason": ["", reason]}
    return changes | ({} if wants_refund else {"refund_declined": ["no", "yes"]})


def _read_settled_terms(reservation: Reservation) -> CancellationTerms:
    fee, kept_amount = round_amount(reservation.fee_amount, reservation.currency), balance(reservation)
    refunds = [payment.amount for payment in payments_of(reservation) if payment.kind == PaymentKind.REFUND]
    refund = round_amount(sum(refunds, Decimal(0)), reservation.currency)
    return CancellationTerms(fee, kept_amount + refund, refund, reservation.currency)
