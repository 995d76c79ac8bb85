from django.utils.translation import gettext_lazy as _

from common.errors import Conflict, DomainError, NotFound


class BookingRefused(DomainError):
    """A rule forbids this booking; ``code`` says which one (HTTP 400)."""

    code = "refused"


class ConfigurationMoved(Exception):
    """The venue's configuration is not the one by which was chosen: choose again. Nobody is told."""


class SlotTaken(Conflict):
    """Somebody else has the time (``taken``, ``held``, ``part_taken``)."""

    code = "taken"
    message = _("This time has just been taken.")
    resource_id: int | None = None
    """Which of several has been taken, as far as is known."""


class CapacityReached(Conflict):
    code = "capacity"
    message = _("There are not enough places left at this time.")
    resource_id: int | None = None


class TooManyHolds(DomainError):
    """Of one guest at once."""

    code = "too_many_holds"
    status = 429
    message = _("You're holding too many times at once. Book or release some of them first.")
    retry_after = 60


class HoldExpired(Conflict):
    """The hold expired and its time could not be claimed again."""

    code = "hold_expired"
    message = _("Your hold has run out. Please choose a time again.")


class TransitionNotAllowed(DomainError):
    code = "transition_not_allowed"
    message = _("This is not possible in the reservation's present state.")


class ReservationNotFound(NotFound):
    code = "not_found"
    message = _("There is no such reservation, or it is not yours to see.")


class StaleVersion(Conflict):
    code = "stale_version"


class CartRefused(Conflict):
    """``extra["refused"]`` lists the holds that cannot be booked, with reasons."""

    code = "cart_refused"
    message = _("Not all of these can be booked. Nothing was changed.")


class SeriesRefused(Conflict):
    """``extra["refused"]`` lists the times that are not available, with reasons."""

    code = "series_refused"
    message = _("Not all of these times can be had. Nothing was changed.")
