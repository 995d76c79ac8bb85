"""``/api/``: where to begin."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_views import APIView
from common.serializing import Shape

DESCRIPTIONS = ("schema", "docs", "errors")
LISTS = ("search", "first-available", "venues", "resources", "calendar", "reservations", "waitlist")
ROUTES = {name: f"api-{name}" for name in DESCRIPTIONS} | {
    name.replace("-", "_"): f"api-{name}-list" for name in LISTS
}


class Index(Shape):
    """Addresses. Whatever else there is stands in the description at ``schema``."""

    def get_fields(self) -> dict[str, Any]:
        return {name: serializers.URLField() for name in ROUTES}


class IndexView(APIView):
    @extend_schema(
        summary="Where to begin",
        description="The description of the API, and its first addresses.",
        tags=["finding a time"],
        responses=Index,
    )
    def get(self, request: Request) -> Response:
        addresses = {name: request.build_absolute_uri(reverse(route)) for name, route in ROUTES.items()}
        return Response(Index(addresses).data)
