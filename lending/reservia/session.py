from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.inputs import password, text
from accounts.api.root import RootSession, RootView
from accounts.api.views import EntranceView, restore_session
from accounts.models import User
from accounts.services.signing_in import sign_in, sign_out
from common.api_views import StrictSerializer
from common.errors import DomainError
from common.schema_errors import refuses
from common.serializing import Shape
from lending.reservia.people import find_role, name_of
from lending.reservia.refusals import SIGNING_IN_HERE
from resources.permissions import works_anywhere

PRIVATE = {"Cache-Control": "private, no-store"}


class NotSignedIn(DomainError):
    code = "not_authenticated"
    status = 401
    message = _("Sign in first.")

    def __init__(self) -> None:
        super().__init__(extra={"logged_in": False})


class LoginInput(StrictSerializer):
    name = serializers.CharField(max_length=254, help_text="User name, email address or full name")
    password = password()
    code = text(20, help_text="Of an authenticator app, or a recovery code")


class ReserviaSignedInSerializer(Shape):
    message = serializers.CharField()
    user_name = serializers.CharField()


class ReserviaToldSerializer(Shape):
    message = serializers.CharField()


class ReserviaSessionSerializer(Shape):
    logged_in = serializers.BooleanField()
    user_id = serializers.UUIDField()
    user_email = serializers.EmailField()
    user_name = serializers.CharField()
    role = serializers.CharField(help_text="`super`, `admin` (works at a venue) or `user`")


class Login(RootView, EntranceView):
    authentication_classes = (RootSession,)  # type: ignore[assignment]
    without_csrf = ()  # type: ignore[assignment]
    rate = "auth"

    @extend_schema(
        summary="Sign in",
        description="Opens a session: keep its cookie (`curl -c cookies.txt`) and send it from then on.",
        extensions=refuses(SIGNING_IN_HERE),
        request=LoginInput,
        responses=ReserviaSignedInSerializer,
    )
    def post(self, request: Request) -> Response:
        data = LoginInput.parsed(request.data)
        user = sign_in(
            request._request, login=data["name"], password=data["password"], code=data.get("code", "")
        )
        body = {"message": "Login successful", "user_name": name_of(user)}
        return Response(ReserviaSignedInSerializer(body).data, headers=PRIVATE)


class Logout(RootView):
    read_scope = write_scope = "account"

    @extend_schema(
        summary="Sign out",
        description="Ends the session; its cookie expires. No error where no one is signed in.",
        request=None,
        responses=ReserviaToldSerializer,
    )
    def post(self, request: Request) -> Response:
        was_signed_in = bool(request.user.pk)
        sign_out(restore_session(request))
        message = "Logout successful" if was_signed_in else "Not signed in"
        return Response(ReserviaToldSerializer({"message": message}).data, headers=PRIVATE)


class Status(RootView):
    read_scope: ClassVar[str] = "account"

    @extend_schema(
        summary="Who is signed in",
        description="401 with `logged_in: false` where no one is.",
        responses=ReserviaSessionSerializer,
    )
    def get(self, request: Request) -> Response:
        user: Any = request.user
        if not isinstance(user, User):
            raise NotSignedIn
        body = {
            "logged_in": True,
            "user_id": user.pk,
            "user_email": user.email,
            "user_name": name_of(user),
            "role": find_role(user, works=works_anywhere(user)),
        }
        return Response(ReserviaSessionSerializer(body).data, headers=PRIVATE)
