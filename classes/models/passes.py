from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from classes.models.offers import ClassType
from classes.models.places import PRICE_RANGE
from classes.models.sessions import SeatBooking
from common.names import check_name
from payments.models import Bill
from resources.models import BelongsToVenue, Venue

Q_ = models.Q
MOST_CREDITS = 200


class PassKind(models.Model):
    """So many visits at one price."""

    venue = models.ForeignKey(
        Venue, on_delete=models.PROTECT, db_index=False, related_name="pass_kinds", verbose_name=_("venue")
    )
    name = models.CharField(_("name"), max_length=100, validators=[check_name])
    credits = models.PositiveIntegerField(
        _("credits"), validators=[MinValueValidator(1), MaxValueValidator(MOST_CREDITS)]
    )
    valid_days = models.PositiveIntegerField(
        _("valid"),
        default=365,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("Days from the day it is sold."),
    )
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=4, validators=PRICE_RANGE)
    class_types = models.ManyToManyField(
        ClassType,
        blank=True,
        related_name="pass_kinds",
        verbose_name=_("class types"),
        help_text=_("Leave empty for all sessions but retreats."),
    )
    is_active = models.BooleanField(_("sold"), default=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("kind of pass")
        verbose_name_plural = _("kinds of passes")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("venue", "name"), name="pass_kind_name_once_per_venue"),
            models.CheckConstraint(
                condition=Q_(credits__gte=1, credits__lte=MOST_CREDITS), name="pass_kind_credits_sane"
            ),
            models.CheckConstraint(condition=Q_(price__gte=0), name="pass_kind_price_not_negative"),
        )

    def __str__(self) -> str:
        return self.name


class Pass(BelongsToVenue):
    """Credits of one person. What is left is counted from its uses, never stored."""

    id = models.BigAutoField(primary_key=True)
    kind = models.ForeignKey(
        PassKind, on_delete=models.PROTECT, related_name="passes", verbose_name=_("kind")
    )
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="class_passes",
        verbose_name=_("account"),
    )
    credits = models.PositiveIntegerField(_("credits"))
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=4)
    currency = models.CharField(_("currency"), max_length=3)
    expires_on = models.DateField(_("valid until"))
    bill = models.OneToOneField(
        Bill, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="class_pass"
    )
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    warned_at = models.DateTimeField(null=True, editable=False)
    sold_at = models.DateTimeField(_("sold"))

    class Meta:
        verbose_name = _("pass")
        verbose_name_plural = _("passes")
        ordering = ("expires_on", "id")
        constraints = (
            models.CheckConstraint(condition=Q_(credits__gte=1), name="pass_has_credits"),
            models.CheckConstraint(condition=Q_(price__gte=0), name="pass_price_not_negative"),
        )
        indexes = (models.Index(fields=("venue", "expires_on"), name="pass_by_expiry"),)

    def __str__(self) -> str:
        return f"{self.pk}"


class PassUse(BelongsToVenue):
    """Credits that one booking took."""

    id = models.BigAutoField(primary_key=True)
    used_pass = models.ForeignKey(Pass, on_delete=models.PROTECT, related_name="uses", verbose_name=_("pass"))
    booking = models.OneToOneField(
        SeatBooking, on_delete=models.PROTECT, related_name="pass_use", verbose_name=_("booking")
    )
    credits = models.PositiveIntegerField(_("credits"))
    used_at = models.DateTimeField(_("used"))
    returned_at = models.DateTimeField(_("returned"), null=True, blank=True)

    class Meta:
        verbose_name = _("use of a pass")
        verbose_name_plural = _("uses of passes")
        ordering = ("id",)
        constraints = (models.CheckConstraint(condition=Q_(credits__gte=1), name="pass_use_of_credits"),)

    def __str__(self) -> str:
        return f"{self.used_pass_id}: {self.credits}"
