from django.db import models
from django.utils.translation import gettext_lazy as _


class LoanMessage(models.TextChoices):
    REQUESTED = "loan_requested", _("Loan requested")
    APPROVED = "loan_approved", _("Loan approved")
    DECLINED = "loan_declined", _("Loan declined")
    PICKUP_ENDING = "loan_pickup_ending", _("Loan: pick it up soon")
    DUE = "loan_due", _("Loan due soon")
    OVERDUE = "loan_overdue", _("Loan overdue")
    RECALLED = "loan_recalled", _("Loan recalled")
    LAPSED = "loan_lapsed", _("Loan: time ran out")
    RETURNED = "loan_returned", _("Loan returned")
    RENEWED = "loan_renewed", _("Loan renewed by staff")
    SWAPPED = "loan_swapped", _("Loan swapped")
    LOST = "loan_lost", _("Loan marked as lost")
    PAUSED = "loan_paused", _("Place paused by staff")
    MOVED = "loan_moved", _("Place moved by staff")
    AT_RISK = "loan_at_risk", _("Loan at risk")
    STAFF_APPROVAL = "staff_loan_approval", _("Staff: loan to approve")
    STAFF_AT_RISK = "staff_loan_at_risk", _("Staff: next booking at risk")


STAFF = frozenset(kind for kind in LoanMessage if kind.startswith("staff_"))
URGENT = frozenset(
    {
        LoanMessage.APPROVED,
        LoanMessage.PICKUP_ENDING,
        LoanMessage.OVERDUE,
        LoanMessage.RECALLED,
        LoanMessage.AT_RISK,
    }
)
DIGEST = "staff_loan_overdue"
BOOKING_AT_RISK = "booking_at_risk"
"""About a booking, which has no loan, of something that is still out."""
OVERDUE_AT_VENUE = "overdue_loans"
"""The type of subjects of the digest: venues."""
