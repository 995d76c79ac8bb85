"""Addresses at the root, as a product has them in its ``root_urls``."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.root import RootView
from accounts.api.views import account_of
from common.api_views import StrictSerializer, either
from common.errors import Conflict, Forbidden
from common.second_factor import is_administrator
from common.serializing import Shape


class PersonInput(StrictSerializer):
    name = serializers.CharField(max_length=100)


class Told(Shape):
    message = serializers.CharField()


class IsAlive(RootView):
    @extend_schema(summary="Whether it is there", tags=["accounts"], responses=Told)
    def get(self, request: Request) -> Response:
        if request.headers.get("X-Break"):
            raise Conflict  # which a reading address does not declare
        return Response(Told({"message": "alive"}).data)


class AddUser(RootView):
    signed_in = ("POST",)
    write_scope: ClassVar[str] = "manage"

    @extend_schema(summary="Add somebody", tags=["accounts"], request=PersonInput, responses={201: Told})
    def post(self, request: Request) -> Response:
        if not is_administrator(account_of(request)):
            raise Forbidden
        name = PersonInput.parsed(request.data)["name"]
        return Response(Told({"message": f"{name} added"}).data, 201)


urlpatterns = [
    *either("example/is_alive", IsAlive.as_view(), "root-alive"),
    *either("admin/example/add", AddUser.as_view(), "root-add-user"),
]
