"""Resources over HTTP."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from common.api import Pagination
from common.api_views import APIView, filtered
from resources.api.serializers import ResourceSerializer
from resources.filters import ResourceFilter
from resources.models import Resource
from resources.selectors import ResourceNotFound, resources_in_detail


class ResourceList(APIView):
    """``GET /api/resources``: what can be booked, with hours, prices, rules and cancellation terms."""

    def get(self, request: Request) -> Response:
        found = filtered(ResourceFilter, request, resources_in_detail(request.user))
        pages = Pagination()
        page: list[Resource] | None = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response(ResourceSerializer(page, many=True).data)


class ResourceDetail(APIView):
    """``GET /api/resources/<id>``."""

    def get(self, request: Request, id: UUID) -> Response:
        resource = resources_in_detail(request.user).filter(uuid=id).first()
        if resource is None:
            raise ResourceNotFound
        return Response(ResourceSerializer(resource).data)
