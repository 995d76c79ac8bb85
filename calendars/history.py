"""Events of external calendars go with the blocks that they made (``reservations.retention``)."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q

from calendars.models import ExternalEvent
from reservations.retention import HistoryPart


def _is_needed() -> Q:
    return Q(pk__in=())


def _remove(reservation_ids: Collection[UUID]) -> None:
    ExternalEvent.objects.filter(reservation__in=reservation_ids).delete()


HISTORY = HistoryPart(_is_needed, _remove, relations=("calendars.ExternalEvent.reservation",))
