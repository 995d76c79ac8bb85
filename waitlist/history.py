"""What becomes of offers and entries whose booking was over long ago (``reservations.retention``)."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from notifications.services.forgetting import remove_messages
from reservations.retention import HistoryPart
from waitlist.models import SUBJECT, WaitlistEntry, WaitlistOffer


def _is_needed() -> Q:
    """Somebody is still waiting, or has not answered."""
    offers = WaitlistOffer.objects.filter(reservation=OuterRef("pk"))
    is_open = Q(outcome=WaitlistOffer.Outcome.OPEN) | Q(entry__status__in=WaitlistEntry.ACTIVE)
    return Q(Exists(offers.filter(is_open)))


def _remove(reservation_ids: Collection[UUID]) -> None:
    offers = WaitlistOffer.objects.filter(reservation__in=reservation_ids)
    entry_ids = list(offers.values_list("entry", flat=True))
    offers.delete()
    left = WaitlistOffer.objects.filter(entry=OuterRef("pk"))
    over = WaitlistEntry.objects.filter(~Exists(left), pk__in=entry_ids)
    remove_messages(SUBJECT, map(str, over.values_list("pk", flat=True)))
    over.delete()


PART = HistoryPart(_is_needed, _remove, relations=("waitlist.WaitlistOffer.reservation",))
