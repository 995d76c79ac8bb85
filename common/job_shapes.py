from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.clock import instant_text
from common.models import Job, JobStatus
from common.sealing import unseal_if_possible
from common.serializing import Shape


@extend_schema_field({"type": "object", "additionalProperties": True})
class AnyObject(serializers.JSONField):
    """What the request would have been answered."""


class JobSerializer(Shape):
    """A request carried out later; ``answer`` is what it would have been answered."""

    id = serializers.UUIDField()
    address = serializers.CharField(source="path", help_text="What was asked.")
    status = serializers.ChoiceField(choices=JobStatus.choices)
    done = serializers.IntegerField(allow_null=True, help_text="Steps done, while it is under way.")
    total = serializers.IntegerField(allow_null=True, help_text="Steps altogether, as far as known.")
    answer_status = serializers.IntegerField(allow_null=True)
    answer = AnyObject(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)

    def read_done(self, job: Job) -> int | None:
        return job.progress[0]

    def read_total(self, job: Job) -> int | None:
        return job.progress[1]

    def read_answer(self, job: Job) -> Any:
        return unseal_if_possible(job.answer) if job.answer else None

    def read_created_at(self, job: Job) -> str:
        return instant_text(job.created_at)

    def read_finished_at(self, job: Job) -> str | None:
        return instant_text(job.finished_at) if job.finished_at else None
