"""What people are told at once. What the hour tells them stands in ``reminders``."""

from collections.abc import Iterable, Sequence
from typing import Any

from lending.enums import Kind, Status
from lending.messages.names import BOOKING_AT_RISK, LoanMessage
from lending.messages.snapshot import ToldLoan, loan_payload, risk_payload
from lending.models import Loan
from lending.signals import LoanChange
from notifications.enums import Channel
from notifications.models import Message
from notifications.services.writing import (
    active_language,
    messages_to_customer,
    messages_to_staff,
    write_messages,
)
from reservations.enums import Purpose
from reservations.messages.snapshot import reservation_payload
from reservations.models import Reservation

KIND_OF_CHANGE = {
    Kind.REQUESTED: LoanMessage.REQUESTED,
    Kind.APPROVED: LoanMessage.APPROVED,
    Kind.SWAPPED: LoanMessage.SWAPPED,
    Kind.RENEWED: LoanMessage.RENEWED,
    Kind.LOST: LoanMessage.LOST,
    Kind.SUSPENDED: LoanMessage.PAUSED,
    Kind.MOVED: LoanMessage.MOVED,
    Kind.DECLINED: LoanMessage.DECLINED,
    Kind.CANCELLED: LoanMessage.DECLINED,
    Kind.RECALLED: LoanMessage.RECALLED,
    Kind.LAPSED: LoanMessage.LAPSED,
    Kind.EXPIRED: LoanMessage.LAPSED,
    Kind.RETURNED: LoanMessage.RETURNED,
    Kind.FORCED: LoanMessage.RETURNED,
    Kind.FOUND: LoanMessage.RETURNED,
}
CONFIRMED = frozenset({Kind.APPROVED, Kind.RETURNED})
"""Told also to those who did it themselves, where there is a date to keep."""

OF_OTHERS = frozenset({Kind.RENEWED, Kind.LOST, Kind.SUSPENDED, Kind.MOVED})
"""Told only to whom somebody else did it."""


def tell_of_loans(*, changes: Sequence[LoanChange], **kwargs: Any) -> None:
    write_messages(message for change in changes for message in _tell(change))


def _tell(change: LoanChange) -> Iterable[Message]:
    if change.kind == Kind.AT_RISK:
        return _tell_of_risk(change.loan, change.extra["reservation"])
    return [*_tell_borrower(change), *_tell_staff(change)]


def _tell_borrower(change: LoanChange) -> Iterable[Message]:
    loan, kind = change.loan, KIND_OF_CHANGE.get(change.kind)
    is_own = change.actor.user is not None and change.actor.user.pk == loan.borrower_id
    if kind is None or not _is_news(change, is_own=is_own):
        return []
    messages = messages_to_customer(
        kind,
        key_of(loan),
        ToldLoan(loan),
        loan_payload(loan) | {"event": change.kind, "had": loan.approved_at is not None, **change.extra},
        language=active_language() if is_own else "",
    )
    # Whoever has just done it holds the page in their hands.
    return [message for message in messages if message.channel == Channel.EMAIL] if is_own else messages


def _is_news(change: LoanChange, *, is_own: bool) -> bool:
    if change.kind == Kind.CANCELLED:
        return not is_own and change.loan.borrower.is_active
    if change.kind in OF_OTHERS:
        return not is_own
    if is_own and change.kind in CONFIRMED:
        return change.loan.due_at is not None or change.loan.status == Status.APPROVED
    return True


def _tell_staff(change: LoanChange) -> Iterable[Message]:
    loan = change.loan
    wants_decision = change.kind == Kind.IN_TURN or (change.kind == Kind.REQUESTED and loan.is_dated)
    if not wants_decision:
        return []
    kind, payload = LoanMessage.STAFF_APPROVAL, loan_payload(loan)
    return messages_to_staff(kind, key_of(loan), ToldLoan(loan), payload, but=change.actor.user)


def key_of(loan: Loan) -> str:
    """Every change has a version of its own."""
    return f"{loan.uuid}:{loan.version}"


def _tell_of_risk(late: Loan, following: Reservation) -> list[Message]:
    payload, key = risk_payload(late, following), f"{late.uuid}:{following.pk}"
    messages = messages_to_staff(LoanMessage.STAFF_AT_RISK, key, ToldLoan(late), payload)
    loan = Loan.objects.filter(reservation=following.pk).select_related("borrower").first()
    if loan is not None:
        messages += messages_to_customer(LoanMessage.AT_RISK, key, ToldLoan(loan), payload)
    elif following.purpose == Purpose.BOOKING:
        booked = reservation_payload(following) | payload
        messages += messages_to_customer(BOOKING_AT_RISK, key, following, booked)
    return messages
