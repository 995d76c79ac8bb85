from lending.models.loans import Loan, LoanEvent
from lending.models.rules import LendingRules
from lending.models.things import Copy, Lendable, Queue

__all__ = ["Copy", "Lendable", "LendingRules", "Loan", "LoanEvent", "Queue"]
