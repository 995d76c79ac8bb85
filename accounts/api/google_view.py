from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import answers, inputs, refusals
from accounts.api.views import EntranceView
from accounts.services.google import sign_in_with_google
from common.schema_errors import refuses


class Google(EntranceView):
    """``POST /api/auth/google``."""

    @extend_schema(
        summary="Sign in with Google",
        extensions=refuses(refusals.SIGNING_IN_WITH_GOOGLE),
        description=(
            "With the ID token that Google's button gives (`credential`), once. It must be genuine, meant "
            "for this server's `GOOGLE_CLIENT_ID`, and its email address verified. An account with that "
            "address is linked; if there is none, it is created. Answers 401 `mfa_required` when the account "
            "has a second factor and `code` is missing: send the same token again, with it. Opens a session "
            "(cookie) and gives its tokens."
        ),
        request=inputs.GoogleInput,
        responses=answers.SignedInSerializer,
    )
    def post(self, request: Request) -> Response:
        data = inputs.GoogleInput.parsed(request.data)
        user = sign_in_with_google(request._request, **data)
        return answers.answer_signed_in(request._request, user)
