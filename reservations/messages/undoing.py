"""Messages about what staff may have clicked by mistake: they wait, and what was taken back is not told."""

from datetime import timedelta

from django.utils.translation import gettext as _

from notifications.models import Message
from reservations.enums import Status
from reservations.messages.names import BookingMessage
from reservations.models import Reservation

TIME_TO_UNDO = timedelta(minutes=5)
STATUS_TOLD = {
    BookingMessage.CHECK_IN: frozenset({Status.CHECKED_IN, Status.COMPLETED}),
    BookingMessage.NO_SHOW: frozenset({Status.NO_SHOW}),
}
"""Kinds, each with the states in which it is still true."""


def why_undone(message: Message) -> str:
    """Empty while what the message tells is still so."""
    reservation: Reservation | None = message.about
    if reservation is not None and reservation.status in STATUS_TOLD[BookingMessage(message.kind)]:
        return ""
    return _("Staff have taken it back.")
