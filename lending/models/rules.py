from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from common.names import check_name
from common.parsing import LONGEST_MINUTES
from lending.enums import Approval, Audience, NamesShown, QueueRule, ReturnBy
from resources.models import Venue
from resources.models.rules import check_reminders, usual_reminders

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    Minutes = models.PositiveIntegerField[int | None, int | None]

Q_ = models.Q
LONGEST_LEASE = 525_600
MOST_RENEWALS = 99


def usual_chasers() -> list[int]:
    return [1, 3, 7]


def check_chasers(value: object) -> None:
    """Raises ``ValidationError`` for anything but a short list of days."""
    days = value if isinstance(value, list) else [0]
    if len(days) > 10 or not all(type(day) is int and 1 <= day <= 365 for day in days):
        raise ValidationError(_("Enter up to ten numbers of days from 1 to 365, like 1, 3, 7."))


def _minutes(
    label: "StrOrPromise", help_text: "StrOrPromise"
) -> "models.PositiveIntegerField[int | None, int | None]":
    return models.PositiveIntegerField(
        label,
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_MINUTES)],
        help_text=help_text,
    )


class LendingRules(models.Model):
    """Durations are minutes unless a field says otherwise."""

    venue = models.ForeignKey(
        Venue, on_delete=models.CASCADE, db_index=False, related_name="lending_rules", verbose_name=_("venue")
    )
    name = models.CharField(_("name"), max_length=100, validators=[check_name])
    loan_period = _minutes(_("usual loan"), _("In minutes. Leave empty for as long as it takes."))
    longest = _minutes(_("longest loan"), _("In minutes, renewals included. Leave empty for no limit."))
    approval = models.CharField(
        pgettext_lazy("loan", "approval"), max_length=10, choices=Approval.choices, default=Approval.INSTANT
    )
    pickup_window = _minutes(
        _("time to pick up"), _("In minutes. Leave empty if it's handed over with the approval.")
    )
    lease = _minutes(
        pgettext_lazy("lending rules", "lease"),
        _("Minutes after which it's returned unless the person keeps it. Leave empty for none."),
    )
    queue_lease = _minutes(
        _("lease of a place in the queue"),
        _("Minutes after which a place is lost unless the person keeps it. Leave empty for none."),
    )
    renewals = models.PositiveSmallIntegerField(
        _("renewals"), default=2, validators=[MaxValueValidator(MOST_RENEWALS)]
    )
    renew_while_wanted = models.BooleanField(_("renewing while others wait"), default=False)
    service_time = models.PositiveIntegerField(
        _("service time"),
        default=0,
        validators=[MaxValueValidator(LONGEST_MINUTES)],
        help_text=_("Minutes after each return."),
    )
    max_out = models.PositiveIntegerField(
        _("loans per person"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("At the same time, under these rules."),
    )
    max_waiting = models.PositiveIntegerField(
        _("requests per person"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Waiting at the same time, under these rules."),
    )
    overdue_blocks = models.BooleanField(
        _("overdue blocks"), default=True, help_text=_("Who has something overdue gets nothing else.")
    )
    queue_rule = models.CharField(
        _("order of the queue"), max_length=10, choices=QueueRule.choices, default=QueueRule.FIFO
    )
    half_life_days = models.PositiveSmallIntegerField(
        _("half-life"),
        default=7,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_("Days after which earlier use counts half. For fair queues."),
    )
    fair_cap_hours = models.PositiveSmallIntegerField(
        _("longest wait"),
        default=24,
        validators=[MinValueValidator(1)],
        help_text=_("Hours after which someone comes first whatever they had. For fair queues."),
    )
    overtakes = models.PositiveSmallIntegerField(
        _("overtaking"),
        default=3,
        help_text=_("How often smaller requests may pass someone who wants more units."),
    )
    audience = models.CharField(
        _("who may borrow"), max_length=20, choices=Audience.choices, default=Audience.SIGNED_IN
    )
    return_by = models.CharField(
        _("who confirms returns"), max_length=10, choices=ReturnBy.choices, default=ReturnBy.HOLDER
    )
    names_shown = models.CharField(
        _("names"), max_length=10, choices=NamesShown.choices, default=NamesShown.INITIALS
    )
    reminder_hours = models.JSONField(
        _("reminders"),
        default=usual_reminders,
        blank=True,
        validators=[check_reminders],
        help_text=_("Hours before it's due, like 24, 2. Leave empty to send none."),
    )
    chaser_days = models.JSONField(
        _("overdue reminders"),
        default=usual_chasers,
        blank=True,
        validators=[check_chasers],
        help_text=_("Days after it was due, like 1, 3, 7. Leave empty to send none."),
    )
    horizon_days = models.PositiveSmallIntegerField(
        _("horizon"),
        default=365,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("How many days ahead people can ask for dates."),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("lending rules")
        verbose_name_plural = _("lending rules")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("venue", "name"), name="lending_rules_name_once_per_venue"),
            models.CheckConstraint(
                condition=Q_(longest=None) | Q_(loan_period=None) | Q_(longest__gte=models.F("loan_period")),
                name="lending_rules_periods_ordered",
            ),
            models.CheckConstraint(
                condition=(Q_(lease=None) | Q_(lease__gte=1, lease__lte=LONGEST_LEASE))
                & (Q_(queue_lease=None) | Q_(queue_lease__gte=1)),
                name="lending_rules_leases_positive",
            ),
            models.CheckConstraint(
                condition=(Q_(loan_period=None) | Q_(loan_period__gte=1))
                & (Q_(pickup_window=None) | Q_(pickup_window__gte=1)),
                name="lending_rules_times_positive",
            ),
            models.CheckConstraint(
                condition=Q_(renewals__lte=MOST_RENEWALS), name="lending_rules_renewals_sane"
            ),
            models.CheckConstraint(
                condition=Q_(half_life_days__gte=1) & Q_(fair_cap_hours__gte=1) & Q_(horizon_days__gte=1),
                name="lending_rules_spans_positive",
            ),
            models.CheckConstraint(
                condition=Q_(approval__in=Approval.values)
                & Q_(queue_rule__in=QueueRule.values)
                & Q_(audience__in=Audience.values)
                & Q_(return_by__in=ReturnBy.values)
                & Q_(names_shown__in=NamesShown.values),
                name="lending_rules_choices_known",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if self.longest and self.loan_period and self.longest < self.loan_period:
            raise ValidationError({"longest": _("Enter at least the usual loan.")})
