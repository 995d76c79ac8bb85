"""Messages about what staff may have clicked by mistake: they wait, and what was taken back is not told."""

from datetime import timedelta

from django.utils.translation import gettext as _

from notifications.models import Message
from reservations.enums import EventKind, Status
from reservations.messages.names import BookingMessage
from reservations.models import Reservation

TIME_TO_UNDO = timedelta(minutes=5)
STATUS_TOLD = {
    BookingMessage.CHECK_IN: (Status.CHECKED_IN, Status.COMPLETED),
    BookingMessage.NO_SHOW: (Status.NO_SHOW,),
}
"""Kinds, each with the states in which it is still true, first that of which it tells."""


def why_undone(message: Message) -> str:
    """Empty while what the message tells is still so."""
    reservation: Reservation | None = message.about
    states = STATUS_TOLD[BookingMessage(message.kind)]
    if reservation is None or reservation.status not in states:
        return _("Staff have undone this.")
    # Done again since: that has a message of its own.
    undone = reservation.events.filter(kind=EventKind.UNDONE, old_status=states[0], at__gt=message.created_at)
    return _("Staff have undone this.") if undone.exists() else ""
