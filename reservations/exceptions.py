"""Why a booking was refused. Codes are those of ``scheduling.reasons.Reason``; docs/errors.md lists them."""

from django.utils.translation import gettext_lazy as _

from common.errors import Conflict, DomainError, NotFound


class BookingRefused(DomainError):
    """The rules of the resource forbid this booking; ``code`` says which one (HTTP 400)."""

    code = "refused"


class SlotTaken(Conflict):
    """Somebody else has the time (``taken``, ``held``, ``part_taken``)."""

    code = "taken"
    message = _("This time has just been taken.")


class CapacityReached(Conflict):
    """Fewer units are left than asked for."""

    code = "capacity"
    message = _("There are not enough places left at this time.")


class HoldExpired(Conflict):
    """The hold ran out and its time could not be claimed again."""

    code = "hold_expired"
    message = _("Your hold has run out. Please choose a time again.")


class TransitionNotAllowed(DomainError):
    """The reservation's status does not allow this."""

    code = "transition_not_allowed"
    message = _("This is not possible in the reservation's present state.")


class ReservationNotFound(NotFound):
    code = "not_found"
    message = _("There is no such reservation, or it is not yours to see.")


class StaleVersion(Conflict):
    """Somebody changed the reservation after it was read."""

    code = "stale_version"


class CartRefused(Conflict):
    """Some of several holds cannot be booked; ``extra["refused"]`` names each with its reason."""

    code = "cart_refused"
    message = _("Not all of these can be booked. Nothing was changed.")


class SeriesRefused(Conflict):
    """Some of several times cannot be had; ``extra["refused"]`` names each with its reason."""

    code = "series_refused"
    message = _("Not all of these times can be had. Nothing was changed.")
