from django.db import models
from django.utils.translation import gettext_lazy as _


class WaitlistStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    CONTACTED = "contacted", _("Contacted")
    BOOKED = "booked", _("Booked")
    EXPIRED = "expired", _("Expired")
    LEFT = "left", _("Left")
    CALLED_OFF = "called_off", _("Called off")
