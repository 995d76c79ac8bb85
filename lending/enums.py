from django.db import models
from django.utils.translation import gettext_lazy as _

PRODUCT = "lending"
SUBJECT = "loan"


class Status(models.TextChoices):
    REQUESTED = "requested", _("Waiting")
    APPROVED = "approved", _("Ready to pick up")
    OUT = "out", _("On loan")
    RETURNED = "returned", _("Returned")
    CANCELLED = "cancelled", _("Cancelled")
    DECLINED = "declined", _("Declined")
    EXPIRED = "expired", _("Expired")
    LOST = "lost", _("Lost")


LIVE = (Status.REQUESTED, Status.APPROVED, Status.OUT)
HAVING = (Status.APPROVED, Status.OUT)
"""Has a unit, or may fetch it."""
OCCUPYING = (*HAVING, Status.LOST)
WITH_RESERVATION = (*OCCUPYING, Status.RETURNED)

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.REQUESTED: frozenset({Status.APPROVED, Status.CANCELLED, Status.DECLINED, Status.EXPIRED}),
    Status.APPROVED: frozenset({Status.OUT, Status.CANCELLED, Status.EXPIRED}),
    Status.OUT: frozenset({Status.RETURNED, Status.LOST}),
    Status.LOST: frozenset({Status.RETURNED}),
    Status.RETURNED: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.DECLINED: frozenset(),
    Status.EXPIRED: frozenset(),
}


class Kind(models.TextChoices):
    """What happened to a loan."""

    REQUESTED = "requested", _("Requested")
    IN_TURN = "in_turn", _("Next in line")
    APPROVED = "approved", _("Approved")
    DECLINED = "declined", _("Declined")
    HANDED_OUT = "handed_out", _("Handed out")
    RENEWED = "renewed", _("Renewed")
    KEPT_ALIVE = "kept_alive", _("Kept")
    RECALLED = "recalled", _("Recalled")
    OVERDUE = "overdue", _("Overdue")
    AT_RISK = "at_risk", _("Next booking at risk")
    RETURNED = "returned", _("Returned")
    PARTED = "parted", _("Partly returned")
    FORCED = "forced", _("Returned by staff")
    LAPSED = "lapsed", _("Time ran out")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")
    LOST = "lost", _("Lost")
    FOUND = "found", _("Found")
    SUSPENDED = "suspended", _("Paused")
    RESUMED = "resumed", _("Resumed")
    MOVED = "moved", _("Moved in the queue")
    SWAPPED = "swapped", _("Swapped")
    EDITED = "edited", _("Details changed")


class CopyState(models.TextChoices):
    IN_SERVICE = "in_service", _("In service")
    REPAIR = "repair", _("In repair")
    LOST = "lost", _("Lost")


class Approval(models.TextChoices):
    INSTANT = "instant", _("At once")
    MANUAL = "manual", _("Staff approve every loan")


class QueueRule(models.TextChoices):
    FIFO = "fifo", _("First come, first served")
    FAIR = "fair", _("Fair share: who had less goes first")


class Audience(models.TextChoices):
    SIGNED_IN = "signed_in", _("People with an account")
    MEMBERS = "members", _("Members of the venue")


class ReturnBy(models.TextChoices):
    HOLDER = "holder", _("The borrower")
    STAFF = "staff", _("Staff")


class NamesShown(models.TextChoices):
    EVERYBODY = "everybody", _("To everyone")
    INITIALS = "initials", _("Initials only")
    STAFF = "staff", _("To staff only")


class Away(models.TextChoices):
    """Why what was booked cannot be handed out though its dates have come."""

    LATE = "late", _("This isn't back yet.")
    LOST = "lost", _("This is lost. It can be handed out once it's found.")
    FEW = "few", _("There are fewer of this now than were booked.")


class Skip(models.TextChoices):
    """Why somebody was passed over; they keep their place."""

    INACTIVE = "inactive", _("The account is closed or suspended")
    MEMBERS_ONLY = "members_only", _("Not a member")
    OVERDUE = "overdue", _("Has something overdue")
    MAX_OUT = "max_out", _("Has as many as allowed")
    SUSPENDED = "suspended", _("Paused")
    MORE_UNITS = "more_units", _("Wants more than was free")
    TOO_MANY = "too_many", _("Wants more than there are now")
    FAILED = "failed", _("Something went wrong; we'll try again")
