"""Answers given to creating requests, so that a repeated request gets the same one."""

from django.db import models


class StoredAnswer(models.Model):
    """What a request with an ``Idempotency-Key`` was answered; inserted first in its transaction."""

    scope = models.CharField(max_length=100, help_text="Whose key: an account's id or 'guest'.")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, address and body.")
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True, help_text="Sealed: an answer may hold a guest's secret.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("scope", "key"), name="stored_answer_once"),)
        indexes = (models.Index(fields=("created_at",), name="stored_answer_by_age"),)

    def __str__(self) -> str:
        return self.key
