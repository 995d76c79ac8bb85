from django.db import models
from simple_history.models import HistoricalRecords

from resources.models.venue import Venue


class OfferedProduct(models.Model):
    """A product of ``common.products`` that is switched on at a venue."""

    venue = models.ForeignKey(
        Venue, on_delete=models.CASCADE, related_name="offered_products", db_index=False
    )
    product = models.CharField(max_length=30)

    history = HistoricalRecords()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("venue", "product"), name="product_offered_once_per_venue"),
        )

    def __str__(self) -> str:
        return self.product
