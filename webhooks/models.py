import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from common.keys import uuid7
from common.names import check_name
from common.outgoing import check_address
from common.sealing import unseal
from webhooks.enums import EVERYTHING, DeliveryStatus, Preset
from webhooks.events import events as known_events

Q_ = models.Q


def everything() -> list[str]:
    return [EVERYTHING]


class WebhookEndpoint(models.Model):
    """Where a venue's events are sent. Without a venue: the installation's, from its environment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    venue = models.ForeignKey(
        "resources.Venue",
        on_delete=models.CASCADE,
        null=True,
        related_name="webhook_endpoints",
        verbose_name=_("venue"),
    )
    preset = models.CharField(_("form"), max_length=30, choices=Preset.choices, default=Preset.GENERIC)
    url = models.URLField(_("address"), max_length=1000)
    description = models.CharField(_("description"), max_length=200, blank=True, validators=[check_name])
    events = models.JSONField(
        _("events"), default=everything, help_text=_('Names of events in a list, or ["*"] for all.')
    )
    secret = models.TextField(_("secret"), blank=True, editable=False, help_text="Sealed.")
    old_secret = models.TextField(blank=True, editable=False, help_text="Sealed; valid while rotating.")
    old_secret_until = models.DateTimeField(null=True, editable=False)
    bearer_token = models.TextField(blank=True, editable=False, help_text="Sealed.")
    is_active = models.BooleanField(_("active"), default=True)
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    paused_until = models.DateTimeField(
        null=True, editable=False, help_text="No answer at all: spared so long."
    )
    disabled_reason = models.CharField(_("reason it is off"), max_length=200, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ("created_at", "id")
        constraints = (
            models.CheckConstraint(condition=Q_(preset__in=Preset.values), name="webhook_preset_known"),
            models.UniqueConstraint(
                fields=("preset",), condition=Q_(venue__isnull=True), name="webhook_one_per_preset_of_all"
            ),
        )

    def __str__(self) -> str:
        return self.url

    def clean(self) -> None:
        super().clean()
        names = known_events.names()
        if not isinstance(self.events, list) or not {*map(str, self.events)} <= {*names, EVERYTHING}:
            raise ValidationError({"events": _("Choose from: %(known)s.") % {"known": ", ".join(names)}})
        if self.venue_id is not None:  # those of the environment are the operator's own
            try:
                check_address(self.url)
            except DomainError as error:
                raise ValidationError({"url": str(error)}) from error

    @property
    def is_trusted(self) -> bool:
        # Whoever runs the server has named it, so it may be in the server's own network.
        return self.venue_id is None

    def opened(self, field: str) -> str:
        """A sealed column in plain text; empty for nothing."""
        sealed: Any = getattr(self, field)
        return str(unseal(sealed)) if sealed else ""


class WebhookDelivery(models.Model):
    """One event for one endpoint, written with the change; never sent again once it has arrived."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    venue = models.ForeignKey(
        "resources.Venue",
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
        help_text="Where it happened; a test of an endpoint of the installation: nowhere.",
    )
    endpoint = models.ForeignKey(
        WebhookEndpoint,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="deliveries",
        verbose_name=_("webhook"),
    )
    event = models.CharField(_("event"), max_length=50)
    source = models.CharField(max_length=120, help_text="What it tells of; once per endpoint.")
    payload = models.JSONField(_("sent"))
    status = models.CharField(
        _("status"), max_length=10, choices=DeliveryStatus.choices, default=DeliveryStatus.WAITING
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, editable=False)
    response_status = models.PositiveIntegerField(_("answer"), null=True)
    response_excerpt = models.CharField(_("beginning of the answer"), max_length=500, blank=True)
    error = models.CharField(_("error"), max_length=500, blank=True)
    duration_ms = models.PositiveIntegerField(_("milliseconds"), null=True)
    created_at = models.DateTimeField(_("created"))
    delivered_at = models.DateTimeField(_("delivered"), null=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ("-created_at", "id")
        constraints = (
            models.UniqueConstraint(fields=("endpoint", "source"), name="webhook_delivery_once"),
            models.CheckConstraint(
                condition=Q_(status__in=DeliveryStatus.values), name="webhook_delivery_known"
            ),
        )
        indexes = (
            models.Index(fields=("endpoint", "-created_at"), name="webhook_delivery_log"),
            models.Index(
                fields=("next_attempt_at",),
                name="webhook_delivery_due",
                condition=Q_(status__in=["waiting", "sending"]),
            ),
            models.Index(fields=("created_at",), name="webhook_delivery_by_age"),
        )

    def __str__(self) -> str:
        return f"{self.event} {self.pk}"
