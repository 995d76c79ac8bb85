"""One's own account: to see, to change, to take along and to close."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import answers, inputs, refusals
from accounts.api.profile import AccountSerializer
from accounts.api.views import account_of, restore_session
from accounts.models import User
from accounts.privacy import build_document
from accounts.services.closing import close_account
from accounts.services.editing import edit_account
from accounts.services.passwords import require_password
from accounts.services.signing_in import sign_out
from common.api_sets import NEVER_STORED, ViewSet
from common.schema_errors import refuses


class OwnAccountViewSet(ViewSet[User]):
    is_single = True
    read_scope = write_scope = "account"
    signed_in = ("retrieve", "partial_update", "update", "destroy", "stored_data")
    caching = NEVER_STORED

    @extend_schema(summary="One's own account", responses=AccountSerializer)
    def retrieve(self, request: Request) -> Response:
        return self.answer(AccountSerializer(account_of(request)).data)

    @extend_schema(
        summary="Change one's own account", request=inputs.AccountInput, responses=AccountSerializer
    )
    def partial_update(self, request: Request) -> Response:
        data = inputs.AccountInput.parsed(request.data)
        user = edit_account(user=account_of(request), changes=data)
        return self.answer(AccountSerializer(user).data)

    @extend_schema(
        summary="Change one's own account, as with PATCH",
        request=inputs.AccountInput,
        responses=AccountSerializer,
    )
    def update(self, request: Request) -> Response:
        return self.partial_update(request)

    @extend_schema(
        summary="Close one's own account",
        extensions=refuses(refusals.CLOSING),
        description=(
            "Ends the bookings to come under their terms (only with `cancel_bookings`), erases what is "
            "stored about the person and closes the account for good. `ended` names what was cancelled. "
            "The body is JSON with `password` (where the account has one) and `cancel_bookings`."
        ),
        request=inputs.ClosingInput,
        responses={200: answers.ClosedSerializer},
    )
    def destroy(self, request: Request) -> Response:
        data = inputs.ClosingInput.parsed(request.data)
        user, session = account_of(request), restore_session(request)
        require_password(session, user=user, password=data["password"])
        ended = close_account(user=user, cancel_bookings=data["cancel_bookings"])
        sign_out(session)
        return self.answer(answers.ClosedSerializer({"success": True, "ended": ended}).data)

    @extend_schema(
        summary="Everything that is stored about oneself",
        description="Bookings with history and payments, messages, devices, keys and more; no secrets.",
        responses=answers.DataSerializer,
    )
    @action(detail=True, url_path="data")
    def stored_data(self, request: Request) -> Response:
        return self.answer(answers.DataSerializer(build_document(account_of(request))).data)
