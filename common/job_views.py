"""Requests that are carried out later, for whoever sent them."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_views import APIView, either, paged, private
from common.errors import NotFound
from common.jobs import job_json
from common.models import Job
from common.schema import PAGES, page_of


class JobSerializer(serializers.Serializer[Job]):
    """A request carried out later; ``answer`` is what it would have been answered."""

    id = serializers.UUIDField()
    address = serializers.CharField(help_text="What was asked.")
    status = serializers.ChoiceField(choices=Job.Status.choices)
    done = serializers.IntegerField(allow_null=True, help_text="Steps done, while it is under way.")
    total = serializers.IntegerField(allow_null=True, help_text="Steps altogether, as far as known.")
    answer_status = serializers.IntegerField(allow_null=True)
    answer = serializers.JSONField(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)

    def to_representation(self, instance: Job) -> dict[str, Any]:
        return job_json(instance)


def own_jobs(request: Request) -> QuerySet[Job]:
    return Job.objects.filter(user_id=str(request.user.pk))


class Jobs(APIView):
    """``GET /api/jobs``."""

    signed_in = ("GET",)

    @extend_schema(
        summary="One's own requests that are carried out later",
        parameters=PAGES,
        responses={200: page_of(JobSerializer)},
    )
    def get(self, request: Request) -> Response:
        return private(paged(self, request, own_jobs(request), JobSerializer))


class JobDetail(APIView):
    """``GET /api/jobs/<id>``."""

    signed_in = ("GET",)

    @extend_schema(
        summary="How far a request has come",
        description="Of a request sent with `Prefer: respond-async`. Kept for a week.",
        responses={200: JobSerializer},
    )
    def get(self, request: Request, id: UUID) -> Response:
        job = own_jobs(request).filter(pk=id).first()
        if job is None:
            raise NotFound
        return private(Response(job_json(job)))


urlpatterns = [
    *either("jobs", Jobs.as_view(), "jobs"),
    *either("jobs/<uuid:id>", JobDetail.as_view(), "job"),
]
