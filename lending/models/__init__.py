from lending.models.loans import LONGEST_PAUSE, Loan, LoanEvent
from lending.models.rules import LendingRules
from lending.models.things import Copy, Lendable, Queue

__all__ = ["LONGEST_PAUSE", "Copy", "Lendable", "LendingRules", "Loan", "LoanEvent", "Queue"]
