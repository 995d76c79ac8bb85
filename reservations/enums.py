from django.db import models
from django.utils.translation import gettext_lazy as _

SUBJECT = "reservation"


class Status(models.TextChoices):
    HELD = "held", _("Held")
    PENDING = "pending", _("Awaiting approval")
    CONFIRMED = "confirmed", _("Confirmed")
    CHECKED_IN = "checked_in", _("Checked in")
    COMPLETED = "completed", _("Completed")
    CANCELLED = "cancelled", _("Cancelled")
    DECLINED = "declined", _("Declined")
    EXPIRED = "expired", _("Expired")
    NO_SHOW = "no_show", _("No-show")


OCCUPYING = frozenset({Status.HELD, Status.PENDING, Status.CONFIRMED, Status.CHECKED_IN, Status.COMPLETED})
"""States that keep their time; an expired hold does not count, whatever its status."""
ACTIVE = frozenset({Status.PENDING, Status.CONFIRMED, Status.CHECKED_IN})
"""States that count towards a customer's limits."""
NEVER_BOOKED = (Status.HELD, Status.EXPIRED)
CANCELLABLE = frozenset({Status.HELD, Status.PENDING, Status.CONFIRMED})
RESCHEDULABLE = frozenset({Status.PENDING, Status.CONFIRMED})
EDITABLE = frozenset({Status.PENDING, Status.CONFIRMED, Status.CHECKED_IN})
"""States in which requests and contact may still change."""

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.HELD: frozenset({Status.PENDING, Status.CONFIRMED, Status.CANCELLED, Status.EXPIRED}),
    Status.PENDING: frozenset({Status.CONFIRMED, Status.DECLINED, Status.CANCELLED, Status.EXPIRED}),
    Status.CONFIRMED: frozenset(
        {Status.PENDING, Status.CHECKED_IN, Status.COMPLETED, Status.CANCELLED, Status.NO_SHOW}
    ),
    Status.CHECKED_IN: frozenset({Status.COMPLETED}),
    Status.COMPLETED: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.DECLINED: frozenset(),
    Status.EXPIRED: frozenset(),
    Status.NO_SHOW: frozenset({Status.CHECKED_IN}),
}
"""``CONFIRMED -> PENDING``: moved by its customer where staff approve.
``NO_SHOW -> CHECKED_IN``: the guest came after all; the guard checks it like any new claim.
"""


UNDOABLE: dict[Status, frozenset[Status]] = {
    Status.CHECKED_IN: frozenset({Status.CONFIRMED, Status.NO_SHOW}),
    Status.COMPLETED: frozenset({Status.CHECKED_IN, Status.CONFIRMED}),
    Status.NO_SHOW: frozenset({Status.CONFIRMED}),
}
"""States that staff may take back, each with those it can have come from."""


class Source(models.TextChoices):
    WEB = "web", _("Website")
    STAFF = "staff", _("Staff")
    API = "api", _("API")
    WAITLIST = "waitlist", _("Waitlist")
    IMPORT = "import", _("Import")
    SYSTEM = "system", _("Automatic")


class Consent(models.TextChoices):
    """How somebody agreed to text messages."""

    PAGE = "page", _("Website form")
    API = "api", _("API")
    PHONE = "phone", _("In person or by phone")


class Purpose(models.TextChoices):
    BOOKING = "booking", _("Booking")
    EVENT = "event", _("Event")
    BLOCK = "block", _("Maintenance or block")
    LOAN = "loan", _("Loan")
    SESSION = "session", _("Class or course")


OF_VENUE = (Purpose.EVENT, Purpose.BLOCK, Purpose.SESSION)
"""Nobody's booking: anybody may read the title, which says who or what has the time."""
MANAGED = (Purpose.LOAN, Purpose.SESSION)
"""In the charge of a product, which alone changes and ends them, and tells people about them."""
TOLD_BY_PRODUCT = tuple(purpose for purpose in MANAGED if purpose not in OF_VENUE)
"""Of these the product alone knows whose names it may tell; the others are nobody's."""
CHOSEN_BY_STAFF = (Purpose.BOOKING, Purpose.EVENT, Purpose.BLOCK)


class EventKind(models.TextChoices):
    HELD = "held", _("Held")
    BOOKED = "booked", _("Booked")
    CONFIRMED = "confirmed", _("Confirmed")
    DECLINED = "declined", _("Declined")
    RESCHEDULED = "rescheduled", _("Rescheduled")
    CANCELLED = "cancelled", _("Cancelled")
    CHECKED_IN = "checked_in", _("Checked in")
    COMPLETED = "completed", _("Completed")
    NO_SHOW = "no_show", _("No-show")
    EXPIRED = "expired", _("Expired")
    EDITED = "edited", _("Details changed")
    EXTENDED = "extended", _("Hold extended")
    ADJUSTED = "adjusted", _("Held resources changed")
    UNDONE = "undone", _("Undone")


MOVE_DECLINED = "move_declined"
"""Among an event's changes: staff refused a move, and what was agreed before holds again."""
