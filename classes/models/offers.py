"""What sessions are made from, and what is sold as several of them."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from classes.enums import BelowMinimum, Level, WaitlistMode
from classes.models.places import MOST_SEATS, PRICE_RANGE
from common.names import check_name
from common.parsing import LONGEST_MINUTES
from resources.models import BelongsToVenue, CancellationPolicy, Venue
from resources.models.venue import COLOR_CODE

Q_ = models.Q
LONGEST_CLASS = 1440


class ClassType(models.Model):
    """A kind of class with its rules; sessions keep its title, length, size and price as they were made."""

    venue = models.ForeignKey(
        Venue, on_delete=models.PROTECT, db_index=False, related_name="class_types", verbose_name=_("venue")
    )
    title = models.CharField(_("title"), max_length=200, validators=[check_name])
    description = models.TextField(_("description"), blank=True, max_length=5000)
    bring = models.TextField(
        _("what to bring"), blank=True, max_length=1000, help_text=_("Shown to customers before they book.")
    )
    level = models.CharField(_("level"), max_length=15, choices=Level.choices, default=Level.ANY)
    color = models.CharField(_("color"), max_length=7, blank=True, validators=[COLOR_CODE])
    duration = models.PositiveIntegerField(
        _("duration"),
        default=60,
        validators=[MinValueValidator(5), MaxValueValidator(LONGEST_CLASS)],
        help_text=_("In minutes."),
    )
    capacity = models.PositiveIntegerField(
        _("capacity"), default=10, validators=[MinValueValidator(1), MaxValueValidator(MOST_SEATS)]
    )
    price = models.DecimalField(
        _("price"),
        max_digits=12,
        decimal_places=4,
        default=Decimal(0),
        validators=PRICE_RANGE,
        help_text=_("Per person, in the venue's currency."),
    )
    policy = models.ForeignKey(
        CancellationPolicy,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="class_types",
        verbose_name=_("cancellation policy"),
        help_text=_("Leave empty for a full refund until the hours below, and nothing after that."),
    )
    late_cancel_hours = models.PositiveIntegerField(
        _("late cancellation"),
        default=0,
        validators=[MaxValueValidator(24 * 90)],
        help_text=_("Hours before the start from which a pass credit isn't returned."),
    )
    book_from_days = models.PositiveIntegerField(
        _("booking opens"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(3650)],
        help_text=_("Days before the start. Leave empty for at once."),
    )
    book_until_minutes = models.PositiveIntegerField(
        _("booking closes"),
        default=0,
        validators=[MaxValueValidator(LONGEST_MINUTES)],
        help_text=_("Minutes before the start."),
    )
    waitlist_mode = models.CharField(
        _("waitlist"), max_length=10, choices=WaitlistMode.choices, default=WaitlistMode.HELD
    )
    waitlist_close_minutes = models.PositiveIntegerField(
        _("waitlist closes"),
        default=120,
        validators=[MaxValueValidator(LONGEST_MINUTES)],
        help_text=_("Minutes before the start. After that nobody joins it or gets a seat from it."),
    )
    offer_minutes = models.PositiveIntegerField(
        _("offer duration"),
        default=120,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_MINUTES)],
        help_text=_("How many minutes a seat is held for someone in line."),
    )
    max_waiting = models.PositiveIntegerField(
        _("longest waitlist"), null=True, blank=True, help_text=_("People. Leave empty for no limit.")
    )
    min_attendance = models.PositiveIntegerField(
        _("minimum attendance"), default=0, validators=[MaxValueValidator(MOST_SEATS)]
    )
    decide_hours = models.PositiveIntegerField(
        _("decide"),
        default=24,
        validators=[MaxValueValidator(24 * 90)],
        help_text=_("Hours before the start at which the minimum has to be reached."),
    )
    below_minimum = models.CharField(
        _("below the minimum"), max_length=10, choices=BelowMinimum.choices, default=BelowMinimum.ASK
    )
    is_active = models.BooleanField(_("offered"), default=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("class type")
        verbose_name_plural = _("class types")
        ordering = ("title", "id")
        constraints = (
            models.UniqueConstraint(fields=("venue", "title"), name="class_type_title_once_per_venue"),
            models.CheckConstraint(
                condition=Q_(duration__gte=5, duration__lte=LONGEST_CLASS), name="class_type_duration_sane"
            ),
            models.CheckConstraint(
                condition=Q_(capacity__gte=1, capacity__lte=MOST_SEATS), name="class_type_capacity_sane"
            ),
            models.CheckConstraint(condition=Q_(price__gte=0), name="class_type_price_not_negative"),
            models.CheckConstraint(
                condition=Q_(waitlist_mode__in=WaitlistMode.values), name="class_type_waitlist_mode_known"
            ),
            models.CheckConstraint(condition=Q_(level__in=Level.values), name="class_type_level_known"),
            models.CheckConstraint(
                condition=Q_(below_minimum__in=BelowMinimum.values), name="class_type_below_minimum_known"
            ),
        )

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        super().clean()
        if self.policy is not None and self.venue_id and self.policy.venue_id != self.venue_id:
            raise ValidationError({"policy": _("Choose one of the same venue.")})


class Course(BelongsToVenue):
    """Several sessions that are booked together, at one price."""

    id = models.BigAutoField(primary_key=True)
    class_type = models.ForeignKey(
        ClassType,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="courses",
        verbose_name=_("class type"),
    )
    title = models.CharField(_("title"), max_length=200, validators=[check_name])
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=4, validators=PRICE_RANGE)

    class Meta:
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        ordering = ("title", "id")
        constraints = (models.CheckConstraint(condition=Q_(price__gte=0), name="course_price_not_negative"),)

    def __str__(self) -> str:
        return self.title
