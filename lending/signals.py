from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.dispatch import Signal

from lending.enums import Kind

if TYPE_CHECKING:
    from lending.models import Loan
    from reservations.domain.values import Actor

loans_changed = Signal()
"""``changes`` (``LoanChange``); sent in the transaction, a receiver that raises undoes it."""


@dataclass(frozen=True, slots=True)
class LoanChange:
    """``is_automatic``: by the hour or the queue, not by a person. ``extra`` goes into the history."""

    loan: "Loan"
    kind: Kind
    actor: "Actor"
    is_automatic: bool
    extra: dict[str, Any] = field(default_factory=dict)
