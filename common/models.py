from datetime import datetime
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from common.keys import uuid7
from common.progress import read_progress


class StoredAnswer(models.Model):
    """What a request with an ``Idempotency-Key`` did; inserted first in its transaction.

    Where that is told by a row, the row's id is kept, else the answer as it was.
    """

    venue = models.ForeignKey(
        "resources.Venue", on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    scope = models.CharField(max_length=100, help_text="Whose key, and for what: see ``scope_of``.")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of what was asked.")
    subject_id = models.CharField(max_length=40, blank=True, help_text="What was made.")
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True, help_text="Sealed: an answer may hold a guest's secret.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("scope", "key"), name="stored_answer_once"),)
        indexes = (models.Index(fields=("created_at",), name="stored_answer_by_age"),)

    def __str__(self) -> str:
        return self.key


class JobStatus(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("In progress")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class JobQuerySet(models.QuerySet["Job"]):
    def due(self, at: datetime) -> Self:
        # Waiting, or left behind by a worker that died.
        left_behind = models.Q(status=JobStatus.RUNNING, claimed_until__lte=at)
        return self.filter(models.Q(status=JobStatus.QUEUED) | left_behind)


class Job(models.Model):
    """A request whose client did not want to wait (``Prefer: respond-async``)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    scopes = models.JSONField(null=True, help_text="Of the API key it came with; null: all rights.")
    origin = models.CharField(max_length=300, help_text="Scheme and host the request was sent to.")
    path = models.CharField(max_length=300)
    body = models.TextField(help_text="Sealed: it may hold personal data.")
    status = models.CharField(max_length=10, choices=JobStatus.choices, default=JobStatus.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)
    answer_status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True, help_text="Sealed.")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ("-created_at", "id")
        indexes = (models.Index(fields=("status", "claimed_until"), name="job_by_state"),)

    def __str__(self) -> str:
        return f"{self.path} {self.get_status_display()}"

    @cached_property
    def progress(self) -> tuple[int | None, int | None]:
        """Steps done and steps in total, as far as they are known while it runs."""
        return (read_progress(str(self.pk)) if self.status == JobStatus.RUNNING else None) or (None, None)


class StoredFile(models.Model):
    """A file of a row of some app; ``common.files`` writes, sends and deletes it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=50, help_text="As an app has registered it.")
    subject_id = models.CharField(max_length=100, help_text="Key of the app's row.")
    venue = models.ForeignKey("resources.Venue", on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="Who sent it.",
    )
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    stored_as = models.CharField(max_length=80, unique=True, help_text="Random name in the storage.")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("created_at", "id")
        indexes = (models.Index(fields=("venue", "kind", "subject_id"), name="stored_file_by_subject"),)

    def __str__(self) -> str:
        return self.name


class SweepFailure(models.Model):
    """A row that a periodic job could not handle yet."""

    job = models.CharField(max_length=100)
    key = models.CharField(max_length=100, help_text="The row's id.")
    attempts = models.PositiveIntegerField()
    retry_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("job", "key"), name="sweep_failure_once"),)
        indexes = (models.Index(fields=("retry_at",), name="sweep_failure_by_age"),)

    def __str__(self) -> str:
        return f"{self.job} {self.key}"
