"""The record of history that was removed, which is also what lets it pass the triggers."""

from django.db import models

from resources.models import BelongsToVenue


class HistoryRemoval(BelongsToVenue):
    """One run at one venue; written by ``reservations.services.removing`` alone.

    While ``permit`` is set the guard lets go of events of this venue that are older than ``before``. It names
    a row that does not exist, so that no transaction can commit it: it ends with the one that removes.
    """

    before = models.DateTimeField(help_text="All that was removed was over by then.")
    started_at = models.DateTimeField()
    reservations = models.PositiveIntegerField(default=0)
    events = models.PositiveIntegerField(default=0)
    permit = models.ForeignKey(
        "self", on_delete=models.DO_NOTHING, null=True, editable=False, db_index=False, related_name="+"
    )

    class Meta:
        verbose_name = "removal of history"
        verbose_name_plural = "removals of history"
        constraints = (
            models.UniqueConstraint(
                fields=("venue",), condition=models.Q(permit__isnull=False), name="removal_one_at_a_time"
            ),
        )

    def __str__(self) -> str:
        return f"{self.venue_id}: {self.reservations} before {self.before:%Y-%m-%d}"
