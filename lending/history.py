"""What becomes of loans whose reservation was over long ago (``reservations.retention``)."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from lending.enums import OCCUPYING, SUBJECT
from lending.models import Loan, LoanEvent
from notifications.services.forgetting import remove_messages
from reservations.enums import Purpose
from reservations.retention import HistoryPart


def _is_needed() -> Q:
    """It is not back."""
    return Q(Exists(Loan.objects.filter(reservation=OuterRef("pk"), status__in=OCCUPYING)))


def _remove(reservation_ids: Collection[UUID]) -> None:
    loans = Loan.objects.filter(reservation__in=reservation_ids)
    ids = dict(loans.order_by().values_list("pk", "uuid"))
    events = LoanEvent.objects.filter(loan__in=ids)
    events._raw_delete(events.db)
    remove_messages(SUBJECT, map(str, ids.values()))
    gone = Loan.objects.filter(pk__in=ids)
    gone._raw_delete(gone.db)


PART = HistoryPart(_is_needed, _remove, relations=("lending.Loan.reservation",), purposes=(Purpose.LOAN,))
