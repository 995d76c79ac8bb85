"""What messages remember of the moment they are about, and to whom they go."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from lending.models import Loan
from notifications.kinds import MessagePayload
from reservations.models import Reservation

if TYPE_CHECKING:
    from accounts.models import User
    from resources.models import Venue


@dataclass(frozen=True, slots=True)
class ToldLoan:
    """A loan by its public id, with its borrower as the customer."""

    loan: Loan
    texting_phone: ClassVar[str] = ""

    def __str__(self) -> str:
        return str(self.loan)

    @property
    def pk(self) -> UUID:
        return self.loan.uuid

    @property
    def venue(self) -> "Venue":
        return self.loan.venue

    @property
    def venue_id(self) -> int:
        return self.loan.venue_id

    @property
    def customer(self) -> "User | None":
        return self.loan.borrower

    @property
    def customer_id(self) -> UUID | None:
        return self.loan.borrower_id

    @property
    def customer_name(self) -> str:
        return self.loan.borrower.get_full_name()

    @property
    def customer_email(self) -> str:
        return self.loan.borrower.email


def loan_payload(loan: Loan) -> MessagePayload:
    return {
        "status": loan.status,
        "due_at": text_of(loan.due_at),
        "valid_until": text_of(loan.valid_until),
        "reason": loan.reason,
    }


def risk_payload(late: Loan, following: Reservation) -> MessagePayload:
    """``late`` is still out, and ``following`` needs it."""
    return {
        "late": str(late.uuid),
        "next": str(following.pk),
        "next_at": text_of(following.starts_at),
        "due_at": text_of(late.due_at),
    }


def text_of(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def instant_of(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
