from django.utils.translation import gettext_lazy as _

from common.errors import Conflict, NotFound


class AlreadyWaiting(Conflict):
    code = "already_waiting"
    message = _("You are on the waitlist for this already.")


class EntryNotFound(NotFound):
    code = "not_found"
    message = _("There is no such waitlist entry, or it is not yours to see.")


class OfferNotFound(NotFound):
    code = "not_found"
    message = _("There is no such offer, or it is not yours to see.")


class OfferExpired(Conflict):
    """The offer was declined or accepted, or has expired."""

    code = "offer_expired"
    message = _("This offer is over. If you still wait, you will be asked again.")
