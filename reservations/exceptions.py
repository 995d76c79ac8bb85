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
    message = _("This time was just taken. Choose another one.")
    resource_id: int | None = None
    """Which of several has been taken, as far as is known."""


class CapacityReached(Conflict):
    code = "capacity"
    message = _("Not enough places left at this time. Choose fewer or another time.")
    resource_id: int | None = None


class TooManyHolds(DomainError):
    """Of one guest at once."""

    code = "too_many_holds"
    status = 429
    message = _("You have too many times in your cart. Book or remove some first.")
    retry_after = 60


class HoldExpired(Conflict):
    """The hold expired and its time could not be claimed again."""

    code = "hold_expired"
    message = _("Your hold has expired. Choose a time again.")


class TransitionNotAllowed(DomainError):
    code = "transition_not_allowed"
    message = _("This isn't possible in the booking's current status.")


class ReservationNotFound(NotFound):
    code = "not_found"
    message = _("We couldn't find that booking, or you don't have access.")


class StaleVersion(Conflict):
    code = "stale_version"


class CartRefused(Conflict):
    """``extra["refused"]`` lists the holds that cannot be booked, with reasons."""

    code = "cart_refused"
    message = _("Some of these can't be booked. Nothing was changed.")


class SeriesRefused(Conflict):
    """``extra["refused"]`` lists the times that are not available, with reasons."""

    code = "series_refused"
    message = _("Some of these times aren't available. Nothing was changed.")
