from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from classes.enums import PlaceKind
from common.names import check_name
from resources.models import Resource, Venue

MOST_SEATS = 2000
MOST_PRICE = Decimal(10) ** 7
"""What a seat, a course or a pass costs is less."""
PRICE_RANGE = [MinValueValidator(Decimal(0)), MaxValueValidator(MOST_PRICE - Decimal("0.0001"))]


class Studio(models.Model):
    """Where sessions take place, with a pool of seats; online and elsewhere it is one lane of several."""

    id = models.BigAutoField(primary_key=True)
    venue = models.ForeignKey(
        Venue, on_delete=models.PROTECT, db_index=False, related_name="studios", verbose_name=_("venue")
    )
    name = models.CharField(_("name"), max_length=200, validators=[check_name])
    kind = models.CharField(
        _("kind"), max_length=10, choices=PlaceKind.choices, default=PlaceKind.STUDIO, editable=False
    )
    room = models.ForeignKey(
        Resource,
        on_delete=models.PROTECT,
        related_name="studios",
        editable=False,
        help_text="What nobody else can have at the same time.",
    )
    seats = models.OneToOneField(
        Resource,
        on_delete=models.PROTECT,
        related_name="studio_of_seats",
        editable=False,
        help_text="As many units as there may ever be people; a session holds back what it does not sell.",
    )

    class Meta:
        verbose_name = _("studio")
        verbose_name_plural = _("studios")
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(fields=("venue", "name"), name="studio_name_once_per_venue"),
            models.CheckConstraint(condition=models.Q(kind__in=PlaceKind.values), name="studio_kind_known"),
        )

    def __str__(self) -> str:
        return self.name
