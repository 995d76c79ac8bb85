"""What account endpoints answer, as documented."""

from typing import Any

from django.http import HttpRequest
from rest_framework import serializers, status
from rest_framework.response import Response

from accounts import privacy
from accounts.api.csrf import token_if_kept
from accounts.api.profile import AccountSerializer
from accounts.models import ApiKey, User
from accounts.tokens import access_seconds, issue_tokens
from common.serializing import RowShape, Shape

PRIVATE = {"Cache-Control": "private, no-store"}


class TokensSerializer(Shape):
    """``expires_in``: seconds that the access token is valid."""

    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.ChoiceField(["Bearer"])
    expires_in = serializers.IntegerField()

    def read_token_type(self, tokens: dict[str, Any]) -> str:
        return "Bearer"

    def read_expires_in(self, tokens: dict[str, Any]) -> int:
        return access_seconds()


class FormTokensSerializer(Shape):
    """``expires_in``: seconds that the access token is valid."""

    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.CharField(help_text="`bearer`")
    expires_in = serializers.IntegerField()


class SignedInSerializer(TokensSerializer):
    """The account and the tokens of its new session; the session's cookie is set, too."""

    user = AccountSerializer()
    csrf_token = serializers.CharField(
        allow_null=True,
        help_text=(
            "For `X-CSRFToken`, where the session's cookie says who writes. null: this page belongs to "
            "another site and its browser drops the cookie, so send the access token."
        ),
    )


class CsrfSerializer(Shape):
    csrf_token = serializers.CharField(help_text="Send it as `X-CSRFToken` with the session's cookie.")


class PendingSerializer(Shape):
    """The same whether or not the address has an account."""

    verification = serializers.ChoiceField(["pending"])


class SuccessSerializer(Shape):
    success = serializers.BooleanField()


class DataSerializer(Shape):
    """A section for each sort of thing; what an app above adds stands beside these."""

    def get_fields(self) -> dict[str, Any]:
        return {
            name: serializers.JSONField(help_text=meaning or None)
            for part in privacy.parts
            for name, meaning in part.sections.items()
        }


class ClosedSerializer(SuccessSerializer):
    ended = serializers.ListField(child=serializers.CharField(), help_text="What was cancelled, in sentences")


class VerifiedSerializer(Shape):
    email = serializers.EmailField()
    email_verified = serializers.BooleanField(source="verified")


class KeySerializer(RowShape[ApiKey]):
    scopes = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = ApiKey
        fields = (
            "id",
            "name",
            "prefix",
            "scopes",
            "created_at",
            "expires_at",
            "revoked_at",
            "last_used_at",
        )


class NewKeySerializer(KeySerializer):
    """``key`` is shown this once."""

    key = serializers.CharField()

    class Meta(KeySerializer.Meta):
        fields = (*KeySerializer.Meta.fields, "key")  # type: ignore[assignment]

    def read_key(self, key: ApiKey) -> str:
        return str(self.context["key"])


def answer_signed_in(request: HttpRequest, user: User, code: int = status.HTTP_200_OK) -> Response:
    row = {**issue_tokens(request), "user": user, "csrf_token": token_if_kept(request)}
    return answer_privately(SignedInSerializer, row, code)


def answer_privately(shape: type[Shape], row: Any, code: int = status.HTTP_200_OK) -> Response:
    """Never stored on the way."""
    return Response(shape(row).data, status=code, headers=PRIVATE)
