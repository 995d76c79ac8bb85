from django.utils.translation import gettext as _

from common.clock import now
from lending.enums import Kind
from lending.estimating import Range
from lending.granting import is_approved
from lending.messages.names import LoanMessage
from lending.messages.snapshot import ToldLoan, instant_of, loan_payload
from lending.models import Loan
from lending.selectors import Expectation, expect, find_positions
from lending.words import add_approval, describe_range
from notifications.kinds import Values
from notifications.models import Message
from notifications.wording import Wording
from reservations.models import Reservation


def loan_values(message: Message, told: ToldLoan, wording: Wording) -> Values:
    loan, payload = told.loan, message.payload
    if message.kind in (LoanMessage.APPROVED, LoanMessage.SWAPPED) and loan.pk:
        payload = payload | loan_payload(loan)  # it may be out by now, with a lease of its own
    due, until = instant_of(payload.get("due_at", "")), instant_of(payload.get("valid_until", ""))
    is_to_fetch = payload.get("status") == "approved"
    values = {
        "resource": name_thing(loan),
        "date": wording.day(due or loan.wanted_from or loan.requested_at),
        "when": _describe_dates(loan, wording),
        "party_size": "",
        "due": wording.moment(due) if due else "",
        "booked": "yes" if is_to_fetch and loan.wanted_from and loan.wanted_from > now() else "",
        "pickup_until": wording.moment(until) if until and is_to_fetch else "",
        "lease_until": wording.moment(until) if until and not is_to_fetch else "",
        "reason": payload.get("reason", ""),
        "lease_over": "yes" if payload.get("event") == Kind.LAPSED else "",
        "never_there": "yes" if payload.get("never_there") else "",
        "pickup_over": "yes" if payload.get("had") else "",
        "instead_of": payload.get("instead_of", ""),
        "paused_until": _tell_pause(loan, wording),
        "hours": str(payload.get("hours", "")),
        "days": str(payload.get("days", "")),
        "purpose": loan.purpose,
        "customer": loan.who,
        "customer_email": loan.borrower.email,
    }
    return values | _describe_wait(message, loan, wording) | _describe_next(message, wording)


def name_thing(loan: Loan) -> str:
    """With its copy, as people read it on the label."""
    name = f"{loan.units} × {loan.thing.name}" if loan.units > 1 else str(loan.thing.name)
    return f"{name} ({loan.copy.code})" if loan.copy else name


def _describe_dates(loan: Loan, wording: Wording) -> str:
    if loan.wanted_from is None or loan.wanted_until is None:
        return ""
    return wording.span(loan.wanted_from, loan.wanted_until)


def _tell_pause(loan: Loan, wording: Wording) -> str:
    """Empty for one without an end."""
    until = loan.suspended_until
    return wording.moment(until) if until and not loan.is_paused_without_end(now()) else ""


def _describe_wait(message: Message, loan: Loan, wording: Wording) -> Values:
    """As it is when the mail is sent."""
    payload = message.payload
    if message.kind not in (LoanMessage.REQUESTED, LoanMessage.MOVED) or loan.is_dated:
        return {"position": "", "wait": ""}
    if loan._state.adding:  # a sample
        return {"position": payload["position"], "wait": describe_range(Range(*payload["wait"]))}
    at = now()
    position = find_positions([loan], at).get(loan.pk)
    wait = describe_expectation(expect(loan, at), wording) if position else ""
    return {"position": str(position or ""), "wait": add_approval(wait) if is_approved(loan) else wait}


def describe_expectation(expectation: Expectation, wording: Wording) -> str:
    """A time only where one is sure, else a range; empty where nobody can tell."""
    if expectation.sure is not None:
        return _("%(time)s at the latest") % {"time": wording.moment(expectation.sure)}
    return describe_range(expectation.likely) if expectation.likely else ""


def _describe_next(message: Message, wording: Wording) -> Values:
    next_at = instant_of(message.payload.get("next_at", ""))
    if next_at is None:
        return {"next_at": "", "next_customer": ""}
    following = None
    if message.kind == LoanMessage.STAFF_AT_RISK:
        following = Reservation.objects.filter(pk=message.payload["next"]).first()
    who = (following.customer_name or following.title) if following else message.payload.get("sample", "")
    return {"next_at": wording.moment(next_at), "next_customer": who}
