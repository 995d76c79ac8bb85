"""Why the waitlist refuses; what it shares with bookings is in ``reservations.exceptions``."""

from django.utils.translation import gettext_lazy as _

from common.errors import Conflict, NotFound


class AlreadyWaiting(Conflict):
    """The same person waits for the same thing, date and time window."""

    code = "already_waiting"
    message = _("You are on the waitlist for this already.")


class EntryNotFound(NotFound):
    code = "not_found"
    message = _("There is no such waitlist entry, or it is not yours to see.")


class OfferNotFound(NotFound):
    code = "not_found"
    message = _("There is no such offer, or it is not yours to see.")


class OfferExpired(Conflict):
    """It was declined, accepted or has run out."""

    code = "offer_expired"
    message = _("This offer is over. If you still wait, you will be asked again.")
