from collections.abc import Iterable
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import privacy
from accounts.privacy import Person, Traces
from common.subjects import Subject
from lending.enums import SUBJECT, Status
from lending.messages.names import OVERDUE_AT_VENUE
from lending.models import Loan, LoanEvent
from lending.querysets import LoanQuerySet
from lending.services import cancel_loan
from reservations.domain.values import Actor
from reservations.enums import Purpose
from reservations.models import Reservation

PERSONAL_CHANGES = ("purpose", "reason", "condition")
"""The only entries of the history's ``changes`` that the database lets go."""
COLUMNS = (
    *("id", "units", "status", "wanted_from", "wanted_until", "period", "purpose", "requested_at"),
    *("approved_at", "handed_out_at", "due_at", "ended_at", "reason", "renewals_used", "suspended_until"),
    *("condition_out", "condition_in", "accessories", "missing"),
)


def loans_of_person(person: Person) -> LoanQuerySet:
    """Nobody borrows without an account."""
    if person.only or person.account is None:
        return Loan.objects.none()
    loans = Loan.objects.filter(borrower=person.account)
    return loans.filter(venue=person.venue_id) if person.venue_id else loans


def _describe_loan(loan: Loan) -> dict[str, Any]:
    events = [
        {"at": event.at, "kind": event.kind, "status": event.new_status, "changes": event.changes}
        for event in loan.events.all()
    ]
    columns = {name: getattr(loan, name) for name in COLUMNS}
    copy = loan.copy.code if loan.copy else ""
    return columns | {"venue": loan.venue.name, "what": loan.thing.name, "copy": copy, "history": events}


class LendingPart(privacy.Part):
    sections = {"loans": "With their history"}
    covers = ("lending.Loan.borrower",)
    left_out = {
        "lending.Loan.requested_by": "Who asked on behalf of others tells of the others.",
        "lending.Loan.decided_by": "What staff decided tells of the borrowers.",
        "lending.LoanEvent.actor": "What somebody did to others' loans tells of the others.",
        "lending.HistoricalLendingRules.history_user": "Work for a venue, not personal use.",
        "lending.HistoricalLendable.history_user": "Work for a venue, not personal use.",
        "lending.HistoricalCopy.history_user": "Work for a venue, not personal use.",
    }

    def read(self, person: Person) -> dict[str, Any]:
        loans = loans_of_person(person).select_related("venue", "resource", "group", "copy")
        return {"loans": [_describe_loan(loan) for loan in loans.prefetch_related("events").order_by("pk")]}

    def subjects(self, person: Person) -> Iterable[Subject]:
        loans = loans_of_person(person)
        own = [Subject(SUBJECT, str(uuid)) for uuid in loans.values_list("uuid", flat=True)]
        # Staff's daily lists name who has something overdue.
        venues = loans.filter(due_at__isnull=False).order_by().values_list("venue__uuid", flat=True)
        return own + [Subject(OVERDUE_AT_VENUE, str(uuid)) for uuid in venues.distinct()]

    def obstacles(self, person: Person) -> list[str]:
        kept = loans_of_person(person).filter(status__in=(Status.OUT, Status.LOST))
        sentences = {
            Status.OUT: _("You still have %(what)s from %(venue)s. Bring it back first."),
            Status.LOST: _("You lost %(what)s from %(venue)s. Settle that with them first."),
        }
        return [
            sentences[Status(loan.status)] % {"what": loan.thing.name, "venue": loan.venue.name}
            for loan in kept.select_related("venue", "resource", "group").order_by("pk")
        ]

    # Before bookings are cancelled: what that frees must not be given to the same person.
    def end_quietly(self, person: Person) -> None:
        open_loans = loans_of_person(person).filter(status__in=(Status.REQUESTED, Status.APPROVED))
        for uuid in open_loans.order_by("status", "pk").values_list("uuid", flat=True):
            cancel_loan(loan_id=uuid, actor=Actor(person.account))

    def losses(self, person: Person) -> list[str]:
        open_loans = loans_of_person(person).filter(status__in=(Status.REQUESTED, Status.APPROVED)).count()
        sentence = ngettext(
            "%(number)d request to borrow something will be cancelled.",
            "%(number)d requests to borrow something will be cancelled.",
            open_loans,
        ) % {"number": open_loans}
        return [sentence] if open_loans else []

    def erase(self, person: Person, traces: Traces) -> None:
        loans = loans_of_person(person)
        ids = list(loans.values_list("pk", flat=True))
        _forget_history(ids)
        # What was lent is in our charge, and so is the name on it; given up or fetched.
        Reservation.objects.filter(customer=person.account, purpose=Purpose.LOAN).update(
            customer_name="",
            customer_email="",
            customer_phone="",
            link_version=F("link_version") + 1,
            version=F("version") + 1,
        )
        loans.update(purpose="", reason="", condition_out="", condition_in="", version=F("version") + 1)


def _forget_history(ids: list[int]) -> None:
    is_personal = Q(pk__in=())
    for key in PERSONAL_CHANGES:
        is_personal |= Q(changes__has_key=key)
    for event in LoanEvent.objects.filter(is_personal, loan__in=ids):
        others = {key: value for key, value in event.changes.items() if key not in PERSONAL_CHANGES}
        LoanEvent.objects.filter(pk=event.pk).update(changes=others)
