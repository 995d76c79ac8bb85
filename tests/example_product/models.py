"""An umbrella that somebody has."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models

from resources.models import Venue

if TYPE_CHECKING:
    from uuid import UUID


SUBJECT = "umbrella"


class Umbrella(models.Model):
    venue = models.ForeignKey(Venue, on_delete=models.CASCADE, related_name="+")
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    customer_name = models.CharField(max_length=200)
    customer_email = models.EmailField()
    texting_phone: ClassVar = ""
    is_lent = models.BooleanField(default=True)

    objects: "ClassVar[models.Manager[Umbrella]]" = models.Manager()
    if TYPE_CHECKING:  # it is not among the installed apps that the checker sees
        venue_id: int
        customer_id: UUID | None

    class Meta:
        app_label = "example_product"

    def __str__(self) -> str:
        return f"Umbrella of {self.customer_name}"

    @property
    def payload(self) -> dict[str, Any]:
        return {"id": str(self.pk), "customer_info": {"name": self.customer_name}, "is_lent": self.is_lent}
