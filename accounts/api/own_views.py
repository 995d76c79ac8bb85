"""One's own account: to see, to change, to take along and to close."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import answers, inputs
from accounts.api.profile import AccountSerializer
from accounts.api.views import AccountView, account_of, session_request
from accounts.privacy import build_document
from accounts.services.closing import close_account
from accounts.services.editing import edit_account
from accounts.services.passwords import require_password
from accounts.services.signing_in import sign_out


class OwnAccount(AccountView):
    """``GET``, ``PATCH``, ``PUT`` and ``DELETE /api/auth/user``."""

    signed_in = ("GET", "PATCH", "PUT", "DELETE")
    rate = ""

    @extend_schema(summary="One's own account", responses=AccountSerializer)
    def get(self, request: Request) -> Response:
        return answers.private(AccountSerializer, account_of(request))

    @extend_schema(
        summary="Change one's own account", request=inputs.AccountInput, responses=AccountSerializer
    )
    def patch(self, request: Request) -> Response:
        data = inputs.AccountInput.parsed(request.data)
        user = edit_account(user=account_of(request), changes=data)
        return answers.private(AccountSerializer, user)

    @extend_schema(
        summary="Change one's own account, as with PATCH",
        request=inputs.AccountInput,
        responses=AccountSerializer,
    )
    def put(self, request: Request) -> Response:
        return self.patch(request)

    @extend_schema(
        summary="Close one's own account",
        description=(
            "Ends the bookings to come under their terms (only with `cancel_bookings`), erases what is "
            "stored about the person and closes the account for good. `ended` names what was cancelled. "
            "The body is JSON with `password` (where the account has one) and `cancel_bookings`."
        ),
        request=inputs.ClosingInput,
        responses=answers.ClosedSerializer,
    )
    def delete(self, request: Request) -> Response:
        data = inputs.ClosingInput.parsed(request.data)
        user, session = account_of(request), session_request(request)
        require_password(session, user=user, password=data["password"])
        ended = close_account(user=user, cancel_bookings=data["cancel_bookings"])
        sign_out(session)
        return answers.private(answers.ClosedSerializer, {"success": True, "ended": ended})


class OwnData(AccountView):
    """``GET /api/auth/user/data``."""

    signed_in = ("GET",)
    rate = ""

    @extend_schema(
        summary="Everything that is stored about oneself",
        description="Bookings with history and payments, messages, devices, keys and more; no secrets.",
        responses=answers.DataSerializer,
    )
    def get(self, request: Request) -> Response:
        return answers.private(answers.DataSerializer, document(account_of(request)))
