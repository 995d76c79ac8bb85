"""What is paid for, as far as the ledger knows it: the app of each type of subject registers here."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from common.registry import Registry
from payments.providers import Outcome


class ChargeSettler(Protocol):
    """Settles a charge by ``settle_payment`` under its subject's own lock, with what follows from it.

    The subject is locked before its bill by everybody, so that nobody waits in a circle.
    """

    def __call__(self, payment_id: UUID, outcome: Outcome, *, now: datetime) -> object: ...


charge_settlers: Registry[ChargeSettler] = Registry("apps that settle charges")
"""By ``Bill.subject_type``."""
