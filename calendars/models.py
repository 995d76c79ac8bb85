import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from calendars.kinds import kind_choices
from common.clock import now
from common.names import check_name
from reservations.models import Reservation
from resources.models import BelongsToVenue, Resource, Venue

SHORTEST_INTERVAL, LONGEST_INTERVAL = 5, 1440


class CalendarFeed(models.Model):
    """A secret address for calendar programs; what it may show is checked at each request."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("content"), max_length=50, choices=kind_choices)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="feeds", verbose_name=_("account")
    )
    resource = models.ForeignKey(
        Resource,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="feeds",
        verbose_name=_("resource"),
    )
    venue = models.ForeignKey(
        Venue, on_delete=models.CASCADE, null=True, blank=True, related_name="feeds", verbose_name=_("venue")
    )
    link_version = models.PositiveIntegerField(
        default=1, editable=False, help_text="Part of the secret address; raising it revokes the old one."
    )
    created_at = models.DateTimeField(_("created"), default=now, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last read"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")
        ordering = ("created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("owner", "kind"),
                condition=models.Q(resource=None, venue=None, revoked_at=None),
                name="feed_once_per_owner",
            ),
            models.UniqueConstraint(
                fields=("owner", "kind", "resource"),
                condition=models.Q(revoked_at=None, resource__isnull=False),
                name="feed_once_per_resource",
            ),
            models.UniqueConstraint(
                fields=("owner", "kind", "venue"),
                condition=models.Q(revoked_at=None, venue__isnull=False),
                name="feed_once_per_venue",
            ),
            models.CheckConstraint(
                condition=models.Q(resource=None) | models.Q(venue=None), name="feed_is_of_one_thing"
            ),
        )

    def __str__(self) -> str:
        return str(self.resource or self.venue or self.get_kind_display())


class ExternalCalendar(BelongsToVenue):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    resource = models.ForeignKey(
        Resource, on_delete=models.CASCADE, related_name="external_calendars", verbose_name=_("resource")
    )
    name = models.CharField(_("name"), max_length=100, validators=[check_name])
    sealed_url = models.TextField(_("address"), editable=False, help_text="Encrypted: it may be a secret.")
    is_active = models.BooleanField(_("active"), default=True)
    interval = models.PositiveSmallIntegerField(
        _("minutes between checks"),
        default=15,
        validators=[MinValueValidator(SHORTEST_INTERVAL), MaxValueValidator(LONGEST_INTERVAL)],
    )
    etag = models.CharField(max_length=500, blank=True, editable=False)
    last_modified = models.CharField(max_length=100, blank=True, editable=False)
    content_hash = models.CharField(max_length=64, blank=True, editable=False)
    expanded_on = models.DateField(
        null=True, editable=False, help_text="Day (UTC) from which repeated events were last written out."
    )
    last_fetched_at = models.DateTimeField(_("last checked"), null=True, blank=True, editable=False)
    last_success_at = models.DateTimeField(_("last parsed"), null=True, blank=True, editable=False)
    next_fetch_at = models.DateTimeField(_("next check"), default=now, editable=False)
    claimed_until = models.DateTimeField(
        null=True, editable=False, help_text="A worker is at it, at the longest until then."
    )
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    last_error = models.CharField(_("last error"), max_length=500, blank=True, editable=False)
    problems = models.JSONField(
        default=list, editable=False, help_text="Of the last file: kinds of ``calendars.reports`` and names."
    )
    read_until = models.DateTimeField(
        null=True, editable=False, help_text="Where a file with too many events was cut."
    )
    created_at = models.DateTimeField(_("created"), default=now, editable=False)

    class Meta:
        verbose_name = _("external calendar")
        verbose_name_plural = _("external calendars")
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(interval__gte=SHORTEST_INTERVAL, interval__lte=LONGEST_INTERVAL),
                name="external_calendar_interval",
            ),
        )
        indexes = (
            models.Index(fields=("venue", "name"), name="external_calendar_by_venue"),
            models.Index(
                fields=("next_fetch_at",),
                name="external_calendar_due",
                condition=models.Q(is_active=True),
            ),
        )

    def __str__(self) -> str:
        return self.name


class ExternalEvent(BelongsToVenue):
    """A busy span of an external calendar, events merged: blocked, or in conflict with a booking."""

    calendar = models.ForeignKey(
        ExternalCalendar,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="events",
        verbose_name=_("external calendar"),
    )
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    uids = models.JSONField(_("identifiers"), default=list)
    summary = models.CharField(_("title"), max_length=200, blank=True)
    reservation = models.ForeignKey(
        Reservation,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="external_events",
        verbose_name=_("block"),
    )
    conflict = models.CharField(
        _("conflict"), max_length=200, blank=True, help_text=_("Why this time is not blocked.")
    )

    class Meta:
        verbose_name = _("external event")
        verbose_name_plural = _("external events")
        ordering = ("starts_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="external_event_span_ordered"
            ),
        )
        indexes = (
            models.Index(fields=("calendar", "starts_at"), name="external_event_by_start"),
            models.Index(fields=("venue", "starts_at"), name="external_event_by_venue"),
        )

    def __str__(self) -> str:
        return self.summary or ", ".join(self.uids[:1])
