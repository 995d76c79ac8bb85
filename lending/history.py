"""What becomes of loans that were over long ago (``reservations.retention``)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from lending.enums import OCCUPYING, SUBJECT, Status
from lending.models import Loan, LoanEvent
from notifications.services.forgetting import remove_messages
from reservations.enums import Purpose
from reservations.retention import HistoryPart

NEVER_HAD = (Status.CANCELLED, Status.DECLINED, Status.EXPIRED)


def _is_needed() -> Q:
    """It is not back."""
    return Q(Exists(Loan.objects.filter(reservation=OuterRef("pk"), status__in=OCCUPYING)))


def _remove(reservation_ids: Collection[UUID]) -> None:
    _remove_loans(Loan.objects.filter(reservation__in=reservation_ids))


def _list_others(venue_id: int, before: datetime) -> QuerySet[Loan, int]:
    """Requests that came to nothing; what was lent has a reservation and goes with it."""
    over = Loan.objects.filter(venue=venue_id, status__in=NEVER_HAD, ended_at__lt=before)
    return over.order_by("pk").values_list("pk", flat=True)


def _remove_others(ids: Collection[int]) -> int:
    return _remove_loans(Loan.objects.filter(pk__in=ids))


def _remove_loans(loans: QuerySet[Loan]) -> int:
    ids = dict(loans.order_by().values_list("pk", "uuid"))
    events = LoanEvent.objects.filter(loan__in=ids)
    number = events._raw_delete(events.db)
    remove_messages(SUBJECT, map(str, ids.values()))
    gone = Loan.objects.filter(pk__in=ids)
    gone._raw_delete(gone.db)
    return number


PART = HistoryPart(
    _is_needed,
    _remove,
    relations=("lending.Loan.reservation",),
    purposes=(Purpose.LOAN,),
    others=_list_others,
    remove_others=_remove_others,
)
