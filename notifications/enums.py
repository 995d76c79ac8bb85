"""What is told to whom, by which way, and what became of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What a message is about."""

    REQUESTED = "requested", _("Request received")
    CONFIRMED = "confirmed", _("Booking confirmed")
    DECLINED = "declined", _("Request declined")
    CHANGED = "changed", _("Booking changed")
    CANCELLED = "cancelled", _("Booking cancelled")
    REMINDER = "reminder", _("Reminder")
    CHECK_IN = "check_in", _("Checked in")
    NO_SHOW = "no_show", _("No-show")
    PAYMENT = "payment", _("Payment received")
    REFUND = "refund", _("Refund made")
    LINK = "link", _("Link sent again")
    WAITLIST_JOINED = "waitlist_joined", _("Waitlist joined")
    WAITLIST_OFFERED = "waitlist_offered", _("Waitlist: a time is free")
    WAITLIST_EXPIRED = "waitlist_expired", _("Waitlist: offer expired")
    STAFF_BOOKING = "staff_booking", _("Staff: new booking")
    STAFF_APPROVAL = "staff_approval", _("Staff: approval needed")
    STAFF_CHANGED = "staff_changed", _("Staff: customer changed a booking")
    STAFF_CANCELLED = "staff_cancelled", _("Staff: customer cancelled")
    STAFF_REFUND_FAILED = "staff_refund_failed", _("Staff: refund failed")


WAITLIST = frozenset({Kind.WAITLIST_JOINED, Kind.WAITLIST_OFFERED, Kind.WAITLIST_EXPIRED})
STAFF = frozenset(kind for kind in Kind if kind.startswith("staff_"))
URGENT = frozenset({Kind.REMINDER, Kind.CHANGED, Kind.CANCELLED, Kind.WAITLIST_OFFERED})
"""Also sent as a text message to those who want that."""


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("Text message")


class Status(models.TextChoices):
    """``sending``: a worker has claimed it; when its lease runs out, another one may."""

    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    BOUNCED = "bounced", _("Bounced")
    COMPLAINED = "complained", _("Marked as spam")
    CANCELLED = "cancelled", _("No longer needed")
    SUPPRESSED = "suppressed", _("Not sent: address refuses mail")


ON_ITS_WAY = (Status.WAITING, Status.SENDING)
REFUSED = (Status.BOUNCED, Status.COMPLAINED)
"""As long as an address's last message ended like this, nothing more is sent there."""
