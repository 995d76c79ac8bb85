from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from classes.enums import Attendance, SessionStatus, SessionType, is_retreat
from classes.models.offers import ClassType, Course
from classes.models.people import Facilitator
from classes.models.places import MOST_SEATS, Studio
from classes.models.retreats import Tier
from classes.querysets import SeatBookingQuerySet, SessionQuerySet
from common.names import check_name
from reservations.models import Reservation
from resources.models import BelongsToVenue, CancellationPolicy, Venue

Q_ = models.Q


class Session(models.Model):
    """A class at a time and a place. Its reservation has the facilitator, the room and unsold seats."""

    id = models.BigAutoField(primary_key=True)
    venue = models.ForeignKey(
        Venue, on_delete=models.PROTECT, db_index=False, related_name="sessions", verbose_name=_("venue")
    )
    class_type = models.ForeignKey(
        ClassType,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sessions",
        verbose_name=_("class type"),
    )
    title = models.CharField(_("title"), max_length=200, validators=[check_name])
    description = models.TextField(_("description"), blank=True, max_length=5000)
    session_type = models.CharField(
        _("type"), max_length=10, choices=SessionType.choices, default=SessionType.SESSION
    )
    facilitator = models.ForeignKey(
        Facilitator,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="sessions",
        verbose_name=_("facilitator"),
    )
    place = models.ForeignKey(
        Studio, on_delete=models.PROTECT, db_index=False, related_name="sessions", verbose_name=_("studio")
    )
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    capacity = models.PositiveIntegerField(
        _("capacity"), default=1, validators=[MinValueValidator(1), MaxValueValidator(MOST_SEATS)]
    )
    online_capacity = models.PositiveIntegerField(
        _("seats sold online"), null=True, blank=True, help_text=_("Leave empty for all of them.")
    )
    price = models.DecimalField(
        _("price"),
        max_digits=12,
        decimal_places=4,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("Per person, in the venue's currency."),
    )
    policy = models.ForeignKey(
        CancellationPolicy,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sessions",
        verbose_name=_("cancellation policy"),
        help_text=_("Leave empty for that of its class type."),
    )
    has_tiers = models.BooleanField(default=False, editable=False)
    dearer_since = models.DateTimeField(
        null=True, editable=False, help_text="When its price rose: who has waited longer is asked first."
    )
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=SessionStatus.choices,
        default=SessionStatus.ACTIVE,
        editable=False,
    )
    reservation = models.OneToOneField(
        Reservation,
        on_delete=models.PROTECT,
        editable=False,
        related_name="class_session",
        verbose_name=_("booking"),
    )
    course = models.ForeignKey(
        Course,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="sessions",
        verbose_name=_("course"),
    )
    series = models.UUIDField(_("series"), null=True, blank=True, editable=False)
    substitute_for = models.ForeignKey(
        Facilitator,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("substitute for"),
    )
    substitute_wanted_at = models.DateTimeField(_("substitute wanted"), null=True, blank=True, editable=False)
    substitute_note = models.CharField(_("note"), max_length=500, blank=True, editable=False)
    substitute_declined = models.JSONField(
        default=list, blank=True, editable=False, help_text="Ids of facilitators who can't."
    )
    cancel_reason = models.CharField(_("reason"), max_length=500, blank=True, editable=False)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    minimum_noted_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"))

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ("starts_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q_(ends_at__gt=models.F("starts_at")), name="session_span_ordered"
            ),
            models.CheckConstraint(
                condition=Q_(capacity__gte=1, capacity__lte=MOST_SEATS), name="session_capacity_sane"
            ),
            models.CheckConstraint(
                condition=Q_(online_capacity=None) | Q_(online_capacity__lte=models.F("capacity")),
                name="session_online_within_capacity",
            ),
            models.CheckConstraint(condition=Q_(price__gte=0), name="session_price_not_negative"),
            models.CheckConstraint(
                condition=Q_(session_type__in=SessionType.values), name="session_type_known"
            ),
            models.CheckConstraint(
                condition=Q_(status__in=SessionStatus.values), name="session_status_known"
            ),
        )
        indexes = (
            models.Index(fields=("place", "starts_at", "ends_at"), name="session_by_place"),
            models.Index(fields=("venue", "starts_at", "id"), name="session_by_venue"),
            models.Index(fields=("facilitator", "starts_at"), name="session_by_facilitator"),
            models.Index(fields=("status", "ends_at"), name="session_by_end"),
            models.Index(fields=("series",), name="session_by_series", condition=Q_(series__isnull=False)),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def local_start(self) -> datetime:
        return self.starts_at.astimezone(self.venue.zone)

    @property
    def local_end(self) -> datetime:
        return self.ends_at.astimezone(self.venue.zone)

    @property
    def is_retreat(self) -> bool:
        return is_retreat(self.session_type, has_tiers=self.has_tiers)

    @property
    def is_active(self) -> bool:
        return self.status == SessionStatus.ACTIVE


class SeatBooking(BelongsToVenue):
    """Seats of one person in a session. ``is_active`` follows the reservation, in its transaction."""

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(
        Session, on_delete=models.PROTECT, db_index=False, related_name="bookings", verbose_name=_("session")
    )
    reservation = models.OneToOneField(
        Reservation, on_delete=models.PROTECT, related_name="seat_booking", verbose_name=_("booking")
    )
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="seat_bookings",
        verbose_name=_("account"),
    )
    guest_key = models.CharField(max_length=254, blank=True, editable=False)
    seats = models.PositiveIntegerField(_("people"), default=1)
    notes = models.TextField(_("notes"), max_length=2000, blank=True)
    is_active = models.BooleanField(_("active"), default=True, editable=False)
    tier = models.ForeignKey(
        Tier, on_delete=models.PROTECT, null=True, blank=True, related_name="bookings", verbose_name=_("tier")
    )
    pays_plan = models.BooleanField(_("pays in instalments"), default=False)
    wanted_pass = models.ForeignKey(
        "Pass",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        help_text="Chosen with a hold; its credits are taken once that is confirmed.",
    )
    attendance = models.CharField(
        _("attendance"), max_length=10, choices=Attendance.choices, default=Attendance.UNKNOWN
    )
    attendance_at = models.DateTimeField(_("recorded"), null=True, blank=True)
    created_at = models.DateTimeField(_("booked"))

    objects = SeatBookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("seat booking")
        verbose_name_plural = _("seat bookings")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("session", "customer"),
                condition=Q_(is_active=True, customer__isnull=False),
                name="seat_once_per_customer",
            ),
            models.UniqueConstraint(
                fields=("session", "guest_key"),
                condition=Q_(is_active=True) & ~Q_(guest_key=""),
                name="seat_once_per_guest",
            ),
            models.CheckConstraint(condition=Q_(seats__gte=1), name="seat_booking_of_somebody"),
            models.CheckConstraint(
                condition=Q_(attendance__in=Attendance.values), name="seat_attendance_known"
            ),
        )
        indexes = (
            models.Index(fields=("session", "is_active"), name="seat_by_session"),
            models.Index(fields=("customer",), name="seat_by_customer", condition=Q_(customer__isnull=False)),
            models.Index(fields=("venue", "created_at"), name="seat_by_venue"),
        )

    def __str__(self) -> str:
        return f"{self.session_id}: {self.seats}"
