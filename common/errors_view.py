"""``/api/errors``: every code that the API can answer."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_views import APIView
from common.error_codes import error_codes
from common.serializing import Shape


class CodeShape(Shape):
    code = serializers.CharField()
    status = serializers.IntegerField(help_text="The HTTP status it comes with")
    meaning = serializers.CharField()


class Errors(Shape):
    """By status. More may come: treat a code that is new to you like its status."""

    errors = CodeShape(many=True)  # type: ignore[assignment]


class ErrorsView(APIView):
    @extend_schema(
        summary="What errors mean",
        description="Every `code` of an error, with its status and its meaning.",
        tags=["finding a time"],
        responses=Errors,
    )
    def get(self, request: Request) -> Response:
        rows = [
            {"code": code, "status": entry.status, "meaning": entry.meaning}
            for code, entry in sorted(error_codes.items(), key=lambda item: item[1].status)
        ]
        return Response(Errors({"errors": rows}).data)
