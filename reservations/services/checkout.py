"""The deposit, or another part of the price, is paid on the provider's own page."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from common.background import enqueue_or_run_after_commit
from common.clock import now as clock_now
from common.idempotency import claim_key, find_answer, fingerprint_of, scope_of
from common.lanes import Lane, task_in
from common.subjects import Subject
from common.transactions import retried_atomic
from payments.exceptions import NothingDue, PaidAtVenue, PaymentRefused, PaymentUnavailable
from payments.models import Payment
from payments.providers import PaymentOutcome
from payments.selectors import shown_checkouts
from payments.services import (
    OpenCheckout,
    begin_charge,
    checkout_provider,
    describe_checkout,
    look_up_charges,
    look_up_checkouts,
    open_checkout,
)
from reservations.domain.history import lock_reservation
from reservations.domain.values import Actor
from reservations.enums import SUBJECT
from reservations.models import Reservation
from reservations.selectors import balance
from reservations.services.deposits import (
    PARTS_PAYABLE,
    awaits_only_payment,
    payable_deposit,
    settle_deposit,
)
from reservations.services.paying import bill_of


@dataclass(frozen=True, slots=True)
class Repetition:
    """A client's key for one request, with what else it said."""

    key: str
    request: str = ""


def start_checkout(
    *,
    reservation_id: UUID,
    back_url: Callable[[UUID], str],
    actor: Actor,
    repetition: Repetition | None = None,
    up_to: Decimal | None = None,
    now: datetime | None = None,
) -> OpenCheckout:
    """Where the missing deposit is paid: the same page again while it is open.

    ``up_to``: what is missing of this part of the price instead, as of instalments. ``back_url`` gets the
    payment's id. Raises ``PaidAtVenue``, ``PaymentUnavailable``, ``PaymentUnderWay``, ``PaymentRefused``,
    ``NothingDue``, ``IdempotencyMismatch``.
    """
    at = now or clock_now()
    provider = checkout_provider()
    if earlier := _find_repeated(repetition, reservation_id, actor):
        return earlier
    reservation = Reservation.objects.select_related("venue", "bill").get(pk=reservation_id)
    subject = Subject(SUBJECT, str(reservation_id))
    # What was begun before is asked first, so that nobody pays twice.
    look_up_charges(subject, now=at)
    look_up_checkouts(subject, due=_find_due(reservation, up_to), now=at)
    charge = _begin_checkout(reservation_id, provider.name, actor, repetition, at, up_to)
    title = _name_payment(up_to) % {"code": reservation.code, "venue": reservation.venue.name}
    try:
        return open_checkout(charge, title=title, back_url=back_url(charge.pk))
    except PaymentRefused:
        settle_deposit(charge.pk, PaymentOutcome(succeeded=False), now=at, actor=actor)
        raise


def _find_due(reservation: Reservation, up_to: Decimal | None) -> Decimal:
    return payable_deposit(reservation) if up_to is None else up_to - balance(reservation)


def _name_payment(up_to: Decimal | None) -> str:
    if up_to is None:
        return _("Deposit for booking %(code)s, %(venue)s")
    return _("Payment for booking %(code)s, %(venue)s")


@retried_atomic
def _begin_checkout(
    reservation_id: UUID,
    provider: str,
    actor: Actor,
    repetition: Repetition | None,
    now: datetime,
    up_to: Decimal | None,
) -> Payment:
    reservation = lock_reservation(reservation_id)
    is_due = awaits_only_payment(reservation) if up_to is None else reservation.status in PARTS_PAYABLE
    if not is_due:
        raise NothingDue
    charge = begin_charge(
        bill_of(reservation, now=now),
        total=reservation.deposit_amount if up_to is None else min(up_to, reservation.total_amount),
        provider=provider,
        actor=actor.user,
        now=now,
        is_hosted=True,
    )
    if repetition:
        _remember(repetition, charge, reservation, actor, now)
    return charge


def _remember(
    repetition: Repetition, charge: Payment, reservation: Reservation, actor: Actor, now: datetime
) -> None:
    claim = _describe_claim(repetition, reservation.pk, actor)
    made = str(charge.pk)
    if not claim_key(*claim, now=now, venue_id=reservation.venue_id, subject_id=made):
        find_answer(*claim)


def _find_repeated(repetition: Repetition | None, reservation_id: UUID, actor: Actor) -> OpenCheckout | None:
    """The page that this key has opened, also where it is closed by now."""
    stored = find_answer(*_describe_claim(repetition, reservation_id, actor)) if repetition else None
    charge = Payment.objects.filter(pk=stored.subject_id).first() if stored else None
    return describe_checkout(charge, charge.checkout_url) if charge and charge.checkout_url else None


def _describe_claim(repetition: Repetition, reservation_id: UUID, actor: Actor) -> tuple[str, str, str]:
    fingerprint = fingerprint_of([reservation_id, repetition.request])
    return repetition.key, scope_of(actor.user, "checkout:"), fingerprint


def end_checkouts_later(reservations: Iterable[Reservation]) -> None:
    """Once this is committed, close the pages that ask for what is no longer due."""
    by_bill = {reservation.bill_id: reservation for reservation in reservations if reservation.bill_id}
    if not by_bill:
        return  # of every new booking: even an empty query costs a tenth of it
    shown = shown_checkouts().filter(bill__in=by_bill).order_by()
    for bill_id in set(shown.values_list("bill", flat=True)):
        enqueue_or_run_after_commit(end_checkout, str(by_bill[bill_id].pk))


@task_in(Lane.NETWORK)
def end_checkout(reservation_id: str) -> None:
    reservation = Reservation.objects.select_related("venue", "bill").get(pk=reservation_id)
    # Without an answer it stays open: what is paid there is settled as what the booking is by then.
    with suppress(PaidAtVenue, PaymentUnavailable):
        look_up_checkouts(Subject(SUBJECT, reservation_id), due=payable_deposit(reservation), now=clock_now())
