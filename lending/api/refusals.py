"""What lending may refuse, for the API's document."""

from common.schema_errors import Refusals
from scheduling.reasons import Reason

STATE = ("transition_not_allowed",)
OCCUPIED = (Reason.TAKEN, Reason.HELD, Reason.CAPACITY, Reason.PART_TAKEN)
RULES = (
    *("not_lendable", "overdue", Reason.LIMIT_REACHED, Reason.TOO_LONG, Reason.MEMBERS_ONLY, Reason.PAST),
    *(Reason.TOO_FAR, Reason.INACTIVE, "duplicate_reservation", "queue_first", "refused"),
)
ASKING = Refusals("LoanRequest", (*RULES, *OCCUPIED))
APPROVING = Refusals("LoanApproval", (*STATE, "not_lendable", "queue_first", "refused", *OCCUPIED))
CHANGING = Refusals("LoanChange", STATE)
HANDING = Refusals("LoanHandOut", (*STATE, "copy_taken", Reason.TOO_SOON, "refused", *OCCUPIED))
RETURNING = Refusals("LoanReturn", (*STATE, "staff_confirm_returns", "lease_over"))
RENEWING = Refusals(
    "LoanRenewal", (*STATE, "wanted", "not_renewable", Reason.LIMIT_REACHED, "refused", *OCCUPIED)
)
LEASE = Refusals("LoanLease", (*STATE, "lease_over"))
SWAPPING = Refusals("LoanSwap", (*STATE, "refused", *OCCUPIED))
COPIES = Refusals("LoanCopy", ("copy_taken", "in_use"))
