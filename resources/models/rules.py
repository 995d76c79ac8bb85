"""Rules that many resources share: how to book, what it costs, what cancelling costs."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from common.names import check_name
from resources.enums import Approval, Audience, Period, PriceBasis
from resources.models.checks import check_at_least, check_dates, check_times
from resources.models.venue import Venue

Q_ = models.Q


MOST_REMINDERS, EARLIEST_REMINDER = 5, 168
"""How many of one booking, and hours before its start: a week."""


def usual_reminders() -> list[int]:
    return [24]


def check_reminders(value: object) -> None:
    """Raises ``ValidationError`` for anything but a short list of hours."""
    hours = value if isinstance(value, list) else [0]
    are_valid = all(
        type(notice_hours) is int and 1 <= notice_hours <= EARLIEST_REMINDER for notice_hours in hours
    )
    if not are_valid or len(hours) > MOST_REMINDERS:
        raise ValidationError(_("Enter up to five numbers of hours from 1 to 168, like 24, 2."))


def _positive(name: str, field: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q_(**{f"{field}__gte": 1}), name=name)


class BookingRules(models.Model):
    """Durations are minutes unless a field says otherwise."""

    venue = models.ForeignKey(
        Venue, on_delete=models.CASCADE, db_index=False, related_name="booking_rules", verbose_name=_("venue")
    )
    name = models.CharField(_("name"), max_length=100, validators=[check_name])
    slot_step = models.PositiveIntegerField(
        _("slot step"), default=30, help_text=_("Minutes between possible start times, counted from opening.")
    )
    min_duration = models.PositiveIntegerField(_("shortest booking"), default=30, help_text=_("In minutes."))
    max_duration = models.PositiveIntegerField(_("longest booking"), default=480, help_text=_("In minutes."))
    default_duration = models.PositiveIntegerField(
        _("usual booking"), default=60, help_text=_("In minutes. Offered first.")
    )
    buffer_before = models.PositiveIntegerField(_("buffer before"), default=0, help_text=_("In minutes."))
    buffer_after = models.PositiveIntegerField(
        _("buffer after"), default=0, help_text=_("In minutes, to prepare for the next booking.")
    )
    occupies_first = models.PositiveIntegerField(
        _("takes only the first"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("How many minutes of a booking it is taken, like a kitchen. Leave empty for all of it."),
    )
    min_notice = models.PositiveIntegerField(
        _("lead time"), default=0, help_text=_("How many minutes before the start customers must book.")
    )
    max_advance_days = models.PositiveIntegerField(
        _("horizon"),
        null=True,
        blank=True,
        default=365,
        help_text=_("How many days ahead customers can book. Leave empty for no limit."),
    )
    min_party_size = models.PositiveIntegerField(_("smallest party"), default=1)
    max_party_size = models.PositiveIntegerField(
        _("largest party"), null=True, blank=True, help_text=_("Leave empty to use the resource's capacity.")
    )
    max_active_per_customer = models.PositiveIntegerField(
        _("upcoming bookings per customer"),
        null=True,
        blank=True,
        help_text=_("At the same time, under these rules."),
    )
    max_per_period = models.PositiveIntegerField(_("bookings per customer and period"), null=True, blank=True)
    limit_period = models.CharField(_("period"), max_length=10, choices=Period.choices, default=Period.WEEK)
    one_at_a_time = models.BooleanField(
        _("one booking at a time"),
        default=False,
        help_text=_(
            "Customers can't have overlapping bookings, here or under other rules of the venue with "
            "this setting."
        ),
    )
    approval = models.CharField(
        _("approval"), max_length=20, choices=Approval.choices, default=Approval.INSTANT
    )
    approval_party_size = models.PositiveIntegerField(
        _("approval from party size"), null=True, blank=True, help_text=_("For conditional approval.")
    )
    approval_duration = models.PositiveIntegerField(
        _("approval from duration"),
        null=True,
        blank=True,
        help_text=_("In minutes, for conditional approval."),
    )
    deposit_percent = models.PositiveSmallIntegerField(
        _("deposit"),
        default=0,
        validators=[MaxValueValidator(100)],
        help_text=_("Percentage of the price due before a booking is confirmed."),
    )
    hold_minutes = models.PositiveIntegerField(
        _("hold duration"),
        default=10,
        help_text=_("How many minutes we hold a time while a customer fills in the form."),
    )
    offer_minutes = models.PositiveIntegerField(
        _("offer duration"),
        default=120,
        validators=[MinValueValidator(1)],
        help_text=_("How many minutes customers have to answer an offer."),
    )
    check_in_opens = models.PositiveIntegerField(
        _("check-in opens"), default=30, help_text=_("Minutes before the start.")
    )
    staff_check_in_opens = models.PositiveIntegerField(
        _("check-in by staff opens"),
        null=True,
        blank=True,
        help_text=_(
            "How many minutes before the start staff can check in and complete. Leave empty for the "
            "whole day."
        ),
    )
    release_after = models.PositiveIntegerField(
        _("released as no-show"),
        null=True,
        blank=True,
        help_text=_("Minutes after the start without check-in. Leave empty for never."),
    )
    reminder_hours = models.JSONField(
        _("reminders"),
        default=usual_reminders,
        blank=True,
        validators=[check_reminders],
        help_text=_("Hours before the start, like [24, 2]. Leave empty to send none."),
    )
    audience = models.CharField(
        _("who may book"), max_length=20, choices=Audience.choices, default=Audience.EVERYONE
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("booking rules")
        verbose_name_plural = _("booking rules")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("venue", "name"), name="rules_name_once_per_venue"),
            _positive("rules_slot_step_positive", "slot_step"),
            _positive("rules_min_duration_positive", "min_duration"),
            _positive("rules_hold_positive", "hold_minutes"),
            models.CheckConstraint(
                condition=Q_(occupies_first__isnull=True) | Q_(occupies_first__gte=1),
                name="rules_occupies_first_positive",
            ),
            _positive("rules_min_party_positive", "min_party_size"),
            models.CheckConstraint(
                condition=Q_(max_duration__gte=models.F("min_duration")), name="rules_durations_ordered"
            ),
            models.CheckConstraint(
                condition=Q_(default_duration__gte=models.F("min_duration"))
                & Q_(default_duration__lte=models.F("max_duration")),
                name="rules_default_duration_between",
            ),
            models.CheckConstraint(
                condition=Q_(max_party_size__isnull=True)
                | Q_(max_party_size__gte=models.F("min_party_size")),
                name="rules_parties_ordered",
            ),
            models.CheckConstraint(condition=Q_(deposit_percent__lte=100), name="rules_deposit_at_most_all"),
            models.CheckConstraint(condition=Q_(approval__in=Approval.values), name="rules_approval_known"),
            models.CheckConstraint(condition=Q_(audience__in=Audience.values), name="rules_audience_known"),
            models.CheckConstraint(condition=Q_(limit_period__in=Period.values), name="rules_period_known"),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        check_at_least(self, "max_duration", "min_duration")
        check_at_least(self, "default_duration", "min_duration")
        check_at_least(self, "max_duration", "default_duration")
        check_at_least(self, "max_party_size", "min_party_size")
        self.reminder_hours = self.reminder_hours or []
        usual = self.default_duration, self.min_duration, self.slot_step
        if None not in usual and usual[2] and (usual[0] - usual[1]) % usual[2]:
            message = _("Enter the shortest booking plus a multiple of the slot step.")
            raise ValidationError({"default_duration": message})


class CancellationPolicy(models.Model):
    venue = models.ForeignKey(
        Venue,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="cancellation_policies",
        verbose_name=_("venue"),
    )
    name = models.CharField(_("name"), max_length=100, validators=[check_name])
    description = models.TextField(_("in plain words"), blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("cancellation policy")
        verbose_name_plural = _("cancellation policies")
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("venue", "name"), name="policy_name_once_per_venue"),)

    def __str__(self) -> str:
        return self.name


class CancellationTier(models.Model):
    """At least ``hours_before`` the start, ``refund_percentage`` less ``fee_amount`` is returned."""

    policy = models.ForeignKey(
        CancellationPolicy,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="tiers",
        verbose_name=_("cancellation policy"),
    )
    hours_before = models.PositiveIntegerField(
        _("hours before"), help_text=_("Minimum notice before the start.")
    )
    refund_percentage = models.DecimalField(
        _("refund in percent"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
    )
    fee_amount = models.DecimalField(
        _("fee"),
        max_digits=12,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        ordering = ("-hours_before",)
        constraints = (
            models.UniqueConstraint(fields=("policy", "hours_before"), name="tier_once_per_hours"),
            models.CheckConstraint(
                condition=Q_(refund_percentage__gte=0) & Q_(refund_percentage__lte=100),
                name="tier_percentage_valid",
            ),
            models.CheckConstraint(condition=Q_(fee_amount__gte=0), name="tier_fee_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.hours_before} h: {self.refund_percentage} %"


class PriceRule(models.Model):
    """Peak, off-peak, weekend, entry fee: an amount for the local times it names."""

    venue = models.ForeignKey(
        Venue, on_delete=models.CASCADE, related_name="price_rules", verbose_name=_("venue")
    )
    resources = models.ManyToManyField(
        "resources.Resource",
        blank=True,
        related_name="price_rules",
        verbose_name=_("resources"),
        help_text=_("Leave empty for all resources of the venue."),
    )
    name = models.CharField(_("name"), max_length=100, validators=[check_name])
    basis = models.CharField(_("charged"), max_length=20, choices=PriceBasis.choices)
    amount = models.DecimalField(
        _("amount"), max_digits=12, decimal_places=4, validators=[MinValueValidator(Decimal(0))]
    )
    weekdays = models.CharField(_("weekdays"), max_length=7, default="0123456")
    start_time = models.TimeField(_("from"), null=True, blank=True)
    end_time = models.TimeField(_("until"), null=True, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    priority = models.SmallIntegerField(
        _("priority"), default=0, help_text=_("The highest matching priority wins.")
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("price rule")
        verbose_name_plural = _("price rules")
        ordering = ("-priority", "name")
        constraints = (
            models.CheckConstraint(condition=Q_(amount__gte=0), name="price_amount_not_negative"),
            models.CheckConstraint(condition=Q_(basis__in=PriceBasis.values), name="price_basis_known"),
            models.CheckConstraint(
                condition=Q_(weekdays__regex=r"^[0-6]{1,7}$"), name="price_weekdays_known"
            ),
            models.CheckConstraint(
                condition=Q_(start_time__isnull=True, end_time__isnull=True)
                | Q_(start_time__isnull=False, end_time__isnull=False),
                name="price_times_both_or_none",
            ),
            models.CheckConstraint(
                condition=Q_(valid_until__isnull=True)
                | Q_(valid_from__isnull=True)
                | Q_(valid_until__gte=models.F("valid_from")),
                name="price_dates_ordered",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        check_times(self)
        check_dates(self, "valid_from", "valid_until")
