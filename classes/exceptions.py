from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from common.errors import Conflict, DomainError, NotFound


class SessionNotFound(NotFound):
    message = _("We couldn't find that session.")


class ProfileNotFound(NotFound):
    message = _("Facilitator profile not found.")


class BookingNotFound(NotFound):
    message = _("We couldn't find that booking, or you don't have access.")


class SessionNotAvailable(DomainError):
    """Cancelled, over, begun or not published yet."""

    code = "session_not_available"
    message = _("This session can't be booked.")


class FullyBooked(DomainError):
    """``extra["waitlist"]``: whether people can wait for a seat."""

    code = "fully_booked"
    message = _("This session is fully booked.")


class StillBooked(Conflict):
    """``extra["booked"]``: how many seats are sold."""

    code = "still_booked"
    message = _("More seats are booked than that. Choose a larger capacity.")


class WaitlistClosed(DomainError):
    code = "waitlist_closed"
    message = _("The waitlist for this session is closed.")


class WaitlistFull(Conflict):
    code = "waitlist_full"
    message = _("The waitlist for this session is full.")


class AlreadyBooked(DomainError):
    code = "already_booked"
    message = _("You've already booked this session.")


class HasBegun(DomainError):
    code = "has_begun"
    message = _("This session has already begun.")


class NotApproved(DomainError):
    """A facilitator whom nobody has approved yet."""

    code = "not_approved"
    status = 403
    message = _("Your profile hasn't been approved yet.")


class LeftTheTeam(NotApproved):
    """They led sessions here and are no longer of the venue's team."""

    message = _("They are no longer on this venue's team. Invite them again, or choose someone else.")


class ToldOften(DomainError):
    """People have had as many mails at the press of a button as may be; later there may be more."""

    code = "told_often"
    status = 429

    def __init__(self, most: int, wait: timedelta) -> None:
        super().__init__(self.message % {"most": most})
        self.retry_after = max(int(wait.total_seconds()), 1)


class WrittenOften(ToldOften):
    message = _("You've written %(most)d messages about this session within a day. Write the next one later.")


class AskedOften(ToldOften):
    message = _("Your colleagues were asked %(most)d times within a day. Ask them again later.")


class PassNotValid(DomainError):
    code = "pass_not_valid"
    message = _("This pass isn't valid for this session.")


class PayoutSettled(DomainError):
    code = "payout_settled"
    message = _("This payout has been settled already.")
