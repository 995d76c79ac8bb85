from django.db import models
from django.utils.translation import gettext_lazy as _


class WaitlistMessage(models.TextChoices):
    JOINED = "waitlist_joined", _("Waitlist joined")
    OFFERED = "waitlist_offered", _("Waitlist: a time opened up")
    CALLED_OFF = "waitlist_called_off", _("Waitlist: called off")
    CLOSED = "waitlist_closed", _("Waitlist: closed without a place")
    EXPIRED = "waitlist_expired", _("Waitlist: offer expired")
    STAFF_OFFERED = "staff_waitlist_offered", _("Staff: call someone on the waitlist")
