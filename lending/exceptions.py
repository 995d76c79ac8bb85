from django.utils.translation import gettext_lazy as _

from common.errors import Conflict, DomainError, Forbidden, NotFound


class LoanRefused(DomainError):
    """A rule of lending forbids it; ``code`` says which one (HTTP 400)."""

    code = "refused"


class LoanNotFound(NotFound):
    code = "not_found"
    message = _("We couldn't find that loan, or you don't have access.")


class LoanRanOut(LoanNotFound):
    """They had it, or waited for it, and their time for that ran out."""

    code = "ran_out"
    message = _("Your time for this has run out. Request it again.")


class NotLendable(LoanRefused):
    code = "not_lendable"
    message = _("This can't be borrowed right now.")


class AlreadyRequested(Conflict):
    code = "duplicate_reservation"
    message = _("You already have this, or are waiting for it.")


class PeopleWait(Conflict):
    """Somebody waits who could be served; staff may override it."""

    code = "wanted"
    message = _("Someone is waiting for this, so it can't be renewed.")


class QueueFirst(Conflict):
    """The next in line has been told when they get it: that date is a promise."""

    code = "queue_first"
    message = _("Someone in the queue gets it during this time. Choose other dates.")


class LeaseOver(Conflict):
    code = "lease_over"
    message = _("Your time has run out. Request it again.")


class CopyTaken(Conflict):
    code = "copy_taken"
    message = _("Someone else has this copy. Check the code.")


class ThingExists(Conflict):
    code = "resource_exists"
    message = _("This name is used already.")


class StaffConfirmReturns(Forbidden):
    code = "staff_confirm_returns"
    message = _("Staff confirm returns here. Hand it back at the desk.")


class Moved(Exception):
    """What was to be locked is no longer what it was: look again. Nobody is told."""
