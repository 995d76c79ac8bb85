"""Asked before each try to send: why nobody needs it any more, or nothing."""

from collections.abc import Callable
from uuid import UUID

from django.utils.translation import gettext as _

from common import clock
from lending.enums import HAVING, Status
from lending.messages.names import DIGEST, LoanMessage
from lending.messages.snapshot import ToldLoan, text_of
from lending.models import Loan
from notifications.models import Message
from reservations.enums import ACTIVE
from reservations.models import Reservation

Condition = Callable[[Loan, Message], bool]


def _is_waiting(loan: Loan, message: Message) -> bool:
    return loan.status == Status.REQUESTED


def _waits_for_staff(loan: Loan, message: Message) -> bool:
    return loan.status == Status.REQUESTED and (loan.is_dated or loan.next_at is not None)


def _has_it(loan: Loan, message: Message) -> bool:
    return loan.status in HAVING


def _is_to_fetch(loan: Loan, message: Message) -> bool:
    is_same = text_of(loan.valid_until) == message.payload["valid_until"]
    return loan.status == Status.APPROVED and is_same


def _is_out(loan: Loan, message: Message) -> bool:
    """And due as the message says."""
    return loan.status == Status.OUT and text_of(loan.due_at) == message.payload["due_at"]


def _is_due(loan: Loan, message: Message) -> bool:
    is_wanted = message.user is None or message.user.wants_reminders
    return is_wanted and _is_out(loan, message) and not loan.is_overdue(clock.now())


def _is_overdue(loan: Loan, message: Message) -> bool:
    return _is_out(loan, message) and loan.is_overdue(clock.now())


def _is_lost(loan: Loan, message: Message) -> bool:
    return loan.status == Status.LOST


def _is_paused(loan: Loan, message: Message) -> bool:
    return loan.is_waiting and loan.suspended_until is not None and loan.suspended_until > clock.now()


def _is_back(loan: Loan, message: Message) -> bool:
    return loan.status == Status.RETURNED


def _is_at_risk(loan: Loan, message: Message) -> bool:
    return is_risk(message)


CONDITIONS: dict[LoanMessage, Condition] = {
    LoanMessage.REQUESTED: _is_waiting,
    LoanMessage.APPROVED: _has_it,
    LoanMessage.PICKUP_ENDING: _is_to_fetch,
    LoanMessage.DUE: _is_due,
    LoanMessage.OVERDUE: _is_overdue,
    LoanMessage.RECALLED: _is_out,
    LoanMessage.RETURNED: _is_back,
    LoanMessage.RENEWED: _is_out,
    LoanMessage.SWAPPED: _has_it,
    LoanMessage.LOST: _is_lost,
    LoanMessage.PAUSED: _is_paused,
    LoanMessage.MOVED: _is_waiting,
    LoanMessage.AT_RISK: _is_at_risk,
    LoanMessage.STAFF_APPROVAL: _waits_for_staff,
    LoanMessage.STAFF_AT_RISK: _is_at_risk,
}


def why_not_to_tell(message: Message) -> str:
    """Staff send again what they like."""
    told: ToldLoan | None = message.about
    condition = CONDITIONS.get(LoanMessage(message.kind))
    if message.resend_of_id or condition is None:
        return ""
    if told is not None and condition(told.loan, message):
        return ""
    return _("It's no longer true.")


def why_not_to_warn(message: Message) -> str:
    return "" if message.resend_of_id or is_risk(message) else _("It's no longer true.")


def is_risk(message: Message) -> bool:
    """What was to be back is not, and the next one still needs it."""
    late = Loan.objects.not_back(clock.now())
    late = late.filter(uuid=message.payload["late"], threatens=message.payload["next"])
    following = Reservation.objects.filter(pk=UUID(message.payload["next"]), status__in=ACTIVE)
    return late.exists() and following.exists()


def why_not_to_list(message: Message) -> str:
    assert message.kind == DIGEST  # noqa: S101  (what it is registered for)
    is_any = Loan.objects.overdue(clock.now()).filter(venue=message.venue_id).exists()
    return "" if message.resend_of_id or is_any else _("Everything is back.")
