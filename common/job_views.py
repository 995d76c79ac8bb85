"""Requests that are carried out later, for whoever sent them."""

from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_sets import NEVER_STORED, ListAction, RetrieveAction, Router
from common.job_shapes import JobSerializer
from common.models import Job
from common.schema import PAGES, page_of


class JobViewSet(ListAction[Job], RetrieveAction[Job]):
    """``/api/jobs``."""

    serializer_class = JobSerializer
    caching = NEVER_STORED
    signed_in = ("list", "retrieve")
    lookup_field = "pk"

    def get_queryset(self) -> QuerySet[Job]:
        return Job.objects.filter(user_id=str(self.request.user.pk))

    @extend_schema(
        summary="One's own requests that are carried out later",
        parameters=PAGES,
        responses={200: page_of(JobSerializer)},
    )
    def list(self, request: Request) -> Response:
        return super().list(request)

    @extend_schema(
        summary="How far a request has come",
        description="Of a request sent with `Prefer: respond-async`. Kept for a week.",
        responses={200: JobSerializer},
    )
    def retrieve(self, request: Request, id: UUID) -> Response:
        return super().retrieve(request, id)


router = Router()
router.register("jobs", JobViewSet, "jobs")
urlpatterns = router.urls
