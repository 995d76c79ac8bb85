from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from classes.enums import Heads
from common.names import check_name
from resources.models import BelongsToVenue, Venue

Q_ = models.Q
NOT_NEGATIVE = [MinValueValidator(Decimal(0))]


class PayRate(models.Model):
    """What a facilitator gets for a session; amounts in the venue's currency."""

    venue = models.ForeignKey(
        Venue, on_delete=models.CASCADE, db_index=False, related_name="pay_rates", verbose_name=_("venue")
    )
    name = models.CharField(_("name"), max_length=100, validators=[check_name])
    base = models.DecimalField(
        _("per session"), max_digits=12, decimal_places=4, default=Decimal(0), validators=NOT_NEGATIVE
    )
    per_head = models.DecimalField(
        _("per person"), max_digits=12, decimal_places=4, default=Decimal(0), validators=NOT_NEGATIVE
    )
    percent = models.DecimalField(
        _("percent of the revenue"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(0),
        validators=[*NOT_NEGATIVE, MaxValueValidator(Decimal(100))],
    )
    floor = models.DecimalField(
        _("at least"), max_digits=12, decimal_places=4, null=True, blank=True, validators=NOT_NEGATIVE
    )
    cap = models.DecimalField(
        _("at most"), max_digits=12, decimal_places=4, null=True, blank=True, validators=NOT_NEGATIVE
    )
    counts = models.CharField(_("counts"), max_length=10, choices=Heads.choices, default=Heads.BOOKED)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("pay rate")
        verbose_name_plural = _("pay rates")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("venue", "name"), name="pay_rate_name_once_per_venue"),
            models.CheckConstraint(
                condition=Q_(base__gte=0, per_head__gte=0, percent__gte=0, percent__lte=100),
                name="pay_rate_not_negative",
            ),
            models.CheckConstraint(condition=Q_(counts__in=Heads.values), name="pay_rate_counts_known"),
            models.CheckConstraint(
                condition=Q_(floor=None) | Q_(cap=None) | Q_(floor__lte=models.F("cap")),
                name="pay_rate_floor_within_cap",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if self.floor is not None and self.cap is not None and self.floor > self.cap:
            raise ValidationError({"cap": _("Enter no less than the amount it is at least.")})


class Payout(BelongsToVenue):
    """What one facilitator gets for one session; worked out anew until it is settled."""

    session = models.ForeignKey(
        "Session", on_delete=models.PROTECT, db_index=False, related_name="payouts", verbose_name=_("session")
    )
    facilitator = models.ForeignKey(
        "Facilitator", on_delete=models.PROTECT, related_name="payouts", verbose_name=_("facilitator")
    )
    lines = models.JSONField(_("lines"), default=list, blank=True)
    # Room for what the largest rate gives for the largest class.
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4)
    currency = models.CharField(_("currency"), max_length=3)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("settled by"),
    )

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        ordering = ("-session__starts_at", "id")
        constraints = (
            models.UniqueConstraint(fields=("session", "facilitator"), name="payout_once_per_session"),
            models.CheckConstraint(condition=Q_(amount__gte=0), name="payout_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.facilitator_id}: {self.amount} {self.currency}"
