from django.utils.translation import gettext_lazy as _

from common.errors import Conflict, NotFound


class AlreadyWaiting(Conflict):
    code = "already_waiting"
    message = _("You're already on this waitlist.")


class EntryNotFound(NotFound):
    code = "not_found"
    message = _("We couldn't find that waitlist entry, or you don't have access.")


class OfferNotFound(NotFound):
    code = "not_found"
    message = _("We couldn't find that offer, or you don't have access.")


class OfferExpired(Conflict):
    """The offer was declined or accepted, or has expired."""

    code = "offer_expired"
    message = _("This offer has ended. If you're still on the waitlist, you may get another one.")
