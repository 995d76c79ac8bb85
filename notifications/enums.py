from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    EMAIL = "email", _("Email")
    SMS = "sms", _("Text message")


class MessageStatus(models.TextChoices):
    """``sending``: a worker has claimed it; when its lease runs out, another one may."""

    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    BOUNCED = "bounced", _("Bounced")
    COMPLAINED = "complained", _("Marked as spam")
    CANCELLED = "cancelled", _("No longer needed")
    SUPPRESSED = "suppressed", _("Not sent: address refuses email")
    NOT_SENT = "not_sent", _("Not sent: sending isn't set up")


ON_ITS_WAY = (MessageStatus.WAITING, MessageStatus.SENDING)
REFUSED = (MessageStatus.BOUNCED, MessageStatus.COMPLAINED)
"""While an address's last message ended like this, nothing more is sent there."""
