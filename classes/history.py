"""What becomes of seats and sessions that were over long ago (``reservations.retention``)."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from classes.models import Instalment, PassUse, Payout, PlanTerm, SeatBooking, Session, Tier
from reservations.enums import Purpose
from reservations.retention import HistoryPart


def _is_needed() -> Q:
    """Credits and pay are part of the books; a session stays while anybody's seat in it does."""
    of_session = {"session__reservation": OuterRef("pk")}
    uses = PassUse.objects.filter(booking__reservation=OuterRef("pk"), returned_at=None)
    payouts = Payout.objects.filter(**of_session)
    seats = SeatBooking.objects.filter(**of_session)
    return Q(Exists(uses)) | Q(Exists(payouts)) | Q(Exists(seats))


def _remove(reservation_ids: Collection[UUID]) -> None:
    seats = list(SeatBooking.objects.filter(reservation__in=reservation_ids).values_list("pk", flat=True))
    PassUse.objects.filter(booking__in=seats).delete()
    Instalment.objects.filter(booking__in=seats).delete()
    SeatBooking.objects.filter(pk__in=seats).delete()
    sessions = list(Session.objects.filter(reservation__in=reservation_ids).values_list("pk", flat=True))
    Tier.objects.filter(session__in=sessions).delete()
    PlanTerm.objects.filter(session__in=sessions).delete()
    Session.objects.filter(pk__in=sessions).delete()


PART = HistoryPart(
    _is_needed,
    _remove,
    relations=("classes.SeatBooking.reservation", "classes.Session.reservation"),
    purposes=(Purpose.SESSION,),
)
