"""What is paid for, as far as the ledger knows it: each app registers its type of subject."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from common.registry import Registry
from payments.providers import PaymentOutcome


class ChargeSettler(Protocol):
    """Calls ``settle_payment`` under its subject's own lock."""

    # The subject is locked before its bill by everybody, so that nobody waits in a circle.
    def __call__(self, payment_id: UUID, outcome: PaymentOutcome, *, now: datetime) -> object: ...


charge_settlers: Registry[ChargeSettler] = Registry("apps that settle charges")
"""By ``Bill.subject_type``."""
