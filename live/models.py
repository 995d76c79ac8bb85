"""What has changed lately, in the order in which open pages hear of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from resources.models import Venue


class Change(models.Model):
    """One change, written in its transaction and forgotten after an hour.

    Says what to look at again, not what it is now. The ids are no foreign keys: nothing waits for these rows.
    """

    class Kind(models.TextChoices):
        RESERVATION = "reservation", _("Reservation")
        WAITLIST = "waitlist", _("Waitlist")
        CONFIGURATION = "configuration", _("Configuration")

    venue = models.ForeignKey(Venue, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    reservation_id = models.UUIDField(null=True)
    entry_id = models.UUIDField(null=True)
    customer_id = models.UUIDField(null=True, help_text="The account whose reservation or entry it is.")
    status = models.CharField(max_length=20, blank=True)
    version = models.PositiveIntegerField(null=True)
    is_occupancy = models.BooleanField(default=False, help_text="Other times are free than before.")
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    on = models.DateField(null=True, help_text="The date that is waited for.")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.pk} {self.kind}"
