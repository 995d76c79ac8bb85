import secrets
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from common.keys import uuid7
from common.names import check_name
from common.phones import phone_text
from common.prefixes import PATTERN, index_any_case, index_names
from payments.models import Bill
from reservations.enums import Consent, EventKind, Purpose, Source, Status
from reservations.querysets import AllocationQuerySet, ReservationQuerySet, VenueCustomerQuerySet
from reservations.reaches import reach_of_span
from reservations.removals import HistoryRemoval as HistoryRemoval  # a model, too
from resources.models import BelongsToVenue, Resource, ResourceGroup, Venue

Q_ = models.Q
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0/O or 1/I: codes are read out over the phone."""


def new_confirmation_code() -> str:
    """Ten characters out of 32 are 2**50 codes, enough for a million bookings not to collide."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(10))


class ReservationSeries(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="series", verbose_name=_("venue"))
    rule = models.CharField(_("recurrence"), max_length=500, help_text=_("RFC 5545 RRULE."))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")

    def __str__(self) -> str:
        return self.rule


class Reservation(models.Model):
    """One booking of one or more resources over one span of time."""

    was_made_before = False
    """By an earlier request with the same idempotency key."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(
        _("code"), max_length=12, unique=True, default=new_confirmation_code, editable=False
    )
    venue = models.ForeignKey(
        Venue, on_delete=models.PROTECT, db_index=False, related_name="reservations", verbose_name=_("venue")
    )
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        db_index=False,
        null=True,
        blank=True,
        related_name="reservations",
        verbose_name=_("account"),
    )
    customer_name = models.CharField(_("name"), max_length=200, blank=True, validators=[check_name])
    customer_email = models.EmailField(_("email address"), blank=True)
    customer_phone = PhoneNumberField(_("phone"), blank=True)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    status = models.CharField(_("status"), max_length=20, choices=Status.choices)
    expires_at = models.DateTimeField(_("held until"), null=True, blank=True)
    party_size = models.PositiveIntegerField(_("party size"), default=1)
    requests = models.TextField(_("special requests"), blank=True)
    answers = models.JSONField(
        _("answers"),
        default=list,
        blank=True,
        help_text=_("Answers to the venue's questions at the time: question_id, question, kind, answer."),
    )
    terms_accepted_at = models.DateTimeField(_("terms accepted"), null=True, blank=True)
    texts_agreed_at = models.DateTimeField(_("agreed to text messages at"), null=True, blank=True)
    texts_agreed_how = models.CharField(
        _("way of consent"), max_length=10, choices=Consent.choices, blank=True
    )
    total_amount = models.DecimalField(_("price"), max_digits=12, decimal_places=4, default=Decimal(0))
    currency = models.CharField(_("currency"), max_length=3)
    deposit_amount = models.DecimalField(
        _("deposit"),
        max_digits=12,
        decimal_places=4,
        default=Decimal(0),
        help_text=_("Due before the booking is confirmed."),
    )
    bill = models.OneToOneField(
        Bill,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="reservation",
        help_text="Made with the first payment.",
    )
    price_lines = models.JSONField(_("price lines"), default=list, blank=True)
    cancellation_terms = models.JSONField(
        _("cancellation terms"),
        default=list,
        blank=True,
        help_text=_("As agreed at booking: amount and tiers per resource."),
    )
    fee_amount = models.DecimalField(_("fee kept"), max_digits=12, decimal_places=4, default=Decimal(0))
    minimum_fee = models.DecimalField(
        _("lowest cancellation fee"),
        max_digits=12,
        decimal_places=4,
        default=Decimal(0),
        help_text=_(
            "Minimum cancellation fee, because the customer changed it after free cancellation ended."
        ),
    )
    agreed_before = models.JSONField(
        null=True,
        editable=False,
        help_text="What was booked before a move that awaits approval; holds again if that is declined.",
    )
    refund_declined = models.BooleanField(
        _("refund declined"),
        default=False,
        help_text=_("The person who cancelled declined a refund."),
    )
    cancel_reason = models.CharField(_("reason"), max_length=500, blank=True)
    source = models.CharField(_("source"), max_length=20, choices=Source.choices, default=Source.WEB)
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose.choices, default=Purpose.BOOKING)
    title = models.CharField(
        _("title"),
        max_length=200,
        blank=True,
        validators=[check_name],
        help_text=_("Title of an event or block. Customers see it."),
    )
    series = models.ForeignKey(
        ReservationSeries,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="reservations",
        verbose_name=_("series"),
    )
    link_version = models.PositiveIntegerField(
        default=1, editable=False, help_text="Part of the secret link; raising it revokes the old one."
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"))
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = ReservationQuerySet.as_manager()

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ("starts_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q_(ends_at__gt=models.F("starts_at")), name="reservation_span_ordered"
            ),
            models.CheckConstraint(condition=Q_(status__in=Status.values), name="reservation_status_known"),
            models.CheckConstraint(condition=Q_(source__in=Source.values), name="reservation_source_known"),
            models.CheckConstraint(
                condition=Q_(purpose__in=Purpose.values), name="reservation_purpose_known"
            ),
            models.CheckConstraint(condition=Q_(party_size__gte=1), name="reservation_party_positive"),
            models.CheckConstraint(
                condition=Q_(texts_agreed_at__isnull=True, texts_agreed_how="")
                | Q_(texts_agreed_at__isnull=False, texts_agreed_how__in=Consent.values),
                name="reservation_texts_agreed_how",
            ),
            models.CheckConstraint(condition=Q_(total_amount__gte=0), name="reservation_price_not_negative"),
            models.CheckConstraint(
                condition=Q_(status=Status.HELD, expires_at__isnull=False)
                | (~Q_(status=Status.HELD) & Q_(expires_at__isnull=True)),
                name="reservation_only_holds_expire",
            ),
        )
        indexes = (
            models.Index(fields=("starts_at", "id"), name="reservation_by_start"),  # lists of everything
            models.Index(fields=("venue", "starts_at"), name="reservation_by_venue_start"),
            models.Index(fields=("customer", "starts_at"), name="reservation_by_customer"),
            models.Index(fields=("status", "starts_at"), name="reservation_by_status"),
            models.Index(
                fields=("expires_at",), name="reservation_holds", condition=Q_(expires_at__isnull=False)
            ),
            models.Index(
                fields=("series",), name="reservation_by_series", condition=Q_(series__isnull=False)
            ),
            models.Index(fields=("created_at", "id"), name="reservation_by_creation"),
            # The key tells what one person booked last.
            models.Index(
                fields=("customer_email", "id"), name="reservation_by_email", opclasses=(PATTERN, "uuid_ops")
            ),
            models.Index(fields=("customer_phone",), name="reservation_by_phone", opclasses=(PATTERN,)),
            *index_names("customer_name", "reservation_by_name"),
            index_any_case("title", "reservation_by_title"),
        )

    def __str__(self) -> str:
        return self.code

    @property
    def phone_text(self) -> str:
        """As people in the venue's country dial it."""
        return phone_text(self.customer_phone, self.venue.country)

    @property
    def who(self) -> str:
        """What the customer is called here: not everybody has given a name."""
        return self.customer_name or self.customer_email or self.phone_text

    @property
    def texting_phone(self) -> str:
        """Where text messages about this booking may go, whatever its account wants otherwise."""
        return str(self.customer_phone or "") if self.texts_agreed_at else ""

    @property
    def local_start(self) -> datetime:
        return self.starts_at.astimezone(self.venue.zone)

    @property
    def local_start_before(self) -> datetime | None:
        """Where a declined move leads back to."""
        agreed = self.agreed_before or {}
        return datetime.fromisoformat(agreed["starts_at"]).astimezone(self.venue.zone) if agreed else None

    @property
    def local_end(self) -> datetime:
        return self.ends_at.astimezone(self.venue.zone)


class VenueCustomer(Reservation):
    """Somebody who has booked at a venue, by their latest booking there."""

    objects = VenueCustomerQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        proxy = True
        verbose_name = _("customer")
        verbose_name_plural = _("customers")

    def __str__(self) -> str:
        return self.who

    def all_bookings(self) -> VenueCustomerQuerySet:
        """At this venue."""
        rows = VenueCustomer.objects.booked().filter(venue=self.venue_id)
        if not (self.customer_email or self.customer_phone):
            return rows.filter(pk=self.pk)
        phone = {} if self.customer_email else {"customer_phone": self.customer_phone}
        return rows.filter(customer_email=self.customer_email, **phone)


class ReservationItem(BelongsToVenue):
    reservation = models.ForeignKey(
        Reservation, on_delete=models.CASCADE, db_index=False, related_name="items", verbose_name=_("booking")
    )
    resource = models.ForeignKey(
        Resource, on_delete=models.PROTECT, related_name="reservation_items", verbose_name=_("resource")
    )
    group = models.ForeignKey(
        ResourceGroup,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="reservation_items",
        help_text=_("If any one of a group was requested."),
        verbose_name=_("group"),
    )
    units = models.PositiveIntegerField(_("units"), default=1)
    takes_all = models.BooleanField(
        _("all units"), default=False, help_text=_("All units, even if their number changes.")
    )

    class Meta:
        verbose_name = _("booked resource")
        verbose_name_plural = _("booked resources")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("reservation", "resource"), name="item_once_per_resource"),
            models.CheckConstraint(condition=Q_(units__gte=1), name="item_units_positive"),
        )
        indexes = (models.Index(fields=("group",), name="item_by_group", condition=Q_(group__isnull=False)),)

    def __str__(self) -> str:
        return f"{self.units} x {self.resource}"


class Allocation(BelongsToVenue):
    """A leaf resource's time that a reservation occupies, protected by ``reservations.guard``.

    ``b0``, ``b1``: UTC minutes of the half-open span, buffers included; NULL once nothing is occupied.
    ``expires_at``: UTC seconds, for holds. ``reach``: of spans above two days (``reservations.reaches``).
    """

    reservation = models.ForeignKey(
        Reservation, models.CASCADE, db_index=False, related_name="allocations", verbose_name=_("booking")
    )
    resource = models.ForeignKey(
        Resource,
        on_delete=models.PROTECT,
        related_name="allocations",
        db_index=False,
        verbose_name=_("resource"),
    )
    units = models.PositiveIntegerField(_("units"), default=1)
    b0 = models.IntegerField(null=True)
    b1 = models.IntegerField(null=True)
    expires_at = models.BigIntegerField(_("held until"), null=True)
    reach = models.GeneratedField(
        expression=reach_of_span(), output_field=models.BigIntegerField(null=True), db_persist=True
    )

    objects = AllocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        constraints = (
            models.UniqueConstraint(fields=("reservation", "resource"), name="allocation_once_per_resource"),
            models.CheckConstraint(condition=Q_(units__gte=1), name="allocation_units_positive"),
            models.CheckConstraint(
                condition=Q_(b0__isnull=True, b1__isnull=True)
                | Q_(b0__isnull=False, b1__isnull=False, b1__gt=models.F("b0")),
                name="allocation_span_ordered",
            ),
        )
        indexes = (
            models.Index(
                fields=("resource", "b0", "b1", "units", "expires_at"), name="allocation_by_resource"
            ),
            models.Index(fields=("b0", "resource"), name="allocation_by_time"),  # a day of many resources
            models.Index(
                fields=("resource", "reach", "b0", "b1", "units", "expires_at"),
                condition=Q_(reach__isnull=False),
                name="allocation_of_long",
            ),
        )

    def __str__(self) -> str:
        return f"{self.resource_id}: {self.b0}-{self.b1}"


class ReservationEvent(BelongsToVenue):
    """History that the database does not let anybody change or delete."""

    reservation = models.ForeignKey(
        Reservation, on_delete=models.PROTECT, related_name="events", verbose_name=_("booking")
    )
    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("what"), max_length=20, choices=EventKind.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("by whom"),
    )
    source = models.CharField(_("from"), max_length=20, choices=Source.choices)
    old_status = models.CharField(_("before"), max_length=20, blank=True)
    new_status = models.CharField(_("after"), max_length=20)
    changes = models.JSONField(_("changes"), default=dict, blank=True, help_text=_("Field: [old, new]."))

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("history")
        ordering = ("id",)
        indexes = (models.Index(fields=("actor",), name="event_by_actor", condition=Q_(actor__isnull=False)),)

    def __str__(self) -> str:
        return str(self.get_kind_display())

    @property
    def booked_end(self) -> datetime | None:
        """Until when it was booked, if its people left before that."""
        changed = self.changes.get("ends_at") if self.new_status == Status.COMPLETED else None
        return datetime.fromisoformat(changed[0]) if changed else None


class ReminderMark(models.Model):
    until = models.DateTimeField()

    class Meta:
        verbose_name = "reminder mark"
        verbose_name_plural = "reminder marks"

    def __str__(self) -> str:
        return f"{self.until:%Y-%m-%d %H:%M:%S}"
