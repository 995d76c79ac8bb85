"""API keys of one's own account."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import answers, inputs
from accounts.api.views import AccountView, account_of
from accounts.models import ApiKey
from accounts.services.keys import create_key, revoke_key
from common.api import Pagination
from common.errors import NotFound
from common.parsing import parse_instant
from common.schema import PAGES, page_of


class KeyList(AccountView):
    """``GET`` and ``POST /api/auth/keys``."""

    signed_in = ("GET", "POST")

    @extend_schema(
        summary="One's API keys",
        parameters=PAGES,
        responses=page_of(answers.KeySerializer),
    )
    def get(self, request: Request) -> Response:
        pages = Pagination()
        own = ApiKey.objects.filter(user=account_of(request))
        page: list[ApiKey] | None = pages.paginate_queryset(own, request, view=self)
        return pages.get_paginated_response(answers.KeySerializer(page, many=True).data)

    @extend_schema(
        summary="Create an API key",
        description=(
            "The answer shows the key, this once. It is not stored, not even for an `Idempotency-Key`: "
            "if the answer is lost, revoke the key and create another."
        ),
        request=inputs.KeyInput,
        responses={201: answers.NewKeySerializer},
    )
    def post(self, request: Request) -> Response:
        data = inputs.KeyInput.parsed(request.data)
        ends = data.get("expires_at")
        key, text = create_key(
            user=account_of(request),
            name=data["name"],
            scopes=data["scopes"],
            expires_at=parse_instant(ends, "expires_at") if ends else None,
        )
        body = {**answers.KeySerializer(key).data, "key": text}
        return answers.private(body, status.HTTP_201_CREATED)


class KeyDetail(AccountView):
    """``DELETE /api/auth/keys/<id>``."""

    signed_in = ("DELETE",)

    @extend_schema(summary="Revoke an API key", responses=answers.KeySerializer)
    def delete(self, request: Request, id: UUID) -> Response:
        key = ApiKey.objects.filter(user=account_of(request), pk=id).first()
        if key is None:
            raise NotFound(_("There is no such key."))
        revoke_key(key=key)
        key.refresh_from_db()
        return answers.private(answers.KeySerializer(key).data)
