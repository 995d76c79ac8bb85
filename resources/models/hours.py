"""When a venue or a resource is open, in local wall-clock time."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.names import check_name
from resources.models.checks import check_dates, check_times
from resources.models.resource import Resource
from resources.models.venue import Venue

Q_ = models.Q


def _check_owner(row: "OpeningHours | AvailabilityOverride") -> None:
    if row.resource_id and row.venue_id and row.resource and row.resource.venue_id != row.venue_id:
        raise ValidationError({"resource": _("Choose one of the same venue.")})


class OpeningHours(models.Model):
    """A weekly pattern (*time slot template*). An end at or before the start runs past midnight."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    venue = models.ForeignKey(
        Venue, on_delete=models.CASCADE, related_name="opening_hours", verbose_name=_("venue")
    )
    resource = models.ForeignKey(
        Resource,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="opening_hours",
        help_text=_("Leave empty for the whole venue. A resource with its own hours ignores the venue's."),
        verbose_name=_("resource"),
    )
    weekday = models.PositiveSmallIntegerField(
        _("weekday"), choices=Weekday.choices, validators=[MaxValueValidator(6)]
    )
    start_time = models.TimeField(_("from"))
    end_time = models.TimeField(
        _("until"), help_text=_("An end before the start is on the next day (00:00 is midnight).")
    )
    is_available = models.BooleanField(
        _("open"), default=True, help_text=_("Turn off for a break within other hours.")
    )
    max_duration = models.PositiveIntegerField(
        _("longest booking"),
        null=True,
        blank=True,
        help_text=_("In minutes, for bookings that touch these hours."),
    )
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering = ("weekday", "start_time")
        constraints = (
            models.CheckConstraint(condition=Q_(weekday__lte=6), name="hours_weekday_valid"),
            models.CheckConstraint(
                condition=Q_(max_duration__isnull=True) | Q_(max_duration__gte=1),
                name="hours_max_duration_positive",
            ),
            models.CheckConstraint(
                condition=Q_(valid_until__isnull=True)
                | Q_(valid_from__isnull=True)
                | Q_(valid_until__gte=models.F("valid_from")),
                name="hours_dates_ordered",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.start_time:%H:%M}-{self.end_time:%H:%M}"

    def clean(self) -> None:
        super().clean()
        _check_owner(self)
        check_dates(self, "valid_from", "valid_until")


class AvailabilityOverride(models.Model):
    """A closure, special event or extended hours on some dates; beats weekly hours and holidays."""

    venue = models.ForeignKey(
        Venue, on_delete=models.CASCADE, db_index=False, related_name="overrides", verbose_name=_("venue")
    )
    resource = models.ForeignKey(
        Resource,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="overrides",
        help_text=_("Leave empty for the whole venue."),
        verbose_name=_("resource"),
    )
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    start_time = models.TimeField(
        _("from"), null=True, blank=True, help_text=_("Leave empty for the whole day.")
    )
    end_time = models.TimeField(_("until"), null=True, blank=True)
    is_available = models.BooleanField(
        _("open"), default=False, help_text=_("Open without times means the usual hours, even on a holiday.")
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True, validators=[check_name])
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("override")
        verbose_name_plural = _("overrides")
        ordering = ("starts_on", "start_time")
        constraints = (
            models.CheckConstraint(
                condition=Q_(ends_on__gte=models.F("starts_on")), name="override_dates_ordered"
            ),
            models.CheckConstraint(
                condition=Q_(start_time__isnull=True, end_time__isnull=True)
                | Q_(start_time__isnull=False, end_time__isnull=False),
                name="override_times_both_or_none",
            ),
        )
        indexes = (models.Index(fields=("venue", "starts_on", "ends_on"), name="override_by_venue_date"),)

    def __str__(self) -> str:
        return self.reason or f"{self.starts_on}"

    def clean(self) -> None:
        super().clean()
        _check_owner(self)
        check_dates(self, "starts_on", "ends_on")
        check_times(self)


class Holiday(models.Model):
    """Of a country or of one of its subdivisions; ``manage.py import_holidays`` fills it."""

    country = models.CharField(_("country"), max_length=2)
    subdivision = models.CharField(
        _("state or region"), max_length=10, blank=True, default="", validators=[check_name]
    )
    date = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=200, validators=[check_name])

    class Meta:
        verbose_name = _("public holiday")
        verbose_name_plural = _("public holidays")
        ordering = ("date",)
        constraints = (
            models.UniqueConstraint(fields=("country", "subdivision", "date"), name="holiday_once_per_date"),
        )

    def __str__(self) -> str:
        return f"{self.date} {self.name}"
