"""Writing down what became of payments, also when the answer came late or never."""

from uuid import UUID

from common.transactions import retried_atomic
from payments.enums import PaymentStatus
from payments.models import Payment
from payments.providers import Outcome
from payments.signals import payment_recorded


@retried_atomic
def settle_payment(payment_id: UUID, outcome: Outcome) -> Payment | None:
    """Writes down what a provider answered, once: None when that has been done before.

    Of a charge it is called by its ``ChargeSettler`` alone.
    """
    rows = Payment.objects.select_for_update(no_key=True, of=("self", "bill")).select_related("bill")
    payment = rows.get(pk=payment_id)
    if payment.status != PaymentStatus.PENDING:
        return None
    payment.status = PaymentStatus.SUCCEEDED if outcome.succeeded else PaymentStatus.FAILED
    payment.provider_reference = outcome.reference
    payment.save(update_fields=["status", "provider_reference"])
    payment_recorded.send(Payment, payment=payment)
    return payment
