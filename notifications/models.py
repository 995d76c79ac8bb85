from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from common.keys import uuid7
from common.names import check_name
from common.prefixes import PATTERN, index_names
from notifications import placeholders
from notifications.enums import Channel, MessageStatus
from notifications.kinds import kind_choices, kinds, topics

Q_ = models.Q
LONGEST_TEXT = 20_000


class Message(models.Model):
    """One message to one person. Written in the transaction of what it is about; sent after it.

    Subject and texts are kept from the first rendering on, so that every try sends the same; secret links are
    inserted only when it is sent.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    venue = models.ForeignKey(
        "resources.Venue",
        on_delete=models.CASCADE,
        db_index=False,
        related_name="messages",
        verbose_name=_("venue"),
    )
    kind = models.CharField(_("kind"), max_length=30, choices=kind_choices)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    recipient = models.CharField(_("to"), max_length=254, help_text=_("Email address or phone number."))
    name = models.CharField(_("name"), max_length=200, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="messages",
        verbose_name=_("account"),
    )
    language = models.CharField(_("language"), max_length=10, blank=True)
    subject_type = models.CharField(max_length=30, blank=True, editable=False)
    subject_id = models.CharField(max_length=50, blank=True, editable=False)
    dedupe_key = models.CharField(max_length=400, unique=True, editable=False)
    payload = models.JSONField(default=dict, blank=True, editable=False)
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(blank=True, editable=False)
    status = models.CharField(
        _("status"), max_length=10, choices=MessageStatus.choices, default=MessageStatus.WAITING
    )
    due_at = models.DateTimeField(
        _("due"), default=timezone.now, help_text=_("When the next attempt is made.")
    )
    claimed_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("error"), max_length=500, blank=True)
    provider_id = models.CharField(_("provider's number"), max_length=300, blank=True)
    resend_of = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="resends",
        verbose_name=_("sent again from"),
    )
    resent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("sent again by"),
    )
    created_at = models.DateTimeField(_("written"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    ended_at = models.DateTimeField(
        _("settled"), null=True, blank=True, help_text=_("When its final status was reached.")
    )
    forget_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When its texts go; none: they are gone, or needed."
    )

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ("-created_at", "id")
        constraints = (
            models.CheckConstraint(condition=Q_(channel__in=Channel.values), name="message_channel_known"),
            models.CheckConstraint(
                condition=Q_(status__in=MessageStatus.values), name="message_status_known"
            ),
            models.CheckConstraint(
                condition=~Q_(status=MessageStatus.SENDING) | Q_(claimed_until__isnull=False),
                name="message_claim_has_an_end",
            ),
        )
        indexes = (  # whole ones: SQLite uses no partial index where the query has parameters
            models.Index(fields=("status", "due_at"), name="message_due"),
            models.Index(fields=("status", "claimed_until"), name="message_claimed"),
            models.Index(
                fields=("recipient", "ended_at"),
                name="message_by_recipient",
                opclasses=(PATTERN, "timestamptz_ops"),
            ),
            *index_names("name", "message_by_name"),
            models.Index(fields=("created_at", "id"), name="message_by_age"),
            models.Index(fields=("venue", "created_at"), name="message_by_venue"),
            models.Index(fields=("subject_type", "subject_id"), name="message_by_subject"),
            models.Index(fields=("provider_id",), name="message_by_provider"),
            models.Index(fields=("forget_at",), name="message_to_forget"),
            # Few are sent again; equal to a key is never NULL, which SQLite knows, too.
            models.Index(
                fields=("resend_of",), name="message_by_origin", condition=Q_(resend_of__isnull=False)
            ),
            models.Index(
                fields=("resent_by",), name="message_by_resender", condition=Q_(resent_by__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.recipient}"

    @cached_property
    def about(self) -> Any:
        """The subject as its topic loads it; None when it, or its app, is gone."""
        topic = topics.get(self.subject_type)
        return topic.load(self.subject_id) if topic else None


class MessageTemplate(models.Model):
    """A venue's own texts in place of the usual ones; without a venue, every venue's."""

    venue = models.ForeignKey(
        "resources.Venue",
        on_delete=models.CASCADE,
        db_index=False,
        null=True,
        blank=True,
        related_name="message_templates",
        help_text=_("Leave empty for all venues without one of their own."),
        verbose_name=_("venue"),
    )
    kind = models.CharField(_("kind"), max_length=30, choices=kind_choices)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices, default=Channel.EMAIL)
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    subject = models.CharField(
        _("subject"),
        max_length=200,
        blank=True,
        validators=[check_name],
        help_text=_("Leave empty for text messages."),
    )
    text = models.TextField(_("text"), max_length=LONGEST_TEXT)
    html = models.TextField(
        _("HTML"),
        max_length=LONGEST_TEXT,
        blank=True,
        help_text=_("Leave empty to use the text in the standard layout."),
    )
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        ordering = ("kind", "channel", "language", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("venue", "kind", "channel", "language"), name="template_once_per_venue"
            ),
            models.UniqueConstraint(
                fields=("kind", "channel", "language"),
                condition=Q_(venue__isnull=True),
                name="template_once_for_all",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_channel_display()}, {self.language})"

    def clean(self) -> None:
        super().clean()
        errors: dict[str, list[str]] = {}
        allowed_names = placeholders.known_placeholders(self.kind)
        for name in ("subject", "text", "html"):
            names = (
                allowed_names - placeholders.not_for_subjects(self.kind)
                if name == "subject"
                else allowed_names
            )
            if problems := placeholders.find_problems(getattr(self, name) or "", names):
                errors[name] = problems
        if self.channel == Channel.EMAIL and not self.subject.strip():
            errors.setdefault("subject", [str(_("Enter a subject for the email."))])
        kind = kinds.get(self.kind)
        if self.channel == Channel.SMS and kind and (kind.is_for_staff or not kind.is_urgent):
            errors["channel"] = [str(_("This can't be sent as a text message."))]
        if errors:
            raise ValidationError(errors)
