"""API keys of one's own account."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import answers, inputs, refusals
from accounts.api.views import account_of, restore_session
from accounts.models import ApiKey
from accounts.services.keys import create_key, is_powerful, revoke_key, tell_owner_of_key
from accounts.services.passwords import require_recent_proof
from common.api_sets import NEVER_STORED, ListAction, with_headers
from common.errors import NotFound
from common.parsing import parse_instant
from common.schema import PAGES, page_of
from common.schema_errors import refuses


class KeyNotFound(NotFound):
    message = _("This key doesn't exist.")


class KeyViewSet(ListAction[ApiKey]):
    """``/api/auth/keys``; like all of an account out of any key's reach."""

    serializer_class = answers.KeySerializer
    read_scope = write_scope = "account"
    rate = "auth"
    signed_in = ("list", "create", "destroy")
    missing = KeyNotFound

    def get_queryset(self) -> QuerySet[ApiKey]:
        return ApiKey.objects.filter(user=account_of(self.request))

    @extend_schema(
        summary="One's API keys",
        parameters=PAGES,
        responses=page_of(answers.KeySerializer),
    )
    def list(self, request: Request) -> Response:
        return super().list(request)

    @extend_schema(
        summary="Create an API key",
        extensions=refuses(refusals.POWER),
        description=(
            "The answer shows the key, this once. It is not stored, not even for an `Idempotency-Key`: "
            "if the answer is lost, revoke the key and create another. A key with `manage` or `plan`, or "
            "that works for more than a year, needs the account's `password`, unless one has signed in "
            "within the last "
            "minutes (403 `reauthentication_needed`). Its owner is told by mail."
        ),
        request=inputs.KeyInput,
        responses={201: answers.NewKeySerializer},
    )
    def create(self, request: Request) -> Response:
        data = inputs.KeyInput.parsed(request.data)
        user, ends = account_of(request), data.get("expires_at")
        expires_at = parse_instant(ends, "expires_at") if ends else None
        if is_powerful(data["scopes"], expires_at):
            require_recent_proof(restore_session(request), user=user, password=data["password"])
        key, text = create_key(user=user, name=data["name"], scopes=data["scopes"], expires_at=expires_at)
        tell_owner_of_key(request._request, key)
        shown = answers.NewKeySerializer(key, context={"key": text}).data
        return with_headers(self.answer(shown, status.HTTP_201_CREATED), NEVER_STORED)

    @extend_schema(summary="Revoke an API key", responses={200: answers.KeySerializer})
    def destroy(self, request: Request, id: UUID) -> Response:
        key = self.get_object()
        revoke_key(key=key)
        key.refresh_from_db()
        return with_headers(self.answer(self.rendered(key)), NEVER_STORED)
