from django.db import models
from django.utils.translation import gettext_lazy as _


class WaitlistMessage(models.TextChoices):
    JOINED = "waitlist_joined", _("Waitlist joined")
    OFFERED = "waitlist_offered", _("Waitlist: a time is free")
    EXPIRED = "waitlist_expired", _("Waitlist: offer expired")
