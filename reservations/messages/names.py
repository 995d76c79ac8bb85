from django.db import models
from django.utils.translation import gettext_lazy as _


class BookingMessage(models.TextChoices):
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
    STAFF_BOOKING = "staff_booking", _("Staff: new booking")
    STAFF_APPROVAL = "staff_approval", _("Staff: approval needed")
    STAFF_CHANGED = "staff_changed", _("Staff: customer changed a booking")
    STAFF_CANCELLED = "staff_cancelled", _("Staff: customer cancelled")
    STAFF_REFUND_FAILED = "staff_refund_failed", _("Staff: refund failed")


STAFF = frozenset(kind for kind in BookingMessage if kind.startswith("staff_"))
URGENT = frozenset({BookingMessage.REMINDER, BookingMessage.CHANGED, BookingMessage.CANCELLED})
INVITING = frozenset(
    {
        BookingMessage.REQUESTED,
        BookingMessage.CONFIRMED,
        BookingMessage.CHANGED,
        BookingMessage.CANCELLED,
        BookingMessage.DECLINED,
    }
)
