"""Passes: sold, paid, used by bookings, given back and ended."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from classes.enums import PASS_SUBJECT
from classes.exceptions import PassNotValid
from classes.models import Pass, PassKind, PassUse
from classes.pass_balance import count_left, lock_pass, value_used
from classes.services.following import work_out_again
from classes.services.returning import return_uses
from common.background import enqueue_or_run_after_commit
from common.clock import now as clock_now
from common.errors import NotFound
from common.idempotency import claim_key, find_answer, fingerprint_of, scope_of
from common.lanes import Lane, task_in
from common.money import round_amount
from common.parsing import refuse
from common.subjects import Subject
from common.transactions import rehearsal, retried_atomic
from payments.exceptions import NothingDue, PaidAtVenue, PaymentRefused, PaymentUnavailable
from payments.models import Payment
from payments.providers import PaymentOutcome, charging_provider
from payments.selectors import net_paid, shown_checkouts
from payments.services import (
    OpenCheckout,
    ask_for_charge,
    begin_charge,
    checkout_provider,
    look_up_charges,
    look_up_checkouts,
    open_bill,
    open_checkout,
    record_charge,
    refund_charges,
    settle_payment,
)
from reservations.domain.values import Actor

SELLING = "sell pass "
"""Of what keys are for."""


class PassNotFound(NotFound):
    message = _("We couldn't find that pass, or you don't have access.")


@retried_atomic
def sell_pass(
    *,
    kind_id: int,
    customer: User,
    actor: Actor,
    is_paid: bool = False,
    reference: str = "",
    idempotency_key: str = "",
    now: datetime | None = None,
) -> Pass:
    """``is_paid``: staff have taken the money. Else it is good for nothing until it is paid.

    With the same ``idempotency_key`` it is the same pass. Raises ``PassNotFound``, ``PassNotValid`` for a
    kind that is no longer sold, ``InvalidInput``, ``IdempotencyMismatch``.
    """
    at = now or clock_now()
    if not idempotency_key:
        return _sell(kind_id, customer, actor, is_paid=is_paid, reference=reference, now=at)
    scope, asked = (
        scope_of(actor.user, SELLING),
        fingerprint_of([kind_id, str(customer.pk), is_paid, reference]),
    )
    claimed = claim_key(idempotency_key, scope, asked, now=at)
    if claimed is None:
        stored = find_answer(idempotency_key, scope, asked)
        return Pass.objects.get(pk=stored.subject_id if stored else 0)
    sold = _sell(kind_id, customer, actor, is_paid=is_paid, reference=reference, now=at)
    claimed.subject_id = str(sold.pk)
    claimed.save(update_fields=["subject_id"])
    return sold


def _sell(
    kind_id: int, customer: User, actor: Actor, *, is_paid: bool, reference: str, now: datetime
) -> Pass:
    kind = PassKind.objects.select_related("venue").filter(pk=kind_id).first()
    if kind is None:
        raise PassNotFound
    if not kind.is_active:
        raise PassNotValid
    sold = _make_pass(kind, customer, now)
    if not sold.price:
        _mark_paid(sold, now)
    elif is_paid:
        bill = sold.bill
        assert bill is not None  # noqa: S101  (for the type checker)
        record_charge(bill, sold.price, total=sold.price, actor=actor.user, now=now, reference=reference)
        _mark_paid(sold, now)
    return sold


@retried_atomic
def order_pass(*, kind_id: int, customer: User, actor: Actor, now: datetime | None = None) -> Pass:
    """For oneself, to be paid before it is good. What they have not paid yet is not ordered once more.

    Raises as ``sell_pass``.
    """
    at = now or clock_now()
    # Whoever presses twice at once orders once.
    kinds = PassKind.objects.select_for_update(no_key=True, of=("self",)).select_related("venue")
    kind = kinds.filter(pk=kind_id, is_active=True).first()
    ordered = _find_unpaid(kind, customer) if kind else None
    if kind is None or ordered is None:
        return sell_pass(kind_id=kind_id, customer=customer, actor=actor, now=at)
    ordered.sold_at, ordered.expires_on = at, _last_day(kind, at)
    ordered.save(update_fields=["sold_at", "expires_on"])
    return ordered


def _find_unpaid(kind: PassKind, customer: User) -> Pass | None:
    """As it is sold now."""
    unpaid = Pass.objects.filter(kind=kind, customer=customer, paid_at=None, ended_at=None)
    price = round_amount(kind.price, kind.venue.currency)
    return unpaid.filter(price=price, credits=kind.credits).order_by("-pk").first()


def _last_day(kind: PassKind, now: datetime) -> date:
    return now.astimezone(kind.venue.zone).date() + timedelta(days=kind.valid_days)


def _make_pass(kind: PassKind, customer: User, now: datetime) -> Pass:
    sold = Pass.objects.create(
        venue=kind.venue,
        kind=kind,
        customer=customer,
        credits=kind.credits,
        price=round_amount(kind.price, kind.venue.currency),
        currency=kind.venue.currency,
        expires_on=_last_day(kind, now),
        sold_at=now,
    )
    subject = Subject(PASS_SUBJECT, str(sold.pk))
    sold.bill = open_bill(venue_id=kind.venue_id, subject=subject, currency=sold.currency, now=now)
    sold.save(update_fields=["bill"])
    return sold


def _mark_paid(sold: Pass, now: datetime) -> None:
    """Its days count from then on: until it is paid it is good for nothing."""
    sold.paid_at, sold.expires_on = now, max(sold.expires_on, _last_day(sold.kind, now))
    sold.save(update_fields=["paid_at", "expires_on"])


@retried_atomic
def record_pass_payment(
    *, pass_id: int, actor: Actor, reference: str = "", now: datetime | None = None
) -> Pass:
    """Staff took what is missing. Raises ``PassNotFound``, ``NothingDue`` and ``InvalidInput``."""
    at = now or clock_now()
    sold = _lock(pass_id)
    if sold.paid_at or sold.ended_at or sold.bill is None:
        raise NothingDue
    due = sold.price - net_paid(sold.bill.payments.all())
    record_charge(sold.bill, due, total=sold.price, actor=actor.user, now=at, reference=reference)
    _mark_paid(sold, at)
    _end_checkout_later(sold)
    return sold


def _end_checkout_later(sold: Pass) -> None:
    """Nobody pays on the provider's page for what has been paid, or was ended."""
    if shown_checkouts().filter(bill=sold.bill_id).exists():
        enqueue_or_run_after_commit(end_pass_checkout, str(sold.pk))


@task_in(Lane.NETWORK)
def end_pass_checkout(pass_id: str) -> None:
    # Without an answer it stays open: what is paid there is settled as what the pass is by then.
    with suppress(PaidAtVenue, PaymentUnavailable):
        look_up_checkouts(Subject(PASS_SUBJECT, pass_id), due=Decimal(0), now=clock_now())


def pay_pass(*, pass_id: int, token: str, actor: Actor, now: datetime | None = None) -> Payment:
    """With the provider's ``token``. Raises what ``pay_deposit`` raises, and ``PassNotFound``."""
    at = now or clock_now()
    provider = charging_provider()
    look_up_charges(Subject(PASS_SUBJECT, str(pass_id)), now=at)
    charge = _begin(pass_id, provider.name, actor, at)
    # The provider is asked outside any transaction: no lock waits for the network.
    payment = settle_pass(charge.pk, ask_for_charge(charge, token=token), now=at)
    if payment.status == "failed":
        raise PaymentRefused
    return payment


def start_pass_checkout(
    *, pass_id: int, back_url: Callable[[UUID], str], actor: Actor, now: datetime | None = None
) -> OpenCheckout:
    """The provider's page on which it is paid, the same again while it is open.

    ``back_url`` gets the payment's id. Raises ``PassNotFound`` and what ``start_checkout`` raises.
    """
    at = now or clock_now()
    provider, subject = checkout_provider(), Subject(PASS_SUBJECT, str(pass_id))
    sold = Pass.objects.select_related("kind__venue").filter(pk=pass_id).first()
    if sold is None:
        raise PassNotFound
    look_up_charges(subject, now=at)
    look_up_checkouts(subject, due=sold.price, now=at)
    charge = _begin(pass_id, provider.name, actor, at, is_hosted=True)
    try:
        title = f"{sold.kind.name}, {sold.kind.venue.name}"
        return open_checkout(charge, title=title, back_url=back_url(charge.pk))
    except PaymentRefused:
        settle_pass(charge.pk, PaymentOutcome(succeeded=False), now=at)
        raise


@retried_atomic
def _begin(pass_id: int, provider: str, actor: Actor, now: datetime, *, is_hosted: bool = False) -> Payment:
    sold = _lock(pass_id)
    if sold.paid_at or sold.ended_at or sold.bill is None:
        raise NothingDue
    return begin_charge(
        sold.bill, total=sold.price, provider=provider, actor=actor.user, now=now, is_hosted=is_hosted
    )


@retried_atomic
def settle_pass(payment_id: UUID, outcome: PaymentOutcome, *, now: datetime) -> Payment:
    """Whoever learns what became of the charge: it is good from then on, or was ended and is paid back."""
    pass_id = Pass.objects.values_list("pk", flat=True).get(bill__payments=payment_id)
    sold = _lock(pass_id)
    settle_payment(payment_id, outcome)
    payment = Payment.objects.get(pk=payment_id)
    if sold.paid_at is None and sold.bill and net_paid(sold.bill.payments.all()) >= sold.price:
        _mark_paid(sold, now)
        if sold.ended_at:
            refund_charges({sold.bill: value_used(sold)}, actor=None, now=now)
    return payment


def _lock(pass_id: int) -> Pass:
    sold = lock_pass(pass_id)
    if sold is None:
        raise PassNotFound
    return sold


@retried_atomic
def return_credit(*, use_id: int, now: datetime | None = None) -> PassUse:
    """Staff are generous. Quiet the second time."""
    use = PassUse.objects.select_related("booking").filter(pk=use_id).first()
    if use is None:
        raise PassNotFound
    _lock(use.used_pass_id)
    use.refresh_from_db()
    if use.returned_at is None:
        return_uses([use], now or clock_now())
        work_out_again([use.booking.session_id])
    return use


@retried_atomic
def extend_pass(*, pass_id: int, expires_on: date) -> Pass:
    sold = _lock(pass_id)
    if expires_on < sold.expires_on:
        refuse("expires_on", _("Enter a date on or after the first day."))
    # Whoever was warned is warned again before the new day.
    sold.expires_on, sold.warned_at = expires_on, None
    sold.save(update_fields=["expires_on", "warned_at"])
    return sold


@retried_atomic
def end_pass(
    *, pass_id: int, actor: Actor, dry_run: bool = False, now: datetime | None = None
) -> tuple[Pass, Decimal]:
    """Nobody uses it from now on; what its credits left are worth goes back. Quiet the second time."""
    with rehearsal(dry_run=dry_run):
        return _end(_lock(pass_id), actor, now or clock_now())


def _end(sold: Pass, actor: Actor, now: datetime) -> tuple[Pass, Decimal]:
    if sold.ended_at:
        return sold, Decimal(0)
    sold.ended_at = now
    sold.save(update_fields=["ended_at"])
    if sold.bill is None:
        return sold, Decimal(0)
    _end_checkout_later(sold)
    refunds = refund_charges({sold.bill: value_used(sold)}, actor=actor.user, now=now)
    return sold, sum((refund.amount for refund in refunds), Decimal(0))


def balance_of(sold: Pass) -> int:
    return count_left([sold])[sold.pk]
