"""Rooms and prices of a retreat, and how it is paid."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from classes.enums import InstalmentStatus, TierPays
from common.names import check_name
from payments.models import Payment
from resources.models import BelongsToVenue

Q_ = models.Q
NOT_NEGATIVE = [MinValueValidator(Decimal(0))]


class Tier(BelongsToVenue):
    """One of several prices of a session; the session's seats are the limit of all quotas together."""

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(
        "Session", on_delete=models.PROTECT, db_index=False, related_name="tiers", verbose_name=_("session")
    )
    name = models.CharField(_("name"), max_length=100, validators=[check_name])
    price = models.DecimalField(
        _("price"), max_digits=12, decimal_places=4, validators=NOT_NEGATIVE, help_text=_("Per person.")
    )
    quota = models.PositiveIntegerField(
        _("places"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Leave empty for no limit but the seats."),
    )
    deposit = models.DecimalField(
        _("deposit"),
        max_digits=12,
        decimal_places=4,
        default=Decimal(0),
        validators=NOT_NEGATIVE,
        help_text=_("Per person, due before the booking is confirmed."),
    )
    pays = models.CharField(_("is paid"), max_length=10, choices=TierPays.choices, default=TierPays.FULL)
    is_on_sale = models.BooleanField(_("on sale"), default=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        ordering = ("position", "id")
        constraints = (
            models.UniqueConstraint(fields=("session", "name"), name="tier_name_once_per_session"),
            models.CheckConstraint(condition=Q_(quota__gte=1), name="tier_quota_positive"),
            models.CheckConstraint(
                condition=Q_(price__gte=0, deposit__gte=0, deposit__lte=models.F("price")),
                name="tier_deposit_within_price",
            ),
            models.CheckConstraint(condition=Q_(pays__in=TierPays.values), name="tier_pays_known"),
        )

    def __str__(self) -> str:
        return self.name


class PlanTerm(BelongsToVenue):
    """A part of the price that is due on a date, or so many days before the start."""

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(
        "Session",
        on_delete=models.PROTECT,
        db_index=False,
        related_name="plan_terms",
        verbose_name=_("session"),
    )
    position = models.PositiveIntegerField(_("position"), default=0)
    due_on = models.DateField(_("due"), null=True, blank=True)
    days_before = models.PositiveIntegerField(
        _("days before the start"), null=True, blank=True, validators=[MaxValueValidator(3650)]
    )
    percent = models.DecimalField(
        _("percent"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(Decimal(100))],
    )

    class Meta:
        verbose_name = _("instalment of a plan")
        verbose_name_plural = _("payment plan")
        ordering = ("position", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q_(percent__gt=0, percent__lte=100), name="plan_percent_positive"
            ),
            models.CheckConstraint(
                condition=Q_(due_on__isnull=True, days_before__isnull=False)
                | Q_(due_on__isnull=False, days_before__isnull=True),
                name="plan_due_on_or_before",
            ),
        )

    def __str__(self) -> str:
        return f"{self.percent} %"


class Instalment(BelongsToVenue):
    """A part of a booking's price with its date; all of them are the price, to the smallest coin."""

    id = models.BigAutoField(primary_key=True)
    booking = models.ForeignKey(
        "SeatBooking",
        on_delete=models.PROTECT,
        db_index=False,
        related_name="instalments",
        verbose_name=_("booking"),
    )
    position = models.PositiveIntegerField(_("position"), default=0)
    due_on = models.DateField(_("due"))
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=4)
    status = models.CharField(
        _("status"), max_length=10, choices=InstalmentStatus.choices, default=InstalmentStatus.OPEN
    )
    payment = models.ForeignKey(
        Payment,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("payment"),
        help_text=_("The payment that completed it."),
    )
    told = models.SmallIntegerField(
        null=True, editable=False, help_text="Days before it is due of which they have been told last."
    )

    class Meta:
        verbose_name = _("instalment")
        verbose_name_plural = _("instalments")
        ordering = ("due_on", "position", "id")
        constraints = (
            models.UniqueConstraint(fields=("booking", "position"), name="instalment_place_once"),
            models.CheckConstraint(condition=Q_(amount__gte=0), name="instalment_not_negative"),
            models.CheckConstraint(
                condition=Q_(status__in=InstalmentStatus.values), name="instalment_status_known"
            ),
        )
        indexes = (
            models.Index(
                fields=("due_on",), name="instalment_open_by_date", condition=Q_(status=InstalmentStatus.OPEN)
            ),
        )

    def __str__(self) -> str:
        return f"{self.due_on}: {self.amount}"
