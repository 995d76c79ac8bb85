from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.root import RootView
from common.serializing import Shape

ALIVE = {"status": "alive", "service": "Reservia", "product": "Holdfast", "no_auth": False}


class ReserviaAliveSerializer(Shape):
    status = serializers.CharField()
    service = serializers.CharField(help_text="What programs written for Reservia look for")
    product = serializers.CharField()
    no_auth = serializers.BooleanField(help_text="Always false: people sign in")


class ReserviaVersionSerializer(Shape):
    version = serializers.CharField()


class IsAlive(RootView):
    @extend_schema(summary="Whether the server runs", responses=ReserviaAliveSerializer)
    def get(self, request: Request) -> Response:
        return Response(ReserviaAliveSerializer(ALIVE).data)


class GetVersion(RootView):
    @extend_schema(summary="The version that runs", responses=ReserviaVersionSerializer)
    def get(self, request: Request) -> Response:
        return Response(ReserviaVersionSerializer({"version": settings.VERSION}).data)
