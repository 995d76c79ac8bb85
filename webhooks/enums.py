"""What is told to other programs, and how far telling it has come."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Preset(models.TextChoices):
    """What the body looks like; docs/webhooks.md describes each."""

    GENERIC = "generic", _("Events, signed")
    CRM = "crm", _("Customers and bookings for a CRM")
    EMAIL = "email_service", _("Confirmations for an e-mail service")
    NOTIFICATION = "notification_service", _("News of bookings for staff")


class Status(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Delivered")
    FAILED = "failed", _("Given up")


EVENTS = (
    "reservation.requested",
    "reservation.confirmed",
    "reservation.declined",
    "reservation.changed",
    "reservation.cancelled",
    "reservation.checked_in",
    "reservation.completed",
    "reservation.no_show",
    "reservation.expired",
    "payment.succeeded",
    "payment.failed",
    "refund.succeeded",
    "refund.failed",
    "waitlist.joined",
    "waitlist.offered",
    "waitlist.accepted",
    "waitlist.declined",
    "waitlist.expired",
    "waitlist.left",
)
TEST = "webhook.test"
EVERYTHING = "*"

PRESET_EVENTS: dict[str, tuple[str, ...]] = {
    Preset.GENERIC: (EVERYTHING,),
    Preset.CRM: tuple(name for name in EVENTS if name.startswith("reservation.")),
    Preset.EMAIL: ("reservation.confirmed",),
    Preset.NOTIFICATION: ("reservation.requested", "reservation.confirmed"),
}
"""What an endpoint of the preset hears of unless it selects something else."""
