from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from common.clock import now
from common.keys import uuid7
from common.names import check_name
from common.phones import phone_text
from common.prefixes import PATTERN, index_names
from reservations.models import Reservation
from resources.models import BelongsToVenue, Resource, ResourceGroup, Venue
from waitlist.enums import WaitlistStatus
from waitlist.querysets import QUEUE_ORDER, WaitlistQuerySet

Q_ = models.Q
SUBJECT = "waitlist_entry"


class WaitlistEntry(models.Model):
    """A person waiting for a resource, or any of a group, on a date and within a local time window."""

    texting_phone: ClassVar = ""
    ACTIVE: ClassVar = (WaitlistStatus.WAITING, WaitlistStatus.CONTACTED)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    venue = models.ForeignKey(
        Venue,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="waitlist_entries",
        verbose_name=_("venue"),
    )
    resource = models.ForeignKey(
        Resource,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="waitlist_entries",
        verbose_name=_("resource"),
    )
    group = models.ForeignKey(
        ResourceGroup,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="waitlist_entries",
        verbose_name=_("group"),
    )
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="waitlist_entries",
        verbose_name=_("account"),
    )
    customer_name = models.CharField(_("name"), max_length=200, blank=True, validators=[check_name])
    customer_email = models.EmailField(_("email address"), blank=True)
    customer_phone = PhoneNumberField(_("phone"), blank=True)
    preferred_on = models.DateField(_("date"))
    earliest_time = models.TimeField(_("earliest start"), null=True, blank=True)
    latest_time = models.TimeField(_("latest start"), null=True, blank=True)
    fold = models.PositiveSmallIntegerField(
        null=True, editable=False, help_text="Of times that the clock shows twice: 0 the first, 1 the second."
    )
    duration = models.PositiveIntegerField(_("duration"), help_text=_("In minutes."))
    party_size = models.PositiveIntegerField(_("party size"), default=1)
    priority = models.IntegerField(
        _("priority"), default=0, help_text=_("Higher goes first, then order of joining.")
    )
    status = models.CharField(
        _("status"), max_length=10, choices=WaitlistStatus.choices, default=WaitlistStatus.WAITING
    )
    end_reason = models.CharField(
        _("reason"), max_length=500, blank=True, help_text=_("Why it was called off.")
    )
    link_version = models.PositiveIntegerField(
        default=1, editable=False, help_text="Part of the secret link; raising it revokes the old one."
    )
    created_at = models.DateTimeField(_("joined"), auto_now_add=True)

    skip_reason = models.CharField(
        _("passed over"),
        max_length=30,
        blank=True,
        help_text=_("Why they were passed over when a time last opened up."),
    )
    skipped_at = models.DateTimeField(_("passed over at"), null=True, blank=True)
    due_at = models.DateTimeField(
        null=True,
        default=now,
        editable=False,
        help_text="When to look for available times; empty: once a time opens up.",
    )

    objects = WaitlistQuerySet.as_manager()

    class Meta:
        verbose_name = _("waitlist entry")
        verbose_name_plural = _("waitlist")
        ordering = QUEUE_ORDER
        constraints = (
            models.CheckConstraint(
                condition=Q_(resource__isnull=False, group__isnull=True)
                | Q_(resource__isnull=True, group__isnull=False),
                name="waitlist_resource_or_group",
            ),
            models.CheckConstraint(condition=Q_(duration__gte=1), name="waitlist_duration_positive"),
            models.CheckConstraint(condition=Q_(party_size__gte=1), name="waitlist_party_positive"),
            models.CheckConstraint(
                condition=Q_(status__in=WaitlistStatus.values), name="waitlist_status_known"
            ),
        )
        indexes = (
            models.Index(fields=("venue", "status", "preferred_on", *QUEUE_ORDER), name="waitlist_by_date"),
            models.Index(fields=("status", "due_at"), name="waitlist_by_due"),
            models.Index(fields=QUEUE_ORDER, name="waitlist_by_place"),
            models.Index(fields=("preferred_on",), name="waitlist_by_day"),
            models.Index(fields=("customer_email",), name="waitlist_by_email", opclasses=(PATTERN,)),
            models.Index(fields=("customer_phone",), name="waitlist_by_phone", opclasses=(PATTERN,)),
            *index_names("customer_name", "waitlist_by_name"),
        )

    def __str__(self) -> str:
        return f"{self.who} {self.preferred_on}"

    @property
    def who(self) -> str:
        return (
            self.customer_name or self.customer_email or phone_text(self.customer_phone, self.venue.country)
        )

    @property
    def thing(self) -> Resource | ResourceGroup:
        thing = self.resource or self.group
        if thing is None:
            raise ValueError("An entry waits for a resource or a group.")
        return thing


class WaitlistOffer(BelongsToVenue):
    """A reservation held for an entry until the hold's deadline."""

    class Outcome(models.TextChoices):
        OPEN = "open", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("Expired")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entry = models.ForeignKey(
        WaitlistEntry, on_delete=models.PROTECT, related_name="offers", verbose_name=_("waitlist entry")
    )
    reservation = models.OneToOneField(
        Reservation, on_delete=models.PROTECT, related_name="waitlist_offer", verbose_name=_("booking")
    )
    deadline_at = models.DateTimeField(_("deadline"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, default=Outcome.OPEN)
    created_at = models.DateTimeField(_("offered"), auto_now_add=True)

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ("created_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("entry",), condition=Q_(outcome="open"), name="offer_one_open_per_entry"
            ),
            models.CheckConstraint(
                condition=Q_(outcome__in=["open", "accepted", "declined", "expired"]),
                name="offer_outcome_known",
            ),
        )
        indexes = (models.Index(fields=("venue", "created_at"), name="offer_by_venue"),)

    def __str__(self) -> str:
        return f"{self.entry}: {self.get_outcome_display()}"


class FreedTime(models.Model):
    """What came free while people waited at the venue, written with the change; gone once they were asked."""

    venue = models.ForeignKey(Venue, on_delete=models.CASCADE, related_name="+", verbose_name=_("venue"))
    spans = models.JSONField(help_text="Each a resource, and UTC minutes.")

    def __str__(self) -> str:
        return f"{self.venue_id}: {self.spans}"


class QueueLook(models.Model):
    """As of when everybody who waits at a venue was asked: its configuration and its occupancy."""

    venue = models.OneToOneField(
        Venue, on_delete=models.CASCADE, primary_key=True, related_name="+", verbose_name=_("venue")
    )
    config_stamp = models.BigIntegerField()
    occupancy = models.BigIntegerField(help_text="How often the guard has seen what is booked change.")
    looked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.venue_id}: {self.looked_at}"
