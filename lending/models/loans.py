import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lending.enums import LIVE, WITH_RESERVATION, Kind, Skip, Status
from lending.models.things import Copy, Queue
from lending.querysets import LoanQuerySet
from reservations.enums import Source
from reservations.enums import Status as Occupancy
from reservations.models import Reservation
from resources.models import BelongsToVenue, Resource, ResourceGroup, Venue

Q_ = models.Q
LONGEST_PAUSE = timedelta(days=3650)
"""Of a place; one without an end is so long, and is told as without an end for half of it."""


class Loan(models.Model):
    """A request for a thing, and what became of it. Instants are whole seconds."""

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(_("identifier"), default=uuid.uuid4, unique=True, editable=False)
    venue = models.ForeignKey(
        Venue, on_delete=models.PROTECT, db_index=False, related_name="loans", verbose_name=_("venue")
    )
    queue = models.ForeignKey(
        Queue, on_delete=models.PROTECT, db_index=False, related_name="loans", editable=False
    )
    seq = models.BigIntegerField(
        editable=False, help_text="Order of arrival, across queues: microseconds, made unique per queue."
    )
    resource = models.ForeignKey(
        Resource,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="loans",
        verbose_name=_("thing"),
        help_text=_("Empty while any of a group is waited for."),
    )
    group = models.ForeignKey(
        ResourceGroup,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="loans",
        verbose_name=_("any of"),
    )
    copy = models.ForeignKey(
        Copy, on_delete=models.PROTECT, null=True, blank=True, related_name="loans", verbose_name=_("copy")
    )
    borrower = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="loans",
        verbose_name=_("borrower"),
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("requested by"),
    )
    units = models.PositiveIntegerField(_("units"), default=1)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.REQUESTED, editable=False
    )
    wanted_from = models.DateTimeField(_("from"), null=True, blank=True)
    wanted_until = models.DateTimeField(_("until"), null=True, blank=True)
    period = models.PositiveIntegerField(
        pgettext_lazy("loan", "period"), null=True, blank=True, help_text=_("In minutes, if asked for.")
    )
    purpose = models.CharField(_("what for"), max_length=500, blank=True)
    priority = models.IntegerField(
        pgettext_lazy("loan", "priority"), default=0, help_text=_("Higher goes first.")
    )

    requested_at = models.DateTimeField(_("requested"))
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    handed_out_at = models.DateTimeField(_("handed out"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    valid_until = models.DateTimeField(
        pgettext_lazy("loan", "lease"),
        null=True,
        blank=True,
        help_text=_("Until when to pick it up, to keep it, or to keep the place in the queue."),
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    next_at = models.DateTimeField(
        _("next in line"), null=True, blank=True, help_text=_("Since when staff could hand it over.")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("decided by"),
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    renewals_used = models.PositiveSmallIntegerField(_("renewals used"), default=0)
    suspended_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    skip_reason = models.CharField(_("passed over"), max_length=20, choices=Skip.choices, blank=True)
    skipped_at = models.DateTimeField(_("passed over at"), null=True, blank=True)
    skips = models.PositiveIntegerField(
        _("overtaken"), default=0, help_text=_("How often someone behind them was served.")
    )
    recalled_at = models.DateTimeField(_("recalled"), null=True, blank=True)
    due_for_next = models.BooleanField(
        default=False,
        editable=False,
        help_text="Due because somebody else has it then; without them as long as it takes.",
    )
    overdue_noted_at = models.DateTimeField(null=True, editable=False)
    threatens = models.UUIDField(
        null=True, editable=False, help_text="The booking at risk of which staff have been told."
    )
    condition_out = models.CharField(_("condition when handed out"), max_length=500, blank=True)
    condition_in = models.CharField(_("condition when returned"), max_length=500, blank=True)
    accessories = models.JSONField(
        _("accessories"), default=list, blank=True, help_text=_("Names of what was handed out with it.")
    )
    parts = models.JSONField(
        default=list,
        blank=True,
        editable=False,
        help_text="Resources of a whole that are still out; empty: all that the whole is made of.",
    )
    missing = models.JSONField(
        _("missing"), default=list, blank=True, help_text=_("Accessories that did not come back.")
    )
    reservation = models.OneToOneField(
        Reservation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="loan",
        verbose_name=_("booking"),
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    texting_phone: ClassVar = ""
    unwritten: "Sequence[LoanEvent]" = ()
    """How its history begins, until it is stored."""

    objects = LoanQuerySet.as_manager()

    class Meta:
        verbose_name = _("loan")
        verbose_name_plural = _("loans")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("queue", "seq"), name="loan_place_once_per_queue"),
            models.UniqueConstraint(
                fields=("queue", "borrower"),
                condition=Q_(wanted_from=None, status__in=LIVE),
                name="loan_one_live_per_person",
            ),
            models.CheckConstraint(condition=Q_(units__gte=1), name="loan_units_positive"),
            models.CheckConstraint(condition=Q_(status__in=Status.values), name="loan_status_known"),
            models.CheckConstraint(
                condition=Q_(reservation__isnull=False, status__in=WITH_RESERVATION)
                | Q_(reservation=None) & ~Q_(status__in=WITH_RESERVATION),
                name="loan_occupies_what_it_has",
            ),
            models.CheckConstraint(
                condition=Q_(wanted_from=None, wanted_until=None)
                | Q_(wanted_from__isnull=False, wanted_until__gt=models.F("wanted_from")),
                name="loan_dates_ordered",
            ),
            models.CheckConstraint(
                condition=Q_(period=None) | Q_(period__gte=1), name="loan_period_positive"
            ),
        )
        indexes = (
            models.Index(fields=("queue", "status", "-priority", "seq"), name="loan_by_place"),
            models.Index(fields=("borrower", "status"), name="loan_by_borrower"),
            models.Index(fields=("venue", "status", "due_at"), name="loan_by_due"),
            models.Index(fields=("resource", "ended_at"), name="loan_by_resource"),
            models.Index(
                fields=("valid_until",), condition=Q_(valid_until__isnull=False), name="loan_by_lease"
            ),
        )

    def __str__(self) -> str:
        return f"{self.thing} ({self.pk})"

    @property
    def thing(self) -> Resource | ResourceGroup:
        thing = self.resource or self.group
        if thing is None:
            raise ValueError("A loan is of a resource or of any of a group.")
        return thing

    @property
    def is_new(self) -> bool:
        return self._state.adding

    @property
    def is_dated(self) -> bool:
        return self.wanted_from is not None

    @property
    def is_waiting(self) -> bool:
        return self.status == Status.REQUESTED and not self.is_dated

    @property
    def who(self) -> str:
        return self.borrower.get_full_name() or self.borrower.email

    @property
    def is_parted(self) -> bool:
        """Part of it is back; else ``parts`` is what the whole was made of when it went out."""
        return bool(self.parts) and self.events.filter(kind=Kind.PARTED).exists()

    @property
    def is_gone(self) -> bool:
        """Lost, and still counted among the units."""
        reservation = self.reservation
        is_held = reservation is not None and reservation.status == Occupancy.CHECKED_IN
        return self.status == Status.LOST and is_held

    def is_paused_without_end(self, now: datetime) -> bool:
        return self.suspended_until is not None and self.suspended_until - now > LONGEST_PAUSE / 2

    def is_overdue(self, now: datetime) -> bool:
        return self.status == Status.OUT and self.due_at is not None and self.due_at < now


class LoanEvent(BelongsToVenue):
    """History that the database does not let anybody change or delete (``lending.guard``)."""

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="events", verbose_name=_("loan"))
    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("what"), max_length=20, choices=Kind.choices)
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
    old_status = models.CharField(_("before"), max_length=10, blank=True)
    new_status = models.CharField(_("after"), max_length=10)
    changes = models.JSONField(_("changes"), default=dict, blank=True, help_text=_("Field: [old, new]."))

    class Meta:
        verbose_name = _("loan event")
        verbose_name_plural = _("loan history")
        ordering = ("id",)

    def __str__(self) -> str:
        return str(self.get_kind_display())
