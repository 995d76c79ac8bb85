"""The instalments of a booking, for its page and its mails."""

from collections.abc import Iterable

from classes.enums import PRODUCT, InstalmentStatus
from classes.models import Instalment
from reservations.domain.parts import Part
from reservations.models import Reservation


def read_instalments(reservation: Reservation) -> Iterable[Part]:
    """One query, and none for bookings of other things."""
    if not any(item.resource.extension == PRODUCT for item in reservation.items.all()):
        return []
    rows = Instalment.objects.filter(booking__reservation=reservation.pk)
    parts = rows.exclude(status=InstalmentStatus.CANCELLED).order_by("position", "pk")
    return [Part(part.due_on, part.amount, part.status == InstalmentStatus.PAID) for part in parts]
