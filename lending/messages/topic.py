from datetime import UTC, datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from common import clock
from lending.enums import Kind, Status
from lending.links import desk_path, loan_path
from lending.messages.names import LoanMessage
from lending.messages.snapshot import ToldLoan
from lending.messages.values import loan_values, name_thing
from lending.models import Loan
from notifications.kinds import MessagePayload, Topic, Values
from notifications.models import Message
from notifications.wording import Wording
from resources.models import Resource, Venue

MOST_LISTED = 50
DUE = datetime(2030, 6, 14, 15, 0, tzinfo=UTC)


def own_path(told: ToldLoan) -> str:
    return loan_path(told.loan.uuid)


def staff_path(told: ToldLoan) -> str:
    return desk_path(told.venue.slug)


class LoanTopic(Topic):
    labels = (
        ("resource", pgettext_lazy("message", "What")),
        ("when", pgettext_lazy("message", "When")),
        ("address", pgettext_lazy("message", "Where")),
        ("pickup_until", pgettext_lazy("message", "Pick up by")),
        ("lease_until", pgettext_lazy("message", "Yours until")),
        ("due", pgettext_lazy("message", "Return by")),
        ("position", pgettext_lazy("message", "Place in line")),
        ("wait", pgettext_lazy("message", "Expected wait")),
        ("purpose", pgettext_lazy("message", "What for")),
        ("customer", pgettext_lazy("message", "Borrower")),
        ("customer_email", pgettext_lazy("message", "Email")),
        ("next_customer", pgettext_lazy("message", "Next")),
        ("next_at", pgettext_lazy("message", "Needed from")),
    )
    links = {"loan_url": own_path, "desk_url": staff_path}

    def load(self, subject_id: str) -> ToldLoan | None:
        loans = Loan.objects.for_display().select_related("queue")
        loan = loans.filter(uuid=subject_id).first()
        return ToldLoan(loan) if loan else None

    def values(self, message: Message, subject: ToldLoan, wording: Wording) -> Values:
        return loan_values(message, subject, wording)

    def admin_path(self, subject_id: str) -> str:
        loan_id = Loan.objects.filter(uuid=subject_id).values_list("pk", flat=True).first()
        return reverse("admin:lending_loan_change", args=[loan_id]) if loan_id else ""

    def sample(self, kind: str, venue: Venue) -> tuple[ToldLoan, MessagePayload]:
        return ToldLoan(_sample_loan(kind, venue)), _sample_payload(kind)


def _sample_loan(kind: str, venue: Venue) -> Loan:
    loan = Loan(
        venue=venue,
        resource=Resource(name="Green room"),
        borrower=User(first_name="Ada", last_name="Lovelace", email="ada@example.com"),
        requested_at=DUE - timedelta(days=7),
        status=Status.OUT,
        purpose=_("A workshop"),
    )
    if kind in (LoanMessage.AT_RISK, LoanMessage.STAFF_APPROVAL):
        loan.wanted_from, loan.wanted_until = DUE - timedelta(days=2), DUE
    return loan


def _sample_payload(kind: str) -> MessagePayload:
    is_to_fetch = kind in (LoanMessage.APPROVED, LoanMessage.PICKUP_ENDING)
    payload: MessagePayload = {
        "status": Status.APPROVED if is_to_fetch else Status.OUT,
        "due_at": "" if kind in WITHOUT_DUE else DUE.isoformat(),
        "valid_until": (DUE - timedelta(days=2)).isoformat() if is_to_fetch else "",
        "reason": _("It needs a repair.") if kind in WITH_REASON else "",
        "instead_of": "Blue room",
        "position": "2",
        "wait": [90, 400],
        "hours": 24,
        "days": 3,
    }
    if kind == LoanMessage.LAPSED:
        payload["event"] = Kind.LAPSED
    if kind in (LoanMessage.AT_RISK, LoanMessage.STAFF_AT_RISK):
        payload |= {
            "next": "00000000-0000-0000-0000-000000000000",
            "next_at": (DUE + timedelta(hours=20)).isoformat(),
            "sample": "Grace Hopper",
        }
    return payload


WITHOUT_DUE = (
    LoanMessage.REQUESTED,
    LoanMessage.DECLINED,
    LoanMessage.LAPSED,
    LoanMessage.RETURNED,
    LoanMessage.PAUSED,
    LoanMessage.MOVED,
    LoanMessage.STAFF_APPROVAL,
)
WITH_REASON = (LoanMessage.DECLINED, LoanMessage.RECALLED, LoanMessage.MOVED)


class OverdueTopic(Topic):
    """What is overdue at a venue; the subject is the venue."""

    links = {"desk_url": lambda venue: desk_path(venue.slug)}
    long = frozenset({"list"})

    def load(self, subject_id: str) -> Venue | None:
        return Venue.objects.filter(uuid=subject_id).first()

    def values(self, message: Message, subject: Venue, wording: Wording) -> Values:
        loans = [_sample_loan("", subject)]
        loans[0].due_at = DUE
        if not message.payload.get("sample"):
            overdue = Loan.objects.for_display().overdue(clock.now()).filter(venue=subject)
            loans = list(overdue.order_by("due_at", "pk"))
        lines = [_describe_overdue(loan, wording) for loan in loans[:MOST_LISTED]]
        lines += ["…"] * (len(loans) > MOST_LISTED)
        return {"number": str(len(loans)), "list": "\n".join(lines)}

    def admin_path(self, subject_id: str) -> str:
        venue = self.load(subject_id)
        return desk_path(venue.slug) if venue else ""

    def sample(self, kind: str, venue: Venue) -> tuple[Venue, MessagePayload]:
        return venue, {"sample": True}


def _describe_overdue(loan: Loan, wording: Wording) -> str:
    due = wording.moment(loan.due_at) if loan.due_at else ""
    return f"{name_thing(loan)}: {loan.who}, {due}"
