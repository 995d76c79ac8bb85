from uuid import UUID

from common.transactions import retried_atomic
from payments.enums import PaymentKind, PaymentStatus
from payments.models import Payment
from payments.providers import PaymentOutcome
from payments.signals import payments_recorded


@retried_atomic
def settle_payment(payment_id: UUID, outcome: PaymentOutcome) -> Payment | None:
    """Record a provider's answer, once: None when that was done before, or when it is not decided.

    For charges, called by their ``ChargeSettler`` only.
    """
    if outcome.succeeded is None:
        return None
    payments = Payment.objects.select_for_update(no_key=True, of=("self", "bill")).select_related("bill")
    payment = payments.get(pk=payment_id)
    # The answer and the look-up after a timeout may both arrive; the first counts.
    if payment.status != PaymentStatus.PENDING:
        return None
    payment.status = PaymentStatus.SUCCEEDED if outcome.succeeded else PaymentStatus.FAILED
    payment.provider_reference = outcome.reference
    payment.save(update_fields=["status", "provider_reference"])
    payments_recorded.send(Payment, payments=[payment])
    return payment


@retried_atomic
def take_back_refund(payment_id: UUID) -> None:
    """The money has not arrived after all: the venue has it again, and hears of it."""
    refunds = Payment.objects.select_for_update(no_key=True, of=("self", "bill")).select_related("bill")
    refund = refunds.get(pk=payment_id, kind=PaymentKind.REFUND)
    if refund.status != PaymentStatus.SUCCEEDED:
        return
    refund.status = PaymentStatus.FAILED
    refund.save(update_fields=["status"])
    payments_recorded.send(Payment, payments=[refund])
