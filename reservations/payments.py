"""Ways to take and return money. One provider so far: cash, card terminal or invoice, recorded by hand."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a provider answered; ``reference`` is its own name for the payment."""

    succeeded: bool
    reference: str = ""


class Provider(Protocol):
    """Moves money. Called outside transactions that hold locks when it is remote."""

    name: str

    def charge(self, amount: Decimal, currency: str, *, reference: str) -> Outcome: ...

    def refund(self, amount: Decimal, currency: str, *, reference: str) -> Outcome: ...


class ManualProvider:
    """Money changes hands at the venue; the ledger says what staff did, so it always succeeds."""

    name = "manual"

    def charge(self, amount: Decimal, currency: str, *, reference: str) -> Outcome:
        return Outcome(succeeded=True, reference=reference)

    def refund(self, amount: Decimal, currency: str, *, reference: str) -> Outcome:
        return Outcome(succeeded=True, reference=reference)


MANUAL = ManualProvider()
