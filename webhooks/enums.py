from django.db import models
from django.utils.translation import gettext_lazy as _


class Preset(models.TextChoices):
    """Forms of the body; docs/webhooks.md describes each."""

    GENERIC = "generic", _("Events, signed")
    CRM = "crm", _("Customers and bookings for a CRM")
    EMAIL = "email_service", _("Confirmations for an email service")
    NOTIFICATION = "notification_service", _("News of bookings for staff")


class DeliveryStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Delivered")
    FAILED = "failed", _("Given up")


TEST = "webhook.test"
EVERYTHING = "*"
