"""Tokens for programs that sign in by OAuth 2's password form, as document generators and many clients do."""

from collections.abc import Mapping
from typing import IO, Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, parsers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import answers, inputs, refusals
from accounts.api.views import EntranceView
from accounts.services.signing_in import sign_in
from accounts.tokens import access_seconds, issue_tokens
from accounts.without_cookies import without_cookies
from common.api import TooLarge
from common.api_views import LARGEST_BODY, JSONParser
from common.schema_errors import refuses


class FormParser(parsers.BaseParser):
    """Each field once: of two passwords nobody could say which was meant."""

    media_type = "application/x-www-form-urlencoded"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        body = stream.read(LARGEST_BODY + 1)
        if len(body) > LARGEST_BODY:
            raise TooLarge
        fields = QueryDict(body, encoding="utf-8")
        if any(len(values) > 1 for _name, values in fields.lists()):
            raise exceptions.ParseError(_("Send each field once."))
        return dict(fields.items())


class Token(EntranceView):
    """``POST /api/v1/auth/token``."""

    # A page of any site can post a form, and its visitor's cookies would go along: so none is looked at, and
    # none is set, or that page could sign its visitor in here as somebody else.
    authentication_classes = ()  # type: ignore[assignment]
    parser_classes = (JSONParser, FormParser)  # type: ignore[assignment]

    @extend_schema(
        summary="Sign in for tokens alone",
        tags=["accounts"],
        extensions=refuses(refusals.SIGNING_IN),
        description=(
            "As a form, which OAuth 2 clients send (`grant_type=password`), or as JSON. Opens a session of "
            "its own, which the tokens name, without a cookie. Answers 401 `mfa_required` when the account "
            "has a second factor and `code` is missing."
        ),
        request=inputs.TokenInput,
        responses=answers.FormTokensSerializer,
    )
    def post(self, request: Request) -> Response:
        data = inputs.TokenInput.parsed(request.data)
        apart = without_cookies(request._request)
        sign_in(apart, login=data["username"], password=data["password"], code=data.get("code", ""))
        tokens = issue_tokens(apart)
        apart.session.save()
        row = {**tokens, "token_type": "bearer", "expires_in": access_seconds()}
        return answers.answer_privately(answers.FormTokensSerializer, row)
