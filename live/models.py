from django.db import models


class Change(models.Model):
    """What open pages should look at again; written in the change's transaction, kept for an hour."""

    # No other foreign keys: writing them would wait for locks on the rows they name.
    venue = models.ForeignKey("resources.Venue", on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=30, help_text="One of those that apps have registered.")
    subject_type = models.CharField(max_length=30, blank=True)
    subject_id = models.CharField(max_length=50, blank=True)
    customer_id = models.UUIDField(null=True, help_text="The account whose subject it is.")
    status = models.CharField(max_length=20, blank=True)
    version = models.PositiveIntegerField(null=True)
    is_occupancy = models.BooleanField(default=False, help_text="Other times are free than before.")
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    on = models.DateField(null=True, help_text="The date that it is about, where it has no span.")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = "change"
        verbose_name_plural = "changes"
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.pk} {self.kind}"


class StreamTicket(models.Model):
    """Lets one connection in to ``/stream/``; of the ticket itself only a digest is kept."""

    digest = models.CharField(primary_key=True, max_length=64, help_text="SHA-256 of the ticket.")
    grant = models.TextField(help_text="Sealed: whose it is, and what they may listen to.")
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = "ticket"
        verbose_name_plural = "tickets"

    def __str__(self) -> str:
        return self.digest[:8]
